"""What the Kinesis Client Library and its adapter for DynamoDB Streams call, in their order and in their manner.

The library itself is Java; here boto3 makes its calls: the lease table with the parameters from before expressions
(Expected, AttributeUpdates), a shard read to its end, its children asked for by CHILD_SHARDS, and metrics.
"""

import json
import re
import urllib.request
import uuid

import botocore.exceptions
import pytest
from conftest import eventually

ARN = re.compile(r"arn:aws[^:]*:dynamodb:[-a-z0-9]+:[0-9]{12}:table/[^/]+/stream/.+")
SHARD = re.compile(r"shardId-[0-9]{20}-[a-zA-Z0-9]{1,36}")


@pytest.fixture
def stream(server, dynamodb):
    """A table with a stream, and how to roll its shards over."""
    name = f"kcl-{uuid.uuid4().hex[:8]}"
    table = dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )["TableDescription"]

    class Stream:
        table_name, arn, label = name, table["LatestStreamArn"], table["LatestStreamLabel"]

        @staticmethod
        def change(verb):
            server.post(f"/_tailwater/streams/{verb}", {"table": name, "region": "us-west-2"})

    yield Stream
    dynamodb.delete_table(TableName=name)


@pytest.fixture
def lease_table(dynamodb):
    """The lease table as LeaseManager makes it: looked for, made, waited for."""
    name = f"kcl-leases-{uuid.uuid4().hex[:8]}"
    with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
        dynamodb.describe_table(TableName=name)
    dynamodb.create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "leaseKey", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "leaseKey", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
    )
    active = lambda: dynamodb.describe_table(TableName=name)["Table"]["TableStatus"] == "ACTIVE"
    eventually("the lease table is active", active)
    yield name
    dynamodb.delete_table(TableName=name)


def shards_of(streams, arn, **more):
    """All shards, page by page, paging on the id of the last shard as the adapter does."""
    shards, page = [], {"StreamArn": arn, "Limit": 2, **more}
    while True:
        description = streams.describe_stream(**page)["StreamDescription"]
        shards += description["Shards"]
        if "LastEvaluatedShardId" not in description:
            return description["StreamStatus"], shards
        assert description["LastEvaluatedShardId"] == description["Shards"][-1]["ShardId"]
        page["ExclusiveStartShardId"] = description["Shards"][-1]["ShardId"]


def read_to_end(streams, arn, shard_id, position):
    """The records of a closed shard, until there is no next iterator."""
    records, iterator = [], streams.get_shard_iterator(StreamArn=arn, ShardId=shard_id, **position)["ShardIterator"]
    while iterator is not None:
        page = streams.get_records(ShardIterator=iterator, Limit=1000)
        records += page["Records"]
        iterator = page.get("NextShardIterator")
    return records


def read_some(streams, arn, shard_id, position):
    """One page of a shard."""
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard_id, **position)["ShardIterator"]
    return streams.get_records(ShardIterator=iterator, Limit=1000)["Records"]


def lease(dynamodb, table, shard):
    """LeaseManager.createLeaseIfNotExists; whether it did."""
    item = {
        "leaseKey": {"S": shard["ShardId"]},
        "leaseCounter": {"N": "0"},
        "ownerSwitchesSinceCheckpoint": {"N": "0"},
        "checkpoint": {"S": "TRIM_HORIZON"},
        "checkpointSubSequenceNumber": {"N": "0"},
    }
    if "ParentShardId" in shard:
        item["parentShardId"] = {"SS": [shard["ParentShardId"]]}
    try:
        dynamodb.put_item(TableName=table, Item=item, Expected={"leaseKey": {"Exists": False}})
        return True
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False


def write(dynamodb, table, shard_id, expected, updates):
    """UpdateItem as the lease managers make it; whether the expectation held."""
    try:
        dynamodb.update_item(
            TableName=table,
            Key={"leaseKey": {"S": shard_id}},
            Expected={name: {"Exists": False} if value is None else {"Value": value} for name, value in expected.items()},
            AttributeUpdates=updates,
        )
        return True
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False


def put(value):
    return {"Value": value, "Action": "PUT"}


def renew(dynamodb, table, shard_id, owner, counter, **more):
    """LeaseRenewer: the counter goes up, if it and the owner are as they were."""
    return write(
        dynamodb,
        table,
        shard_id,
        {"leaseCounter": {"N": str(counter)}, "leaseOwner": {"S": owner}},
        {"leaseCounter": put({"N": str(counter + 1)}), **more},
    )


