"""Event source mappings through boto3: a write calls a function."""

import io
import json
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError

from conftest import eventually

CODE = """
def handler(event, context):
    for record in event["Records"]:
        if record["eventName"] == "REMOVE":
            raise Exception("no removes")
        print("GOT", record["dynamodb"]["Keys"]["id"]["S"])
"""


def archive(code):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("main.py", code)
    return buffer.getvalue()


@pytest.fixture
def things(server):
    dynamodb, functions = server.client("dynamodb"), server.client("lambda")
    name = f"mapped-{uuid.uuid4().hex[:8]}"
    table = dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]
    create(functions, name)
    return server, name, table["LatestStreamArn"]


def create(functions, name):
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="main.handler",
        Code={"ZipFile": archive(CODE)},
    )


def put(server, name, key):
    server.client("dynamodb").put_item(TableName=name, Item={"id": {"S": key}})


def printed(server, name):
    events = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="GOT")["events"]
    return [event["message"].split()[1] for event in events]


def test_good_neighbours_are_processed_and_the_poison_record_reaches_the_queue(things):
    server, name, stream = things
    queues, functions = server.client("sqs"), server.client("lambda")
    queue = queues.create_queue(QueueName=name)["QueueUrl"]
    arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(
        EventSourceArn=stream,
        FunctionName=name,
        StartingPosition="LATEST",
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    assert mapping["State"] == "Creating"
    assert mapping["StartingPosition"] == "LATEST"
    for key in ["a", "b"]:
        put(server, name, key)
    server.client("dynamodb").delete_item(TableName=name, Key={"id": {"S": "a"}})
    put(server, name, "c")
    message = eventually(
        "a message", lambda: queues.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages")
    )[0]
    body = json.loads(message["Body"])
    assert body["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert body["requestContext"]["approximateInvokeCount"] == 2
    assert body["DDBStreamBatchInfo"]["batchSize"] == 1
    assert body["DDBStreamBatchInfo"]["streamArn"] == stream
    eventually("the neighbours", lambda: {"a", "b", "c"} <= set(printed(server, name)))

    shown = functions.get_event_source_mapping(UUID=mapping["UUID"])
    assert shown["State"] == "Enabled"
    eventually("OK", lambda: functions.get_event_source_mapping(UUID=mapping["UUID"])["LastProcessingResult"] == "OK")
    listed = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    assert [one["UUID"] for one in listed] == [mapping["UUID"]]
    with pytest.raises(ClientError) as refused:
        functions.create_event_source_mapping(EventSourceArn=stream, FunctionName=name, StartingPosition="LATEST")
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    assert functions.delete_event_source_mapping(UUID=mapping["UUID"])["State"] == "Deleting"
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_event_source_mapping(UUID=mapping["UUID"])


def test_a_mapping_that_is_switched_off_goes_on_where_it_stopped(things):
    server, name, stream = things
    functions = server.client("lambda")
    uuid_of = functions.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=name, StartingPosition="TRIM_HORIZON", Enabled=False
    )["UUID"]
    # Another of the same stream, that is on, shows when it would have been called, too.
    other = f"{name}-other"
    create(functions, other)
    other_uuid = functions.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=other, StartingPosition="TRIM_HORIZON"
    )["UUID"]
    put(server, name, "first")
    eventually("the other's call", lambda: printed(server, other) == ["first"])
    assert functions.get_event_source_mapping(UUID=uuid_of)["LastProcessingResult"] == "No records processed"
    functions.delete_event_source_mapping(UUID=other_uuid)
    assert functions.update_event_source_mapping(UUID=uuid_of, Enabled=True)["State"] == "Enabling"
    eventually("the call", lambda: printed(server, name) == ["first"])
    functions.delete_event_source_mapping(UUID=uuid_of)


def test_a_mended_function_gets_the_batch_at_once(things):
    server, name, stream = things
    functions = server.client("lambda")
    functions.update_function_code(FunctionName=name, ZipFile=archive("def handler(event, context):\n    raise Exception('x')\n"))
    uuid_of = functions.create_event_source_mapping(
        EventSourceArn=stream, FunctionName=name, StartingPosition="TRIM_HORIZON"
    )["UUID"]
    put(server, name, "stubborn")
    failed = "PROBLEM: Function call failed"
    eventually("failures", lambda: functions.get_event_source_mapping(UUID=uuid_of)["LastProcessingResult"] == failed)
    functions.update_function_code(FunctionName=name, ZipFile=archive(CODE))
    eventually("the call", lambda: printed(server, name) == ["stubborn"])
    functions.delete_event_source_mapping(UUID=uuid_of)
