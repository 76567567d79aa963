"""CloudWatch Logs by boto3, and what functions print: in their log streams, by `tailwater logs`, by `tailwater explain`."""

import io
import json
import subprocess
import time
import urllib.request
import zipfile

import pytest
from botocore.exceptions import ClientError
from conftest import BINARY, eventually

REGION = "us-west-2"


@pytest.fixture
def logs(server):
    return server.client("logs", REGION)


@pytest.fixture
def group(logs, request):
    name = "/tests/" + request.node.name.replace("[", "/").replace("]", "")
    logs.create_log_group(logGroupName=name, tags={"made": "here"})
    yield name
    logs.delete_log_group(logGroupName=name)


def command(server, *arguments):
    line = [BINARY, *arguments, "--endpoint", server.endpoint, "--region", REGION]
    return subprocess.run(line, capture_output=True, text=True, timeout=20)


def put(logs, group, stream, messages, now_ms=None):
    now_ms = now_ms or int(time.time() * 1000)
    events = [{"timestamp": now_ms + after, "message": message} for after, message in enumerate(messages)]
    return logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def test_groups_as_terraform_uses_them(logs, group):
    logs.put_retention_policy(logGroupName=group, retentionInDays=14)
    described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert (described["logGroupName"], described["retentionInDays"]) == (group, 14)
    arn = described["logGroupArn"]
    assert described["arn"] == arn + ":*"
    logs.tag_resource(resourceArn=arn, tags={"more": "of them"})
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"made": "here", "more": "of them"}
    logs.untag_resource(resourceArn=arn, tagKeys=["made"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == {"more": "of them"}
    logs.delete_retention_policy(logGroupName=group)
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    with pytest.raises(logs.exceptions.ResourceAlreadyExistsException, match="already exists"):
        logs.create_log_group(logGroupName=group)
    with pytest.raises(logs.exceptions.ResourceNotFoundException, match="The specified log group does not exist."):
        logs.describe_log_streams(logGroupName=group + "/none")
    with pytest.raises(ClientError, match="PutMetricFilter is not supported by this server"):
        logs.put_metric_filter(logGroupName=group, filterName="f", filterPattern="", metricTransformations=[
            {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])


def test_events_are_read_page_by_page(logs, group):
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    put(logs, group, "one", [f"line {number}" for number in range(250)])
    put(logs, group, "two", ["ERROR in two\nwith more below"])
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, logStreamNames=["one"], PaginationConfig={"PageSize": 100})
    assert [event["message"] for page in pages for event in page["events"]] == [f"line {n}" for n in range(250)]
    errors = logs.filter_log_events(logGroupName=group, filterPattern="ERROR -unwanted")["events"]
    assert [(event["logStreamName"], event["message"]) for event in errors] == [("two", "ERROR in two\nwith more below")]

    newest = logs.get_log_events(logGroupName=group, logStreamName="one", limit=100)
    assert newest["events"][-1]["message"] == "line 249"
    before = logs.get_log_events(
        logGroupName=group, logStreamName="one", limit=100, nextToken=newest["nextBackwardToken"])
    assert [event["message"] for event in before["events"]] == [f"line {n}" for n in range(50, 150)]
    after = logs.get_log_events(logGroupName=group, logStreamName="one", nextToken=newest["nextForwardToken"])
    assert (after["events"], after["nextForwardToken"]) == ([], newest["nextForwardToken"])

    streams = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    assert {stream["logStreamName"] for stream in streams} == {"one", "two"}
    with pytest.raises(logs.exceptions.InvalidParameterException, match="chronological order"):
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=[
            {"timestamp": int(time.time() * 1000) + after, "message": "m"} for after in (5, 0)])
    old = put(logs, group, "one", ["too old"], int(time.time() * 1000) - 15 * 24 * 3600 * 1000)
    assert old["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}


def test_logs_are_followed(server, logs, group):
    logs.create_log_stream(logGroupName=group, logStreamName="s")
    # Other tests may have moved the server's clock, and old events are not followed.
    now_ms = json.load(urllib.request.urlopen(f"{server.endpoint}/_tailwater/clock"))["now_ms"]
    put(logs, group, "s", ["before", "unwanted"], now_ms)
    line = [BINARY, "logs", group, "-f", "--filter=-unwanted", "--format", "json",
            "--endpoint", server.endpoint, "--region", REGION]
    follower = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
    try:
        assert json.loads(follower.stdout.readline())["message"] == "before"
        put(logs, group, "s", ["unwanted", "after"], now_ms + 10)
        assert json.loads(follower.stdout.readline())["message"] == "after"
    finally:
        follower.kill()
        follower.wait()
    shown = command(server, "logs", group)
    assert [line.split(" ", 1)[1] for line in shown.stdout.splitlines()] == ["before", "unwanted", "unwanted", "after"]
    missing = command(server, "logs", "never-called")
    assert missing.returncode == 1 and "there is no log group /aws/lambda/never-called" in missing.stderr


CODE = """
def handler(event, context):
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["id"]["S"]
        print("saw", key)
        if key == "poison":
            raise ValueError("no such dog")
"""


def test_the_life_of_a_write(server, logs):
    dynamodb, functions = server.client("dynamodb", REGION), server.client("lambda", REGION)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("index.py", CODE)
    functions.create_function(
        FunctionName="explained", Runtime="python3.12", Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": archive.getvalue()})
    table = dynamodb.create_table(
        TableName="explained", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})["TableDescription"]
    pattern = json.dumps({"eventName": ["INSERT"]})
    mapping = functions.create_event_source_mapping(
        FunctionName="explained", EventSourceArn=table["LatestStreamArn"], StartingPosition="TRIM_HORIZON",
        BatchSize=1, MaximumRetryAttempts=1, FilterCriteria={"Filters": [{"Pattern": pattern}]})["UUID"]
    try:
        for key in ("good", "poison"):
            dynamodb.put_item(TableName="explained", Item={"id": {"S": key}})

        def explained(key, verdict):
            answer = command(server, "explain", "explained", f"id={key}", "--json")
            told = json.loads(answer.stdout)["mappings"][0]
            return told if told["verdict"] == verdict else None

        good = eventually("the good one is delivered", lambda: explained("good", "delivered"))
        said = [line["message"].strip() for line in good["attempts"][0]["log"]]
        assert "saw good" in said and said[0].startswith("START RequestId: ")
        poison = eventually("the other one is given up", lambda: explained("poison", "discarded"))
        assert len(poison["attempts"]) == 2 and poison["attempts"][1]["error"] == "ValueError: no such dog"
        dynamodb.delete_item(TableName="explained", Key={"id": {"S": "good"}})
        refused = eventually("the removal is refused", lambda: explained("good", "refused"))
        assert "(the field eventName)" in refused["says"]
        text = command(server, "explain", "explained", "id=poison").stdout
        assert "DISCARDED: Given up after 2 attempts" in text and "| saw poison" in text
        assert "ValueError: no such dog" in command(server, "mapping", "discarded", "explained").stdout
        again = command(server, "mapping", "redrive", "explained")
        assert again.returncode == 1 and "ValueError: no such dog" in again.stdout
        assert mapping in command(server, "mapping", "list").stdout
        shown = command(server, "logs", "explained", "--filter", '"saw poison"').stdout
        assert len(shown.splitlines()) == 3
    finally:
        functions.delete_event_source_mapping(UUID=mapping)
        functions.delete_function(FunctionName="explained")
        dynamodb.delete_table(TableName="explained")