def test_names_are_as_the_adapter_parses_them(server, streams, stream):
    assert ARN.fullmatch(stream.arn) and "_" not in stream.label and "$" not in stream.arn
    # As KinesisMapperUtil makes a name of it that KCL takes, and back.
    assert stream.label.replace(":", "_").replace("_", ":") == stream.label
    assert stream.arn.split(":")[3] == "us-west-2"
    _, [shard] = shards_of(streams, stream.arn)
    assert SHARD.fullmatch(shard["ShardId"]) and 28 <= len(shard["ShardId"]) <= 65
    # The second field is the shard's birth, in milliseconds since the epoch.
    now_ms = json.load(urllib.request.urlopen(f"{server.endpoint}/_tailwater/clock"))["now_ms"]
    assert 0 <= now_ms - int(shard["ShardId"].split("-")[1]) < 60_000


def test_the_children_of_a_shard_are_there_before_its_end_is_seen(dynamodb, streams, stream):
    dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": "a"}})
    _, [parent] = shards_of(streams, stream.arn)
    children = {"ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]}}
    assert shards_of(streams, stream.arn, **children)[1] == []
    stream.change("split")
    # The end of the parent, and at once its children by the filter: no second try is needed.
    records = read_to_end(streams, stream.arn, parent["ShardId"], {"ShardIteratorType": "TRIM_HORIZON"})
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in records] == ["a"]
    status, found = shards_of(streams, stream.arn, **children)
    assert status == "ENABLED" and len(found) == 2
    assert {shard["ParentShardId"] for shard in found} == {parent["ShardId"]}
    assert all(shard["ShardId"] > parent["ShardId"] for shard in found)
    ends = int(records[-1]["dynamodb"]["SequenceNumber"])
    assert all(int(shard["SequenceNumberRange"]["StartingSequenceNumber"]) > ends for shard in found)
    # Children of children are not children.
    stream.change("roll")
    assert len(shards_of(streams, stream.arn, **children)[1]) == 2


def test_the_tree_of_shards_has_no_moment_that_the_adapter_guards_against(streams, stream):
    """What ShardGraphTracker looks out for: a parent that is listed as open beside its children, children out of order."""
    for verb in ["roll", "split", "roll"]:
        stream.change(verb)
        status, shards = shards_of(streams, stream.arn)
        by_id = {shard["ShardId"]: shard for shard in shards}
        parents = {shard["ParentShardId"] for shard in shards if "ParentShardId" in shard}
        # Each but the open ones has a child, and no open one has.
        for shard in shards:
            closed = "EndingSequenceNumber" in shard["SequenceNumberRange"]
            assert closed == (shard["ShardId"] in parents), (verb, shard)
            if (parent := by_id.get(shard.get("ParentShardId"))) is not None:
                ended = int(parent["SequenceNumberRange"]["EndingSequenceNumber"])
                assert ended < int(shard["SequenceNumberRange"]["StartingSequenceNumber"])
        # Parents first, which older versions rely on: the order is that of the names.
        assert list(by_id) == sorted(by_id) and status == "ENABLED"
    # Paging on the id of the last shard ends with an empty page, and not with an error.
    last = streams.describe_stream(StreamArn=stream.arn, ExclusiveStartShardId=shards[-1]["ShardId"])
    assert last["StreamDescription"]["Shards"] == [] and "LastEvaluatedShardId" not in last["StreamDescription"]


def test_a_stream_is_found_by_its_table(dynamodb, streams, stream):
    listed = streams.list_streams(TableName=stream.table_name)
    assert [found["StreamArn"] for found in listed["Streams"]] == [stream.arn]
    table = dynamodb.describe_table(TableName=stream.table_name)["Table"]
    assert (table["LatestStreamArn"], table["LatestStreamLabel"]) == (stream.arn, stream.label)
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


def test_latest_gives_what_is_written_after_it(dynamodb, streams, stream):
    """InitialPositionInStream.LATEST: the iterator is made at the beginning, and used later."""
    dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": "before"}})
    _, [shard] = shards_of(streams, stream.arn)
    latest = {"ShardIteratorType": "LATEST"}
    iterator = streams.get_shard_iterator(StreamArn=stream.arn, ShardId=shard["ShardId"], **latest)["ShardIterator"]
    dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": "after"}})
    page = streams.get_records(ShardIterator=iterator, Limit=1000)
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in page["Records"]] == ["after"]
    # Nothing more so far is an empty page with a next iterator, not an end.
    page = streams.get_records(ShardIterator=page["NextShardIterator"], Limit=1000)
    assert page["Records"] == [] and page["NextShardIterator"]


