"""No operation of the newest models is unknown: each is done, or refused with an error that says so."""

import botocore.session
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

MODELS = {name: botocore.session.get_session().get_service_model(name) for name in ("dynamodb", "dynamodbstreams")}
OPERATIONS = [(name, operation) for name, model in MODELS.items() for operation in model.operation_names]


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
def test_an_operation_is_known(server, service, operation):
    # Without parameters, and past the client's own validation: whatever is wrong with that, the operation is known.
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"{MODELS[service].metadata['targetPrefix']}.{operation}",
    }
    request = AWSRequest(method="POST", url=f"{server.endpoint}/", data=b"{}", headers=headers)
    SigV4Auth(Credentials("FAKE", "FAKE"), "dynamodb", "us-west-2").add_auth(request)
    answer = URLLib3Session().send(request.prepare())
    assert answer.status_code in (200, 400), answer.text
    assert "UnknownOperation" not in answer.text


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
