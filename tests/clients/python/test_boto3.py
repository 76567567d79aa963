"""boto3, unmodified: the client, the resource interface, paginators, waiters, and streams to the record."""

import decimal
import itertools
import uuid

import boto3
import pytest
from boto3.dynamodb.conditions import Attr, Key

DAY_MS = 24 * 3600 * 1000


@pytest.fixture
def table(server, dynamodb):
    """A table with a stream of both images, under a name of its own."""
    name = f"boto3-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "colour", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        LocalSecondaryIndexes=[
            {
                "IndexName": "by-colour",
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "colour", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
    resource = boto3.resource(
        "dynamodb", endpoint_url=server.endpoint, region_name="us-west-2", aws_access_key_id="FAKE", aws_secret_access_key="FAKE"
    )
    yield resource.Table(name)
    dynamodb.delete_table(TableName=name)
    dynamodb.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 5})


def read_all(streams, arn):
    """Every record of a stream, parents before children, following NextShardIterator to the end."""
    shards, start = [], {}
    while True:
        page = streams.describe_stream(StreamArn=arn, **start)["StreamDescription"]
        shards += page["Shards"]
        if "LastEvaluatedShardId" not in page:
            break
        start = {"ExclusiveStartShardId": page["LastEvaluatedShardId"]}
    records = []
    for shard in shards:
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator:
            page = streams.get_records(ShardIterator=iterator)
            records += page["Records"]
            iterator = page.get("NextShardIterator") if page["Records"] or "EndingSequenceNumber" in shard["SequenceNumberRange"] else None
    return records


def test_every_kind_of_change_is_one_record(table, streams):
    table.put_item(Item={"pk": "a", "sk": 1, "colour": "red"})
    table.put_item(Item={"pk": "a", "sk": 1, "colour": "red"})  # changes nothing
    table.update_item(Key={"pk": "a", "sk": 1}, UpdateExpression="SET colour = :c", ExpressionAttributeValues={":c": "blue"})
    table.update_item(Key={"pk": "a", "sk": 2}, UpdateExpression="REMOVE colour")  # nothing to remove
    table.delete_item(Key={"pk": "a", "sk": 1})
    table.delete_item(Key={"pk": "a", "sk": 1})  # gone already
    records = read_all(streams, table.latest_stream_arn)
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    insert, modify, remove = (record["dynamodb"] for record in records)
    assert "OldImage" not in insert and insert["NewImage"]["colour"] == {"S": "red"}
    assert modify["OldImage"]["colour"] == {"S": "red"} and modify["NewImage"]["colour"] == {"S": "blue"}
    assert "NewImage" not in remove and remove["OldImage"]["colour"] == {"S": "blue"}
    assert insert["Keys"] == {"pk": {"S": "a"}, "sk": {"N": "1"}}
    assert insert["SizeBytes"] == 7 + 16  # the key, then the item: key, colour, red
    assert len({record["eventID"] for record in records}) == 3


def test_order_across_rollover_and_split(server, table, streams):
    arn = table.latest_stream_arn
    for n in range(60):
        table.put_item(Item={"pk": f"p{n % 7}", "sk": 0, "n": n})
        if n % 20 == 10:
            server.post("/_tailwater/streams/roll", {"stream_arn": arn})
        if n % 20 == 15:
            server.post("/_tailwater/streams/split", {"stream_arn": arn})
    records = read_all(streams, arn)
    assert len(records) == 60
    for key in range(7):
        values = [int(r["dynamodb"]["NewImage"]["n"]["N"]) for r in records if r["dynamodb"]["Keys"]["pk"]["S"] == f"p{key}"]
        assert values == list(range(key, 60, 7))
    description = streams.describe_stream(StreamArn=arn)["StreamDescription"]
    ids = [shard["ShardId"] for shard in description["Shards"]]
    assert ids == sorted(ids) and len(ids) > 4
    closed = [shard for shard in description["Shards"] if "EndingSequenceNumber" in shard["SequenceNumberRange"]]
    parents = {shard.get("ParentShardId") for shard in description["Shards"]}
    assert all(shard["ShardId"] in parents for shard in closed), "a closed shard of an enabled stream has a child"
    children = streams.describe_stream(StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": closed[0]["ShardId"]})
    assert all(s["ParentShardId"] == closed[0]["ShardId"] for s in children["StreamDescription"]["Shards"])
    assert children["StreamDescription"]["Shards"]


def test_disable_and_enable_again(table, streams, dynamodb):
    table.put_item(Item={"pk": "a", "sk": 1})
    first = table.latest_stream_arn
    dynamodb.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})
    description = dynamodb.describe_table(TableName=table.name)["Table"]
    assert "StreamSpecification" not in description and description["LatestStreamArn"] == first
    assert streams.describe_stream(StreamArn=first)["StreamDescription"]["StreamStatus"] == "DISABLED"
    with pytest.raises(dynamodb.exceptions.ClientError, match="Table has no stream to disable"):
        dynamodb.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": False})
    dynamodb.update_table(TableName=table.name, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    second = dynamodb.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]
    assert second > first
    assert len(read_all(streams, first)) == 1 and read_all(streams, second) == []
    listed = streams.list_streams(TableName=table.name)["Streams"]
    assert {stream["StreamArn"] for stream in listed} == {first, second}


