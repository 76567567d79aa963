"""The example app: the totals that its function makes of a burst of orders are right."""

import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError
from conftest import ROOT, eventually

PRODUCTS = ["tea", "coffee", "milk", "sugar", "bread"]


@pytest.fixture(scope="module")
def orders(app, aws):
    cdk = app(ROOT / "examples/orders-cdk")
    try:
        aws("cloudformation").describe_stacks(StackName="CDKToolkit")
    except ClientError:
        cdk.run("bootstrap")
    yield cdk
    cdk.run("destroy", "--force", "--app", "cdk.out")


def order(number, chance):
    return {
        "id": {"S": str(number)},
        "product": {"S": chance.choice(PRODUCTS)},
        "quantity": {"N": str(chance.randint(1, 9))},
        "cents": {"N": str(chance.randint(1, 999))},
    }


def expected(orders):
    totals = {}
    for one in orders:
        sums = totals.setdefault(one["product"]["S"], [0, 0, 0])
        quantity, cents = int(one["quantity"]["N"]), int(one["cents"]["N"])
        sums[0] += 1
        sums[1] += quantity
        sums[2] += quantity * cents
    return totals


def test_totals_of_a_burst(orders, aws, outputs):
    orders.deploy()
    names, dynamodb, chance = outputs("OrdersStack"), aws("dynamodb"), random.Random(1)
    placed = {number: order(number, chance) for number in range(400)}
    batches = [list(placed.values())[at : at + 25] for at in range(0, 400, 25)]
    broken = {"id": {"S": "broken"}, "product": {"S": "tea"}}

    def write(batch):
        requests = [{"PutRequest": {"Item": item}} for item in batch]
        assert not dynamodb.batch_write_item(RequestItems={names["OrdersTable"]: requests})["UnprocessedItems"]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, batches[:8]))
        dynamodb.put_item(TableName=names["OrdersTable"], Item=broken)
        list(pool.map(write, batches[8:]))
    # Some are changed, and some go.
    for number in range(0, 400, 7):
        placed[number] = order(number, chance)
        dynamodb.put_item(TableName=names["OrdersTable"], Item=placed[number])
    for number in range(0, 400, 11):
        del placed[number]
        dynamodb.delete_item(TableName=names["OrdersTable"], Key={"id": {"S": str(number)}})

    def totals():
        items = dynamodb.scan(TableName=names["TotalsTable"])["Items"]
        return {item["product"]["S"]: [int(item[name]["N"]) for name in ("orders", "quantity", "total")] for item in items}

    right = expected(placed.values())
    try:
        eventually("the totals are right", lambda: totals() == right, 40)
    except AssertionError as error:
        raise AssertionError(f"{totals()} is not {right}") from error
    # The one that could not be counted is told of, and it alone.
    def told():
        received = aws("sqs").receive_message(QueueUrl=names["FailedQueue"], WaitTimeSeconds=5)
        return received.get("Messages")

    message = json.loads(eventually("the failure is told", told)[0]["Body"])
    assert message["DDBStreamBatchInfo"]["batchSize"] == 1
    assert message["requestContext"]["functionArn"].split(":")[6] == names["AggregateFunction"]


def test_the_echo_prints(orders, aws, outputs):
    names = outputs("OrdersStack")
    aws("dynamodb").put_item(TableName=names["OrdersTable"], Item={"id": {"S": "loud"}, "product": {"S": "tea"}, "quantity": {"N": "1"}, "cents": {"N": "1"}})

    def printed():
        events = aws("logs").filter_log_events(logGroupName=f"/aws/lambda/{names['EchoFunction']}", filterPattern='"loud"')["events"]
        return any("INSERT" in event["message"] for event in events)

    eventually("the order is printed", printed)
