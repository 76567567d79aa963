"""What docs/operations.md says of each operation and each parameter, held against the newest models of AWS's clients
and against the server: none is unknown, what is said to be done is read, what is said to be refused is refused."""

import json
import pathlib
import re

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

PAGE = pathlib.Path(__file__).resolve().parents[3] / "docs/operations.md"
TABLES = "crates/wire/src/operation.rs and crates/wire/src/operation/parameters.rs"
MODELS = {name: botocore.session.get_session().get_service_model(name) for name in ("dynamodb", "dynamodbstreams")}
OPERATIONS = [(name, operation) for name, model in MODELS.items() for operation in model.operation_names]


def page():
    """Of each operation: what is done of it, and its parameters that are done, stored and refused."""
    rows = {}
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if re.fullmatch("[A-Z][A-Za-z]+", cells[0]) and len(cells) >= 5:
            rows[cells[0]] = (cells[1], *(re.findall(r"`(\w+)`", cell) for cell in cells[2:5]))
    return rows


PARAMETERS = page()


def members(service, operation):
    shape = MODELS[service].operation_model(operation).input_shape
    return shape.members if shape else {}


def ask(server, service, operation, body):
    """What is answered to a request past the client's own validation."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"{MODELS[service].metadata['targetPrefix']}.{operation}",
    }
    request = AWSRequest(method="POST", url=f"{server.endpoint}/", data=json.dumps(body).encode(), headers=headers)
    SigV4Auth(Credentials("FAKE", "FAKE"), "dynamodb", "us-west-2").add_auth(request)
    return URLLib3Session().send(request.prepare())


def test_the_page_names_every_operation_of_the_models_and_no_other():
    operations = {operation for _, operation in OPERATIONS}
    assert set(PARAMETERS) == operations, f"the models and {TABLES} differ: {set(PARAMETERS) ^ operations}"


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_the_page_names_every_parameter_of_the_models_and_no_other(service, operation):
    _, done, stored, refused = PARAMETERS[operation]
    named, there = {*done, *stored, *refused}, set(members(service, operation))
    assert named >= there, f"new in the models, and not in {TABLES}: {operation} {sorted(there - named)}"
    assert named <= there, f"in {TABLES}, and not in the models: {operation} {sorted(named - there)}"


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_an_operation_is_known(server, service, operation):
    # Without parameters: whatever is wrong with that, the operation is known.
    answer = ask(server, service, operation, {})
    assert answer.status_code in (200, 400), answer.text
    assert "UnknownOperation" not in answer.text
    if PARAMETERS[operation][0] == "refused":
        assert answer.status_code == 400, answer.text  # what the request lacks may be said first
    else:
        assert "is not supported by this server" not in answer.text


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_parameters_that_are_done_or_stored_are_read(server, service, operation):
    # Whatever is read is missed when it is of another type; what is ignored is not.
    for parameter in [*PARAMETERS[operation][1], *PARAMETERS[operation][2]]:
        shape = members(service, operation)[parameter]
        wrong = 1 if shape.type_name in ("list", "map", "structure") else {}
        answer = ask(server, service, operation, {parameter: wrong})
        # SearchVectors alone reads more strictly, and says so in other words.
        assert re.search("SerializationException|invalid type", answer.text), f"{operation} {parameter}: {answer.text}"


KEY = {
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
}
# A request that is good but for the parameter that is added, and the parameter.
REFUSED = {
    "CreateTable": (
        {"TableName": "any", "BillingMode": "PAY_PER_REQUEST", **KEY},
        {
            "GlobalTableSourceArn": "arn:aws:dynamodb:us-west-2:000000000000:table/any",
            "GlobalTableSettingsReplicationMode": "ENABLED",
            "VectorIndexes": [],
        },
    ),
    "UpdateTable": (
        {"TableName": "any", "DeletionProtectionEnabled": False},
        {
            "ReplicaUpdates": [],
            "MultiRegionConsistency": "STRONG",
            "GlobalTableWitnessUpdates": [],
            "GlobalTableSettingsReplicationMode": "ENABLED",
            "DisassociationProtectionEnabled": True,
            "VectorIndexUpdates": [],
        },
    ),
    "RestoreTableFromBackup": ({"TargetTableName": "any"}, {"VectorIndexOverride": [{}]}),
}
# Operations that are refused whatever they ask for, in AWS's words.
ALWAYS = {"CreateGlobalTable", "UpdateGlobalTable", "UpdateGlobalTableSettings", "UpdateTableReplicaAutoScaling"}


def test_every_refused_parameter_has_its_refusal_below():
    refused = {
        (operation, parameter)
        for operation, (support, _, _, parameters) in PARAMETERS.items()
        for parameter in parameters
        if support != "refused" and operation not in ALWAYS
    }
    assert refused <= {(operation, parameter) for operation, (_, added) in REFUSED.items() for parameter in added}


@pytest.fixture(scope="module")
def backup(server):
    """The ARN of a backup of a table `refusing`, which has point-in-time recovery."""
    dynamodb = server.client("dynamodb")
    dynamodb.create_table(TableName="refusing", BillingMode="PAY_PER_REQUEST", **KEY)
    dynamodb.update_continuous_backups(
        TableName="refusing", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    yield dynamodb.create_backup(TableName="refusing", BackupName="any")["BackupDetails"]["BackupArn"]
    dynamodb.delete_table(TableName="refusing")


@pytest.mark.parametrize("operation", REFUSED)
def test_parameters_that_are_refused_are_named_in_the_refusal(server, backup, operation):
    request, added = REFUSED[operation]
    if operation == "RestoreTableFromBackup":
        request = {**request, "BackupArn": backup}
    for parameter in PARAMETERS[operation][3]:
        answer = ask(server, "dynamodb", operation, {**request, parameter: added[parameter]})
        assert answer.status_code == 400
        assert parameter.removesuffix("Override") in json.loads(answer.text)["message"], answer.text
        assert "not supported" in json.loads(answer.text)["message"], answer.text


def test_backups_by_their_paginator_and_a_restore(dynamodb):
    name = "operations-backups"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )
    dynamodb.put_item(TableName=name, Item={"pk": {"S": "a"}})
    arns = [dynamodb.create_backup(TableName=name, BackupName="same")["BackupDetails"]["BackupArn"] for _ in range(3)]
    pages = dynamodb.get_paginator("list_backups").paginate(TableName=name, PaginationConfig={"PageSize": 2})
    listed = [summary["BackupArn"] for page in pages for summary in page["BackupSummaries"]]
    assert sorted(listed) == sorted(arns)
    dynamodb.delete_table(TableName=name)
    dynamodb.restore_table_from_backup(TargetTableName=f"{name}-restored", BackupArn=arns[0])
    dynamodb.get_waiter("table_exists").wait(TableName=f"{name}-restored", WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    assert dynamodb.scan(TableName=f"{name}-restored")["Items"] == [{"pk": {"S": "a"}}]
    for arn in arns:
        dynamodb.delete_backup(BackupArn=arn)
    with pytest.raises(dynamodb.exceptions.BackupNotFoundException):
        dynamodb.describe_backup(BackupArn=arns[0])
    dynamodb.delete_table(TableName=f"{name}-restored")
