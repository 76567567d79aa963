"""Kinesis Data Streams and tables that deliver to them, with boto3 and the AWS CLI."""

import json
import os
import subprocess
import sys
import uuid

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def kinesis(server):
    return server.client("kinesis")


@pytest.fixture
def stream(kinesis):
    name = f"stream-{uuid.uuid4().hex[:8]}"
    kinesis.create_stream(StreamName=name, ShardCount=2)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    yield kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})


@pytest.fixture
def table(server):
    dynamodb, name = server.client("dynamodb"), f"table-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield name
    dynamodb.delete_table(TableName=name)


def read(kinesis, name):
    """All records of a stream, shard by shard, parents first."""
    records = []
    for page in kinesis.get_paginator("list_shards").paginate(StreamName=name, MaxResults=1):
        for shard in page["Shards"]:
            place = {"StreamName": name, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
            iterator = kinesis.get_shard_iterator(**place)["ShardIterator"]
            while iterator:
                answer = kinesis.get_records(ShardIterator=iterator, Limit=3)
                records += answer["Records"]
                iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return records


def test_records_are_put_and_read(kinesis, stream):
    name = stream["StreamName"]
    put = kinesis.put_record(StreamName=name, Data=b"\x00\xff", PartitionKey="first")
    batch = [{"Data": str(n).encode(), "PartitionKey": f"key-{n}"} for n in range(10)]
    answer = kinesis.put_records(StreamName=name, Records=batch)
    assert answer["FailedRecordCount"] == 0
    records = read(kinesis, name)
    assert {record["PartitionKey"]: record["Data"] for record in records} == {
        "first": b"\x00\xff",
        **{entry["PartitionKey"]: entry["Data"] for entry in batch},
    }
    numbers = {record["SequenceNumber"] for record in records}
    assert numbers == {put["SequenceNumber"], *(entry["SequenceNumber"] for entry in answer["Records"])}
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.put_record(StreamName="nope", Data=b"", PartitionKey="key")
    with pytest.raises(kinesis.exceptions.InvalidArgumentException):
        kinesis.get_records(ShardIterator="nonsense")


def test_an_iterator_at_a_time_begins_there(kinesis, stream):
    name = stream["StreamName"]
    kinesis.put_record(StreamName=name, Data=b"x", PartitionKey="a", ExplicitHashKey="0")
    (record,) = read(kinesis, name)
    place = {"StreamName": name, "ShardId": "shardId-000000000000", "ShardIteratorType": "AT_TIMESTAMP"}
    iterator = kinesis.get_shard_iterator(**place, Timestamp=record["ApproximateArrivalTimestamp"])
    assert kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"] == [record]


def test_shards_tags_and_retention(kinesis, stream):
    name, arn = stream["StreamName"], stream["StreamARN"]
    kinesis.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    shards = kinesis.list_shards(StreamName=name)["Shards"]
    assert [shard.get("ParentShardId", "")[-1:] for shard in shards] == ["", "", "0", "0", "1", "1"]
    pair = {"ShardToMerge": shards[2]["ShardId"], "AdjacentShardToMerge": shards[3]["ShardId"]}
    kinesis.merge_shards(StreamName=name, **pair)
    kinesis.split_shard(
        StreamName=name, ShardToSplit="shardId-000000000006", NewStartingHashKey="1000"
    )
    latest = kinesis.list_shards(StreamName=name, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    assert [shard["ShardId"][-1] for shard in latest] == ["4", "5", "7", "8"]
    kinesis.add_tags_to_stream(StreamName=name, Tags={"b": "2", "a": "1"})
    kinesis.remove_tags_from_stream(StreamName=name, TagKeys=["b"])
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [{"Key": "a", "Value": "1"}]
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    kinesis.increase_stream_retention_period(StreamName=name, RetentionPeriodHours=48)
    kinesis.update_stream_mode(StreamARN=arn, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert summary["RetentionPeriodHours"] == 48
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    names = [found for page in kinesis.get_paginator("list_streams").paginate() for found in page["StreamNames"]]
    assert name in names


def test_a_table_delivers_every_change(server, kinesis, stream, table):
    dynamodb, name = server.client("dynamodb"), stream["StreamName"]
    destination = {"TableName": table, "StreamArn": stream["StreamARN"]}
    missing = {**destination, "StreamArn": stream["StreamARN"] + "-not"}
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.enable_kinesis_streaming_destination(**missing)
    assert dynamodb.enable_kinesis_streaming_destination(**destination)["DestinationStatus"] == "ENABLING"
    with pytest.raises(ClientError, match="must be DISABLED or ENABLE_FAILED to perform ENABLE"):
        dynamodb.enable_kinesis_streaming_destination(**destination)
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "a"}, "n": {"N": "1"}})
    dynamodb.update_kinesis_streaming_destination(
        **destination, UpdateKinesisStreamingConfiguration={"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    )
    (described,) = dynamodb.describe_kinesis_streaming_destination(TableName=table)["KinesisDataStreamDestinations"]
    assert described == {
        "StreamArn": stream["StreamARN"],
        "DestinationStatus": "ACTIVE",
        "ApproximateCreationDateTimePrecision": "MICROSECOND",
    }
    dynamodb.delete_item(TableName=table, Key={"pk": {"S": "a"}})
    assert dynamodb.disable_kinesis_streaming_destination(**destination)["DestinationStatus"] == "DISABLING"
    dynamodb.put_item(TableName=table, Item={"pk": {"S": "b"}})
    records = read(kinesis, name)
    insert, remove = (json.loads(record["Data"]) for record in records)
    assert len({record["PartitionKey"] for record in records}) == 1
    assert (insert["eventName"], insert["tableName"], insert["userIdentity"]) == ("INSERT", table, None)
    assert insert["dynamodb"]["NewImage"] == {"pk": {"S": "a"}, "n": {"N": "1"}}
    assert remove["dynamodb"]["OldImage"] == insert["dynamodb"]["NewImage"]
    seconds = records[0]["ApproximateArrivalTimestamp"].timestamp()
    assert insert["dynamodb"]["ApproximateCreationDateTime"] == pytest.approx(seconds * 1e3, abs=1)
    assert remove["dynamodb"]["ApproximateCreationDateTime"] > 1e15


def test_the_cli_creates_puts_and_reads(server):
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "FAKE", "AWS_SECRET_ACCESS_KEY": "FAKE", "AWS_PAGER": ""}
    binary = os.path.join(os.path.dirname(sys.executable), "aws")

    def aws(*arguments):
        command = [binary, "--endpoint-url", server.endpoint, "--region", "us-west-2", "kinesis", *arguments]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout) if run.stdout.strip() else None

    name = f"cli-{uuid.uuid4().hex[:8]}"
    aws("create-stream", "--stream-name", name, "--shard-count", "1")
    aws("put-record", "--stream-name", name, "--partition-key", "k", "--data", "aGVsbG8=")
    shard = ["--shard-id", "shardId-000000000000", "--shard-iterator-type", "TRIM_HORIZON"]
    iterator = aws("get-shard-iterator", "--stream-name", name, *shard)["ShardIterator"]
    (record,) = aws("get-records", "--shard-iterator", iterator)["Records"]
    assert record["PartitionKey"] == "k"
    assert name in aws("list-streams")["StreamNames"]
    aws("delete-stream", "--stream-name", name)
