"""The life of an app: bootstrap, deploy, use, deploy again, change, replace, fail, watch, import, destroy."""

import io
import json
import os
import signal
import threading
import time
import zipfile

import pytest
from botocore.exceptions import ClientError
from conftest import HERE, eventually

@pytest.fixture(scope="module")
def cycle(app):
    return app(HERE / "cycle")


def code(cycle, answer):
    (cycle.folder / "functions/reader/index.mjs").write_text(f"export const handler = async () => '{answer}'\n")


def called(aws, name):
    return json.loads(aws("lambda").invoke(FunctionName=name)["Payload"].read())


def status(aws, stack):
    return aws("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def seconds(aws, stack):
    """How long the last change of a stack took, by its events."""
    events = aws("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    own = [event for event in events if event["PhysicalResourceId"] == event["StackId"]]
    began = next(event for event in own if event.get("ResourceStatusReason") == "User Initiated")
    return (own[0]["Timestamp"] - began["Timestamp"]).total_seconds()


def test_bootstrap(cycle, aws):
    assert "bootstrapped" in cycle.run("bootstrap")
    assert status(aws, "CDKToolkit") == "CREATE_COMPLETE"
    version = aws("ssm").get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]["Value"]
    assert int(version) >= 21
    assert aws("iam").get_role(RoleName="cdk-hnb659fds-deploy-role-000000000000-us-east-1")["Role"]["Tags"] != []
    assert "no changes" in cycle.run("bootstrap")


def test_deploy_and_use(cycle, aws, outputs):
    printed = cycle.deploy()
    assert "✅  Cycle" in printed
    made = outputs("Cycle")
    assert f"Cycle.TableName = {made['TableName']}" in printed
    assert aws("dynamodb").describe_table(TableName=made["TableName"])["Table"]["TableStatus"] == "ACTIVE"
    assert called(aws, made["FunctionName"]) == "first"
    assert aws("ssm").get_parameter(Name="/cycle/queue")["Parameter"]["Value"] == made["QueueUrl"]
    took = seconds(aws, "Cycle")
    print(f"CloudFormation's own part took {took:.2f} s")
    # A second where nothing else runs; this is for the waits between steps, of which there are none.
    assert took < 20


def test_an_unchanged_app(cycle, aws):
    before = aws("cloudformation").describe_stacks(StackName="Cycle")["Stacks"][0]
    # What was synthesized is taken as it is.
    assert "no changes" in cycle.deploy("--app", "cdk.out")
    assert aws("cloudformation").describe_stacks(StackName="Cycle")["Stacks"][0] == before
    assert "Number of stacks with differences: 0" in cycle.run("diff", "--app", "cdk.out")


def test_a_changed_function(cycle, aws, outputs):
    code(cycle, "second")
    difference = cycle.run("diff")
    assert "[~] AWS::Lambda::Function Reader" in difference and "Number of stacks with differences: 1" in difference
    cycle.deploy("--app", "cdk.out")
    assert called(aws, outputs("Cycle")["FunctionName"]) == "second"
    assert status(aws, "Cycle") == "UPDATE_COMPLETE"


def test_a_hot_swap(cycle, aws, outputs):
    code(cycle, "third")
    printed = cycle.deploy("--hotswap")
    assert "hotswapped" in printed, printed
    name = outputs("Cycle")["FunctionName"]
    assert called(aws, name) == "third"
    # What it calls, without the CLI: new code is live as soon as that is answered.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("index.mjs", "export const handler = async () => 'fourth'\n")
    functions = aws("lambda")
    began = time.monotonic()
    functions.update_function_code(FunctionName=name, ZipFile=packed.getvalue())
    assert called(aws, name) == "fourth"
    print(f"live after {1_000 * (time.monotonic() - began):.0f} ms")


def test_a_replacement(cycle, aws, outputs):
    before = outputs("Cycle")
    cycle.deploy(KEY="other")
    after = outputs("Cycle")
    assert after["TableName"] != before["TableName"] and after["QueueUrl"] == before["QueueUrl"]
    assert aws("dynamodb").describe_table(TableName=after["TableName"])["Table"]["KeySchema"][0]["AttributeName"] == "other"
    with pytest.raises(ClientError):
        aws("dynamodb").describe_table(TableName=before["TableName"])
    # The function was told of it, and its stream is the new one's.
    configuration = aws("lambda").get_function_configuration(FunctionName=after["FunctionName"])
    assert configuration["Environment"]["Variables"]["TABLE"] == after["TableName"]
    mappings = aws("lambda").list_event_source_mappings(FunctionName=after["FunctionName"])["EventSourceMappings"]
    assert [mapping["EventSourceArn"].split("/")[1] for mapping in mappings] == [after["TableName"]]


def test_a_deployment_that_fails(cycle, aws, outputs):
    before = outputs("Cycle")
    printed = cycle.deploy(fails=True, KEY="other", FAILS="yes")
    assert "SOMEWHERE" in printed, printed
    assert status(aws, "Cycle") == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs("Cycle") == before
    assert len(aws("sqs").list_queues().get("QueueUrls", [])) == 1
    # What the failure was is gone, and the app goes on.
    cycle.deploy(KEY="other")
    assert status(aws, "Cycle") in ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE") and outputs("Cycle") == before


def test_watch(cycle, aws, outputs):
    name = outputs("Cycle")["FunctionName"]
    watching = cycle.start("watch", KEY="other")
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(watching.stdout.readline, "")), daemon=True)
    reader.start()
    try:
        # It begins with a deployment of what there is.
        eventually("that is done", lambda: any("Deployment time" in line or "no changes" in line for line in lines), 60)
        code(cycle, "watched")
        eventually("the change is live", lambda: called(aws, name) == "watched", 60)
    except AssertionError as error:
        raise AssertionError("".join(lines)) from error
    finally:
        os.killpg(watching.pid, signal.SIGTERM)
        watching.wait(20)