def test_iterators(table, streams):
    arn = table.latest_stream_arn
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]

    def read(kind, **number):
        iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType=kind, **number)["ShardIterator"]
        return [int(r["dynamodb"]["Keys"]["sk"]["N"]) for r in streams.get_records(ShardIterator=iterator)["Records"]]

    latest = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="LATEST")["ShardIterator"]
    for sk in (1, 2, 3):
        table.put_item(Item={"pk": "a", "sk": sk})
    records = streams.get_records(ShardIterator=latest)["Records"]
    assert len(records) == 3, "LATEST is exact to the moment of the call"
    second = records[1]["dynamodb"]["SequenceNumber"]
    assert read("TRIM_HORIZON") == [1, 2, 3]
    assert read("LATEST") == []
    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=second) == [2, 3]
    assert read("AFTER_SEQUENCE_NUMBER", SequenceNumber=second) == [3]
    assert read("AT_SEQUENCE_NUMBER", SequenceNumber=shard["SequenceNumberRange"]["StartingSequenceNumber"]) == [1, 2, 3]
    with pytest.raises(streams.exceptions.ResourceNotFoundException, match="Shard does not exist"):
        streams.get_shard_iterator(StreamArn=arn, ShardId="shardId-00000000000000000000-00000000", ShardIteratorType="LATEST")


def test_expressions_and_indexes(table):
    with table.batch_writer() as batch:
        for n in range(30):
            batch.put_item(Item={"pk": "q", "sk": n, "colour": ["red", "green", "blue"][n % 3], "price": decimal.Decimal("1.10") * n})
    answer = table.query(KeyConditionExpression=Key("pk").eq("q") & Key("sk").between(5, 9), FilterExpression=Attr("colour").ne("red"))
    assert [int(item["sk"]) for item in answer["Items"]] == [5, 7, 8]
    assert answer["ScannedCount"] == 5
    by_colour = table.query(
        IndexName="by-colour",
        KeyConditionExpression=Key("pk").eq("q") & Key("colour").begins_with("gr"),
        ScanIndexForward=False,
        Select="ALL_ATTRIBUTES",
    )
    assert {int(item["sk"]) for item in by_colour["Items"]} == set(range(1, 30, 3))
    assert all("price" in item for item in by_colour["Items"]), "fetched from the table"
    assert table.scan(Select="COUNT")["Count"] == 30
    updated = table.update_item(
        Key={"pk": "q", "sk": 3},
        UpdateExpression="SET price = price - :d, tags = list_append(if_not_exists(tags, :none), :tag) REMOVE colour",
        ConditionExpression=Attr("price").gte(decimal.Decimal("3.3")),
        ExpressionAttributeValues={":d": decimal.Decimal("0.3"), ":none": [], ":tag": ["sale"]},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    assert updated == {"pk": "q", "sk": 3, "price": decimal.Decimal("3"), "tags": ["sale"]}
    with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException):
        table.delete_item(Key={"pk": "q", "sk": 3}, ConditionExpression=Attr("price").gt(100))


def test_an_index_is_filled_on_a_table_with_data(table, dynamodb):
    with table.batch_writer() as batch:
        for n in range(200):
            batch.put_item(Item={"pk": f"p{n}", "sk": n, **({"colour": "red"} if n % 2 else {})})
    dynamodb.update_table(
        TableName=table.name,
        AttributeDefinitions=[{"AttributeName": "colour", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "colours",
                    "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            }
        ],
    )
    from conftest import eventually

    def active():
        (index,) = dynamodb.describe_table(TableName=table.name)["Table"]["GlobalSecondaryIndexes"]
        return index if index["IndexStatus"] == "ACTIVE" else None

    index = eventually("the index is filled", active)
    found = table.query(IndexName="colours", KeyConditionExpression=Key("colour").eq("red"))
    assert [int(item["sk"]) for item in found["Items"]] == list(range(1, 200, 2))
    assert index["ItemCount"] == 100
    assert dynamodb.describe_table(TableName=table.name)["Table"]["ItemCount"] == 200


def test_transactions(table, dynamodb):
    token = uuid.uuid4().hex
    items = [
        {"Put": {"TableName": table.name, "Item": {"pk": {"S": "t"}, "sk": {"N": "1"}, "n": {"N": "0"}}}},
        {"Update": {"TableName": table.name, "Key": {"pk": {"S": "t"}, "sk": {"N": "2"}}, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}},
    ]
    for _ in range(2):
        dynamodb.transact_write_items(TransactItems=items, ClientRequestToken=token)
    assert table.get_item(Key={"pk": "t", "sk": 2})["Item"]["n"] == 1, "the token makes it once"
    with pytest.raises(dynamodb.exceptions.IdempotentParameterMismatchException):
        dynamodb.transact_write_items(TransactItems=items[:1], ClientRequestToken=token)
    got = dynamodb.transact_get_items(
        TransactItems=[{"Get": {"TableName": table.name, "Key": {"pk": {"S": "t"}, "sk": {"N": str(n)}}}} for n in (1, 2, 3)]
    )
    assert [response.get("Item", {}).get("n") for response in got["Responses"]] == [{"N": "0"}, {"N": "1"}, None]


def test_accounts_and_regions_are_apart(server):
    names = itertools.count()
    seen = {}
    for region, key in [("eu-west-1", "FAKE"), ("eu-west-2", "FAKE"), ("eu-west-1", "111122223333")]:
        client = server.client("dynamodb", region, key)
        name = f"apart-{next(names)}"
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        )
        seen[region, key] = client.list_tables()["TableNames"]
        client.delete_table(TableName=name)
    assert list(seen.values()) == [["apart-0"], ["apart-1"], ["apart-2"]]


