"""boto3, unmodified, on vector indexes: what it sends is taken, and what is answered has the shapes of its model."""

import uuid

import botocore.exceptions
import pytest


def vector(*elements):
    return [{"N": str(element)} for element in elements]


@pytest.fixture
def name(dynamodb):
    name = f"vectors-{uuid.uuid4().hex[:8]}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "tenant", "AttributeType": "S"},
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        VectorIndexes=[
            {
                "IndexName": "near",
                "VectorAttribute": {"AttributeName": "embedding"},
                "Dimensions": 2,
                "DistanceFunction": "EUCLIDEAN",
                "Projection": {"ProjectionType": "ALL"},
                "SearchSchema": [{"AttributeName": "tenant", "SearchSchemaElementType": "HASH"}],
            }
        ],
    )
    yield name
    dynamodb.delete_table(TableName=name)


def test_items_are_found_by_their_vectors(dynamodb, name):
    for key, x in (("a", 1), ("b", 3), ("c", 2)):
        item = {"pk": {"S": key}, "tenant": {"S": "t"}, "embedding": {"L": vector(x, 0)}}
        used = dynamodb.put_item(TableName=name, Item=item, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
        assert used["VectorIndexes"] == {"near": {"VectorWriteRequestBytes": 1024.0}}
    answer = dynamodb.search_vectors(
        TableName=name,
        IndexName="near",
        SearchVector=vector(0, 0),
        TopK=2,
        SearchConditionExpression="#t = :t",
        ExpressionAttributeNames={"#t": "tenant"},
        ExpressionAttributeValues={":t": {"S": "t"}},
        ReturnConsumedCapacity="TOTAL",
    )
    assert [(result["Item"]["pk"]["S"], result["Score"]) for result in answer["SearchResults"]] == [("a", 1.0), ("c", 2.0)]
    assert answer["SearchResults"][0]["Item"]["embedding"] == {"L": vector(1, 0)}
    assert answer["ConsumedCapacity"] == {"VectorSearchRequestBytes": 1024.0}


def test_indexes_are_described_added_and_deleted(dynamodb, name):
    (index,) = dynamodb.describe_table(TableName=name)["Table"]["VectorIndexes"]
    assert (index["IndexStatus"], index["Dimensions"], index["ItemCount"]) == ("ACTIVE", 2, 0)
    assert index["SearchSchema"] == [{"AttributeName": "tenant", "SearchSchemaElementType": "HASH"}]
    create = {
        "IndexName": "more",
        "VectorAttribute": {"AttributeName": "embedding"},
        "Dimensions": 2,
        "DistanceFunction": "COSINE",
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    made = dynamodb.update_table(TableName=name, VectorIndexUpdates=[{"Create": create}])["TableDescription"]
    assert made["VectorIndexes"][1]["IndexStatus"] == "CREATING"
    dynamodb.update_table(TableName=name, VectorIndexUpdates=[{"Delete": {"IndexName": "near"}}])
    (index,) = dynamodb.describe_table(TableName=name)["Table"]["VectorIndexes"]
    assert (index["IndexName"], index["IndexStatus"]) == ("more", "ACTIVE")


def test_refusals_reach_the_client(dynamodb, name):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        dynamodb.put_item(TableName=name, Item={"pk": {"S": "a"}, "embedding": {"L": vector(1)}})
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert error["Message"].endswith("Invalid size for parameter embedding, Expected: 2, Actual: 1 IndexName: near")