def test_import(cycle, aws):
    dynamodb = aws("dynamodb")
    dynamodb.create_table(
        TableName="already-there",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    dynamodb.put_item(TableName="already-there", Item={"id": {"S": "kept"}})
    table = dynamodb.describe_table(TableName="already-there")["Table"]
    cycle.run("synth", "--quiet", KEY="other", WITH_IMPORTED="yes")
    template = json.loads((cycle.folder / "cdk.out/Imported.template.json").read_text())
    logical = next(name for name, one in template["Resources"].items() if one["Type"] == "AWS::DynamoDB::Table")
    (cycle.folder / "import.json").write_text(json.dumps({logical: {"TableName": "already-there"}}))
    cycle.run("import", "Imported", "--app", "cdk.out", "--resource-mapping", "import.json")
    assert status(aws, "Imported") == "IMPORT_COMPLETE"
    assert dynamodb.describe_table(TableName="already-there")["Table"]["TableId"] == table["TableId"]
    cycle.run("destroy", "Imported", "--force", "--app", "cdk.out")
    assert dynamodb.get_item(TableName="already-there", Key={"id": {"S": "kept"}})["Item"], "what is retained is there"
    dynamodb.delete_table(TableName="already-there")


def test_destroy_leaves_nothing(cycle, aws, outputs):
    stack = aws("cloudformation").describe_stacks(StackName="Cycle")["Stacks"][0]["StackId"]
    cycle.run("destroy", "Cycle", "--force", "--app", "cdk.out")
    assert status(aws, stack) == "DELETE_COMPLETE"
    assert aws("dynamodb").list_tables()["TableNames"] == []
    assert aws("lambda").list_functions()["Functions"] == []
    assert aws("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert aws("sqs").list_queues().get("QueueUrls", []) == []
    roles = aws("iam").get_paginator("list_roles").paginate().search("Roles[].RoleName")
    assert [role for role in roles if not role.startswith("cdk-")] == []
    with pytest.raises(ClientError):
        aws("ssm").get_parameter(Name="/cycle/queue")
    with pytest.raises(ClientError):
        aws("cloudformation").describe_stacks(StackName="Cycle")