def test_what_was_trimmed_is_said_so_and_read_again_from_the_horizon(server, dynamodb, streams, stream):
    """As the adapter does it: an iterator that stands before the trim horizon is refused by GetRecords, an old checkpoint by
    GetShardIterator, and both go on with TRIM_HORIZON."""
    dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": "old"}})
    _, [shard] = shards_of(streams, stream.arn)
    shard_id, horizon = shard["ShardId"], {"ShardIteratorType": "TRIM_HORIZON"}
    [old] = read_some(streams, stream.arn, shard_id, horizon)
    server.post("/_tailwater/clock", {"advance_ms": 25 * 3_600_000})
    dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": "new"}})
    number = old["dynamodb"]["SequenceNumber"]
    with pytest.raises(streams.exceptions.TrimmedDataAccessException):
        at = {"ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": number}
        read_some(streams, stream.arn, shard_id, at)
    # The shard may have rolled over, too: its children carry on.
    seen = []
    for shard in shards_of(streams, stream.arn)[1]:
        seen += read_some(streams, stream.arn, shard["ShardId"], horizon)
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in seen] == ["new"]


def test_a_worker_goes_through_a_stream_with_leases(server, dynamodb, streams, stream, lease_table):
    for key in "abc":
        dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": key}})
    # Shard sync: leases for all shards, made once.
    _, shards = shards_of(streams, stream.arn)
    assert [lease(dynamodb, lease_table, shard) for shard in shards] == [True]
    assert [lease(dynamodb, lease_table, shard) for shard in shards] == [False]
    shard_id = shards[0]["ShardId"]

    # LeaseTaker: whoever is first has it; the other's expectation does not hold.
    nobody = {"leaseCounter": {"N": "0"}, "leaseOwner": None}
    take = lambda owner: {"leaseCounter": put({"N": "1"}), "leaseOwner": put({"S": owner})}
    assert write(dynamodb, lease_table, shard_id, nobody, take("one"))
    assert not write(dynamodb, lease_table, shard_id, nobody, take("two"))
    [row] = dynamodb.scan(TableName=lease_table, Limit=10)["Items"]
    assert row["leaseOwner"] == {"S": "one"}

    # The records; the checkpoint with the renewal's expectation; one that was overtaken fails.
    first = streams.get_shard_iterator(StreamArn=stream.arn, ShardId=shard_id, ShardIteratorType="TRIM_HORIZON")
    page = streams.get_records(ShardIterator=first["ShardIterator"], Limit=2)
    second = page["Records"][1]["dynamodb"]["SequenceNumber"]
    checkpoint = {"checkpoint": put({"S": second}), "checkpointSubSequenceNumber": put({"N": "0"}), "ownerSwitchesSinceCheckpoint": put({"N": "0"})}
    assert renew(dynamodb, lease_table, shard_id, "one", 1, **checkpoint)
    assert not renew(dynamodb, lease_table, shard_id, "one", 1)

    # Two steals it (the counter has not moved), and goes on after the checkpoint.
    stolen = {"leaseCounter": {"N": "2"}, "leaseOwner": {"S": "one"}}
    switches = {"ownerSwitchesSinceCheckpoint": {"Value": {"N": "1"}, "Action": "ADD"}}
    assert write(dynamodb, lease_table, shard_id, stolen, {"leaseCounter": put({"N": "3"}), "leaseOwner": put({"S": "two"}), **switches})
    assert not renew(dynamodb, lease_table, shard_id, "one", 2, **checkpoint)
    row = dynamodb.get_item(TableName=lease_table, Key={"leaseKey": {"S": shard_id}}, ConsistentRead=True)["Item"]
    assert (row["leaseOwner"], row["ownerSwitchesSinceCheckpoint"]) == ({"S": "two"}, {"N": "1"})
    stream.change("roll")
    after = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": row["checkpoint"]["S"]}
    rest = read_to_end(streams, stream.arn, shard_id, after)
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in rest] == ["c"]

    # The end: leases of the children first, then SHARD_END, and the lease is given up and deleted.
    _, children = shards_of(streams, stream.arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": shard_id})
    assert [lease(dynamodb, lease_table, child) for child in children] == [True]
    assert renew(dynamodb, lease_table, shard_id, "two", 3, checkpoint=put({"S": "SHARD_END"}))
    evict = {"leaseOwner": {"Action": "DELETE"}, "leaseCounter": {"Value": {"N": "1"}, "Action": "ADD"}}
    assert write(dynamodb, lease_table, shard_id, {"leaseOwner": {"S": "two"}}, evict)
    row = dynamodb.get_item(TableName=lease_table, Key={"leaseKey": {"S": shard_id}})["Item"]
    assert "leaseOwner" not in row and row["leaseCounter"] == {"N": "5"}
    dynamodb.delete_item(TableName=lease_table, Key={"leaseKey": {"S": shard_id}}, Expected={"leaseCounter": {"Value": {"N": "5"}}})
    assert [row["leaseKey"]["S"] for row in dynamodb.scan(TableName=lease_table)["Items"]] == [children[0]["ShardId"]]


def test_version_three_hands_a_lease_over_gracefully_and_finds_it_by_its_owner(dynamodb, streams, stream, lease_table):
    dynamodb.update_table(
        TableName=lease_table,
        AttributeDefinitions=[{"AttributeName": "leaseOwner", "AttributeType": "S"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "LeaseOwnerToLeaseKeyIndex",
                    "KeySchema": [{"AttributeName": "leaseOwner", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 10, "WriteCapacityUnits": 10},
                }
            }
        ],
    )
    _, [shard] = shards_of(streams, stream.arn)
    assert lease(dynamodb, lease_table, shard)
    shard_id = shard["ShardId"]
    one, two = {"S": "one"}, {"S": "two"}
    assert write(dynamodb, lease_table, shard_id, {"leaseOwner": None, "checkpointOwner": None}, {"leaseOwner": put(one)})

    def owned(owner):
        answer = dynamodb.query(
            TableName=lease_table,
            IndexName="LeaseOwnerToLeaseKeyIndex",
            KeyConditionExpression="leaseOwner = :owner",
            ExpressionAttributeValues={":owner": owner},
        )
        return [row["leaseKey"]["S"] for row in answer["Items"]]

    eventually("the index has the lease", lambda: owned(one) == [shard_id])
    # The new owner is named, and the old one keeps the checkpoint until it lets go.
    handover = {"leaseOwner": put(two), "checkpointOwner": put(one), "leaseCounter": {"Value": {"N": "1"}, "Action": "ADD"}}
    assert write(dynamodb, lease_table, shard_id, {"leaseOwner": one, "checkpointOwner": None}, handover)
    assert not write(dynamodb, lease_table, shard_id, {"leaseOwner": one, "checkpointOwner": None}, handover)
    assert write(dynamodb, lease_table, shard_id, {"checkpointOwner": one}, {"checkpoint": put({"S": "1" * 21})})
    assert write(dynamodb, lease_table, shard_id, {"checkpointOwner": one}, {"checkpointOwner": {"Action": "DELETE"}})
    assert not write(dynamodb, lease_table, shard_id, {"checkpointOwner": one}, {"checkpoint": put({"S": "2" * 21})})
    eventually("the index has followed", lambda: (owned(one), owned(two)) == ([], [shard_id]))


def test_a_disabled_stream_ends_for_its_readers(dynamodb, streams, stream):
    dynamodb.put_item(TableName=stream.table_name, Item={"pk": {"S": "last"}})
    dynamodb.update_table(TableName=stream.table_name, StreamSpecification={"StreamEnabled": False})
    disabled = lambda: shards_of(streams, stream.arn)[0] == "DISABLED"
    eventually("the stream is disabled", disabled)
    _, [leaf] = shards_of(streams, stream.arn)
    assert "EndingSequenceNumber" in leaf["SequenceNumberRange"]
    assert len(read_to_end(streams, stream.arn, leaf["ShardId"], {"ShardIteratorType": "TRIM_HORIZON"})) == 1
    assert shards_of(streams, stream.arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": leaf["ShardId"]})[1] == []


def test_a_shard_that_is_gone_is_not_found(streams, stream):
    gone = "shardId-00000000000000000001-0123abcd"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        streams.get_shard_iterator(StreamArn=stream.arn, ShardId=gone, ShardIteratorType="TRIM_HORIZON")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_metrics_are_taken(server):
    cloudwatch = server.client("cloudwatch")
    answer = cloudwatch.put_metric_data(
        Namespace="orders-consumers",
        MetricData=[
            {
                "MetricName": name,
                "Dimensions": [{"Name": "Operation", "Value": "ProcessTask"}, {"Name": "ShardId", "Value": "shardId-1"}],
                "StatisticValues": {"SampleCount": 1, "Sum": 7, "Minimum": 7, "Maximum": 7},
                "Unit": unit,
            }
            for name, unit in [("RecordsProcessed", "Count"), ("Time", "Milliseconds"), ("DataBytesProcessed", "Bytes")]
        ],
    )
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
