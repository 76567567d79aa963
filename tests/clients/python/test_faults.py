"""Faults on purpose, as boto3 sees them: errors of the right class, retries, and nothing lost."""

import io
import json
import time
import uuid
import zipfile

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

from conftest import eventually

CODE = """
import time

def handler(event, context):
    ids = [record["dynamodb"]["Keys"]["id"]["S"] for record in event["Records"]]
    print("GOT", *ids)
    if "poison" in ids:
        raise Exception("no")
    time.sleep(0.05)
"""


@pytest.fixture
def table(server):
    name = f"faulty-{uuid.uuid4().hex[:8]}"
    made = server.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]
    yield name, made["LatestStreamArn"]
    server.post("/_tailwater/faults/clear", {})
    server.client("dynamodb").delete_table(TableName=name)


def add(server, kind, **members):
    return server.post("/_tailwater/faults/add", {"kind": kind, **members})["id"]


def fault(server, number):
    listed = server.post("/_tailwater/faults/list", {})["faults"]
    return next(fault for fault in listed if fault["id"] == number)


def client(server, name, attempts):
    return boto3.client(
        name,
        aws_access_key_id="FAKE",
        aws_secret_access_key="FAKE",
        endpoint_url=server.endpoint,
        region_name="us-west-2",
        config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
    )


def put(dynamodb, table, key):
    return dynamodb.put_item(TableName=table, Item={"id": {"S": key}})


def start(streams, arn, kind="TRIM_HORIZON", **members):
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    return streams.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **members)["ShardIterator"]


def ids(page):
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in page["Records"]]


def test_each_error_has_the_class_that_the_sdk_knows(server, table):
    name, arn = table
    dynamodb, streams = client(server, "dynamodb", 1), client(server, "dynamodbstreams", 1)
    put(dynamodb, name, "a")
    iterator = start(streams, arn)
    for kind, error, attempt in [
        ("throttle", dynamodb.exceptions.ProvisionedThroughputExceededException, lambda: put(dynamodb, name, "b")),
        ("throttle", streams.exceptions.LimitExceededException, lambda: streams.get_records(ShardIterator=iterator)),
        ("fail-write", dynamodb.exceptions.InternalServerError, lambda: put(dynamodb, name, "b")),
        ("lose-answer", dynamodb.exceptions.InternalServerError, lambda: put(dynamodb, name, "c")),
        ("expire-iterators", streams.exceptions.ExpiredIteratorException, lambda: streams.get_records(ShardIterator=iterator)),
    ]:
        number = add(server, kind, table=name, times=1)
        with pytest.raises(error):
            attempt()
        assert fault(server, number)["fired"] == 1
    number = add(server, "throttle", table=name, operation="DescribeStream", times=1)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        streams.describe_stream(StreamArn=arn)
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert ids(streams.get_records(ShardIterator=start(streams, arn))) == ["a", "c"]
    number = add(server, "trim", table=name, times=1)
    with pytest.raises(streams.exceptions.TrimmedDataAccessException):
        streams.get_records(ShardIterator=start(streams, arn))
    put(dynamodb, name, "d")
    assert ids(streams.get_records(ShardIterator=start(streams, arn))) == ["d"]
    server.post("/_tailwater/faults/clear", {"id": number})
    assert ids(streams.get_records(ShardIterator=start(streams, arn))) == ["a", "c", "d"]


def test_the_sdk_tries_again_and_the_write_is_done_once(server, table):
    name, arn = table
    dynamodb, streams = client(server, "dynamodb", 5), client(server, "dynamodbstreams", 5)
    for kind in ["throttle", "fail-write"]:
        number = add(server, kind, table=name, operation="PutItem", times=2)
        answer = put(dynamodb, name, kind)
        assert answer["ResponseMetadata"]["RetryAttempts"] == 2
        assert fault(server, number)["state"] == "over"
    # The answer to a counter is lost: the SDK counts again, which is what a test of it is to find.
    add(server, "lose-answer", table=name, operation="UpdateItem", times=1)
    count = {"TableName": name, "Key": {"id": {"S": "count"}}, "UpdateExpression": "ADD n :one"}
    dynamodb.update_item(**count, ExpressionAttributeValues={":one": {"N": "1"}})
    assert dynamodb.get_item(TableName=name, Key={"id": {"S": "count"}})["Item"]["n"] == {"N": "2"}
    add(server, "throttle", table=name, operation="GetRecords", times=2)
    page = streams.get_records(ShardIterator=start(streams, arn))
    assert page["ResponseMetadata"]["RetryAttempts"] == 2
    assert ids(page) == ["throttle", "fail-write", "count", "count"]