def test_parameters_from_before_expressions(table, dynamodb):
    key = {"pk": "legacy", "sk": 1}
    table.update_item(
        Key=key,
        AttributeUpdates={
            "count": {"Action": "ADD", "Value": 2},
            "tags": {"Action": "ADD", "Value": {"a", "b"}},
            "a.b": {"Value": "dot"},
        },
        Expected={"pk": {"Exists": False}},
    )
    updated = table.update_item(
        Key=key,
        AttributeUpdates={"count": {"Action": "ADD", "Value": 3}, "tags": {"Action": "DELETE", "Value": {"b"}}, "a.b": {"Action": "DELETE"}},
        Expected={
            "count": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [1, 2]},
            "nothing": {"ComparisonOperator": "NULL"},
        },
        ConditionalOperator="AND",
        ReturnValues="UPDATED_NEW",
    )
    assert updated["Attributes"] == {"count": 5, "tags": {"a"}}
    assert table.get_item(Key=key, AttributesToGet=["count", "a.b"])["Item"] == {"count": 5}
    with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
        table.put_item(Item=key, Expected={"count": {"Value": 4}})
    table.put_item(Item={"pk": "legacy", "sk": 2, "count": 9})
    conditions = {
        "pk": {"ComparisonOperator": "EQ", "AttributeValueList": ["legacy"]},
        "sk": {"ComparisonOperator": "GE", "AttributeValueList": [1]},
    }
    above = {"count": {"ComparisonOperator": "GT", "AttributeValueList": [5]}}
    found = table.query(KeyConditions=conditions, QueryFilter=above)
    assert (found["Count"], found["ScannedCount"]) == (1, 2)
    assert table.scan(ScanFilter=above, AttributesToGet=["sk"])["Items"] == [{"sk": 2}]
    with pytest.raises(dynamodb.exceptions.ClientError, match="Can not use both expression and non-expression parameters"):
        table.scan(ScanFilter=above, ProjectionExpression="sk")
    for sk in (1, 2):
        table.delete_item(Key={"pk": "legacy", "sk": sk}, Expected={"count": {"ComparisonOperator": "NOT_NULL"}})
    assert table.query(KeyConditions=conditions)["Count"] == 0


def test_time_to_live_and_retention_by_the_clock(server, table, streams, dynamodb):
    """Last in the file: it moves the server's clock by days."""
    arn = table.latest_stream_arn
    dynamodb.update_time_to_live(TableName=table.name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires"})
    table.put_item(Item={"pk": "ttl", "sk": 1})
    created = read_all(streams, arn)[-1]["dynamodb"]["ApproximateCreationDateTime"]
    table.put_item(Item={"pk": "ttl", "sk": 2, "expires": int(created.timestamp()) + 3600})
    server.post("/_tailwater/clock", {"advance_ms": 2 * 3600 * 1000})
    from conftest import eventually

    removed = eventually("the item expired", lambda: [r for r in read_all(streams, arn) if r["eventName"] == "REMOVE"])[0]
    assert removed["userIdentity"] == {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}
    assert removed["dynamodb"]["Keys"]["sk"] == {"N": "2"}
    assert "Item" not in table.get_item(Key={"pk": "ttl", "sk": 2})
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    server.post("/_tailwater/clock", {"advance_ms": 20 * 60 * 1000})
    with pytest.raises(streams.exceptions.ExpiredIteratorException):
        streams.get_records(ShardIterator=iterator)
    server.post("/_tailwater/clock", {"advance_ms": DAY_MS + 2 * 3600 * 1000})
    assert read_all(streams, arn) == []
    # The shard was closed by now at the latest, and goes a day after that.
    server.post("/_tailwater/clock", {"advance_ms": DAY_MS + 2 * 3600 * 1000})
    with pytest.raises(streams.exceptions.ResourceNotFoundException):
        streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
