"""The echo function of the CDK walkthrough, with the mapping that its stack describes: it throws on every REMOVE, and so
takes the whole path of a failure. The records around the poisonous one are processed; that one reaches the queue.
"""

import base64
import io
import json
import zipfile

import pytest

from conftest import Server, eventually

ECHO = (
    "exports.handler = (event,context) => {console.log(event.Records.map("
    "item=>Object.entries(item.dynamodb.NewImage))); context.succeed(event);}"
)


def archive(name, text):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr(name, text)
    return packed.getvalue()


@pytest.fixture
def server():
    """A server of its own, whose clock may be moved."""
    server = Server(["--in-memory"])
    yield server
    assert server.stop() == 0


def test_good_neighbours_are_processed_and_the_poison_reaches_the_queue(server):
    dynamodb, functions, sqs, logs = (server.client(name) for name in ("dynamodb", "lambda", "sqs", "logs"))
    stream = dynamodb.create_table(
        TableName="Orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    queue = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.create_function(
        FunctionName="echo",
        Runtime="nodejs10.x",
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/echo",
        Code={"ZipFile": archive("index.js", ECHO)},
    )
    mapping = functions.create_event_source_mapping(
        FunctionName="echo",
        EventSourceArn=stream,
        StartingPosition="LATEST",
        BatchSize=5,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=10,
        DestinationConfig={"OnFailure": {"Destination": queue_arn}},
    )
    put = lambda name: dynamodb.put_item(TableName="Orders", Item={"id": {"S": name}, "total": {"N": "7"}})
    for name in ("a", "b", "c"):
        put(name)
    dynamodb.delete_item(TableName="Orders", Key={"id": {"S": "b"}})
    for name in ("d", "e", "f", "g"):
        put(name)

    def letter():
        # The pauses between attempts are of the server's time: ten retries would take most of a minute.
        server.post("/_tailwater/clock", {"advance_ms": 10_000})
        messages = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages", [])
        return messages and json.loads(messages[0]["Body"])

    failed = eventually("the poison is in the queue", letter, deadline_s=60)
    assert failed["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failed["requestContext"]["approximateInvokeCount"] == 11
    assert failed["requestContext"]["functionArn"] == mapping["FunctionArn"]
    assert failed["responseContext"] == {
        "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled",
    }
    batch = failed["DDBStreamBatchInfo"]
    assert batch["batchSize"] == 1
    assert batch["startSequenceNumber"] == batch["endSequenceNumber"]
    assert batch["streamArn"] == stream

    def echoed():
        events = logs.filter_log_events(logGroupName="/aws/lambda/echo", filterPattern="INFO")["events"]
        return sum(event["message"].count("'total'") for event in events) == 7

    eventually("all others were echoed", echoed)
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    functions.delete_function(FunctionName="echo")
    dynamodb.delete_table(TableName="Orders")