def test_a_reader_that_takes_care_loses_nothing(server, table):
    name, arn = table
    dynamodb, streams = client(server, "dynamodb", 1), client(server, "dynamodbstreams", 1)
    for kind, chance in [("expire-iterators", 0.2), ("empty-page", 0.3), ("duplicate-batch", 0.3), ("throttle", 0.2)]:
        limits = {"operation": "GetRecords"} if kind == "throttle" else {}
        add(server, kind, table=name, probability=chance, seed=7, **limits)
    wanted = [str(number) for number in range(60)]
    for key in wanted:
        put(dynamodb, name, key)
    seen, last, iterator = [], None, start(streams, arn)
    deadline = time.monotonic() + 20
    while len(set(seen)) < len(wanted) and time.monotonic() < deadline:
        try:
            page = streams.get_records(ShardIterator=iterator, Limit=5)
        except streams.exceptions.LimitExceededException:
            continue
        except streams.exceptions.ExpiredIteratorException:
            after = {"SequenceNumber": last} if last else {}
            iterator = start(streams, arn, "AFTER_SEQUENCE_NUMBER" if last else "TRIM_HORIZON", **after)
            continue
        seen += ids(page)
        if page["Records"]:
            last = page["Records"][-1]["dynamodb"]["SequenceNumber"]
        iterator = page["NextShardIterator"]
    assert list(dict.fromkeys(seen)) == wanted
    assert len(seen) > len(wanted), "some came twice"
    listed = server.post("/_tailwater/faults/list", {})["faults"]
    assert all(fault["fired"] > 0 for fault in listed), listed


def test_a_mapping_with_a_killed_function_and_crashes_processes_everything(server, table):
    name, arn = table
    dynamodb, functions = server.client("dynamodb"), server.client("lambda")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("main.py", CODE)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="main.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    mapping = functions.create_event_source_mapping(
        EventSourceArn=arn,
        FunctionName=name,
        StartingPosition="TRIM_HORIZON",
        BatchSize=2,
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=4,
    )["UUID"]
    faults = [
        add(server, "kill-function", function=name, ms=10, times=1),
        add(server, "kill-function", function=name, after=2, times=1),
        add(server, "crash-after-invoke", mapping=mapping, after=1, times=2),
        add(server, "duplicate-batch", mapping=mapping, after=3, times=1),
    ]
    wanted = [str(number) for number in range(12)]
    for key in wanted[:6] + ["poison"] + wanted[6:]:
        put(dynamodb, name, key)

    def got():
        events = server.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern="GOT")["events"]
        return {key for event in events for key in event["message"].split()[1:]}

    eventually("everything is processed", lambda: set(wanted) <= got(), deadline_s=40)
    assert [fault(server, number)["fired"] for number in faults] == [1, 1, 2, 1]
    # The batch that fails for itself is given up all the same, and is kept.
    discarded = lambda: server.post("/_tailwater/mappings/discarded", {"mapping": mapping, "region": "us-west-2"})["discarded"]
    kept = eventually("the poison is given up", discarded, deadline_s=40)
    assert [batch["size"] for batch in kept] == [1]
    functions.delete_event_source_mapping(UUID=mapping)
    functions.delete_function(FunctionName=name)


def test_what_makes_no_sense_is_refused(server):
    import urllib.error

    for question in [{"kind": "nonsense"}, {"kind": "delay"}, {"kind": "throttle", "tabel": "x"}]:
        with pytest.raises(urllib.error.HTTPError) as caught:
            server.post("/_tailwater/faults/add", question)
        assert caught.value.code == 400
        assert json.loads(caught.value.read())["error"]
