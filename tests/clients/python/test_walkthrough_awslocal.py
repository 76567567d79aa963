"""The walkthrough "DynamoDB Streams" of awslocal: a table, a function, a mapping, an item, and the function has fired.

The commands are the walkthrough's own, run by awslocal and the AWS CLI of version 2; only the stream's ARN, which it
says to replace, is filled in.
"""

import json
import os
import subprocess

import pytest

from conftest import ROOT, Server, eventually

# In a folder of its own: it takes the AWS CLI that is installed beside it before any other.
AWSLOCAL = os.environ.get("AWSLOCAL", str(ROOT / "tests/.tools/awslocal/bin/awslocal"))
CLI = "/usr/bin/aws"

INDEX_JS = r"""
'use strict';
var AWS = require("aws-sdk");
exports.handler = (event, context, callback) => {
event.Records.forEach((record) => {
console.log('Stream record: ', JSON.stringify(record, null, 2));
if (record.eventName == 'INSERT') {
var who = JSON.stringify(record.dynamodb.NewImage.Username.S);
var when = JSON.stringify(record.dynamodb.NewImage.Timestamp.S);
var what = JSON.stringify(record.dynamodb.NewImage.Message.S);
var params = {
Subject: 'A new bark from ' + who,
Message: 'Woofer user ' + who + ' barked the following at ' + when + ':\n\n ' + what,
};
}
});
callback(null, `Successfully processed ${event.Records.length} records.`);
};
"""

PAYLOAD = r"""
{
"Records": [
{
"eventID": "7de3041dd709b024af6f29e4fa13d34c",
"eventName": "INSERT",
"eventVersion": "1.1",
"eventSource": "aws:dynamodb",
"awsRegion": "us-east-1",
"dynamodb": {
"ApproximateCreationDateTime": 1479499740,
"Keys": {
"Timestamp": {
"S": "2016-11-18:12:09:36"
},
"Username": {
"S": "John Doe"
}
},
"NewImage": {
"Timestamp": {
"S": "2016-11-18:12:09:36"
},
"Message": {
"S": "This is a bark from the Woofer social network"
},
"Username": {
"S": "John Doe"
}
},
"SequenceNumber": "13021600000000001596893679",
"SizeBytes": 112,
"StreamViewType": "NEW_IMAGE"
},
"eventSourceARN": "arn:aws:dynamodb:000000000000:us-east-1 ID:table/BarkTable/stream/2016-11-16T20:42:48.104"
}
]
}
"""

CREATE_TABLE = r"""
awslocal dynamodb create-table \
--table-name BarkTable \
--attribute-definitions AttributeName=Username,AttributeType=S AttributeName=Timestamp,AttributeType=S \
--key-schema AttributeName=Username,KeyType=HASH AttributeName=Timestamp,KeyType=RANGE \
--provisioned-throughput ReadCapacityUnits=5,WriteCapacityUnits=5 \
--stream-specification StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES
"""

CREATE_FUNCTION = r"""
zip index.zip index.js
awslocal lambda create-function \
--function-name publishNewBark \
--zip-file fileb://index.zip \
--role roleARN \
--handler index.handler \
--timeout 50 \
--runtime nodejs16.x \
--role arn:aws:iam::000000000000:role/lambda-role
"""

INVOKE = r"""
awslocal lambda invoke \
--function-name publishNewBark \
--payload file://payload.json \
--cli-binary-format raw-in-base64-out output.txt
"""

DESCRIBE_TABLE = "awslocal dynamodb describe-table --table-name BarkTable"

MAP = r"""
awslocal lambda create-event-source-mapping \
--function-name publishNewBark \
--event-source STREAM \
--batch-size 1 \
--starting-position TRIM_HORIZON
"""

PUT = r"""
awslocal dynamodb put-item \
--table-name BarkTable \
--item Username={S="Jane Doe"},Timestamp={S="2016-11-18:14:32:17"},Message={S="Testing...1...2...3"}
"""

LIST_STREAMS = "awslocal dynamodbstreams list-streams"
DESCRIBE_STREAM = "awslocal dynamodbstreams describe-stream --stream-arn STREAM"


@pytest.fixture
def shell(tmp_path):
    """A shell in an empty folder and a server of its own."""
    for program in (CLI, AWSLOCAL):
        assert os.access(program, os.X_OK), f"{program} is missing: tests/clients/run installs it"
    folder = tmp_path / "walkthrough"
    folder.mkdir()
    output = (tmp_path / "server.log").open("w+")
    server = Server(["--in-memory"], output)
    environment = {
        "PATH": f"{os.path.dirname(AWSLOCAL)}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_PAGER": "",
    }

    def run(commands):
        return subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=folder, env=environment, check=True, timeout=120, stdout=subprocess.PIPE, text=True,
        ).stdout

    run.folder, run.server, run.printed = folder, server, lambda: (tmp_path / "server.log").read_text()
    yield run
    assert server.stop() == 0


def test_the_walkthrough(shell):
    (shell.folder / "index.js").write_text(INDEX_JS)
    (shell.folder / "payload.json").write_text(PAYLOAD)

    table = json.loads(shell(CREATE_TABLE))["TableDescription"]
    stream = table["LatestStreamArn"]
    assert stream.startswith("arn:aws:dynamodb:us-east-1:000000000000:table/BarkTable/stream/")
    shell(CREATE_FUNCTION)
    assert json.loads(shell(INVOKE))["StatusCode"] == 200
    assert (shell.folder / "output.txt").read_text() == '"Successfully processed 1 records."'

    assert json.loads(shell(DESCRIBE_TABLE))["Table"]["LatestStreamArn"] == stream
    mapping = json.loads(shell(MAP.replace("STREAM", stream)))
    assert mapping["EventSourceArn"] == stream
    assert mapping["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:publishNewBark"
    assert mapping["FunctionResponseTypes"] == []
    shell(PUT)

    logs = shell.server.client("logs", region="us-east-1")

    def fired():
        events = logs.filter_log_events(logGroupName="/aws/lambda/publishNewBark", filterPattern='"Jane Doe"')["events"]
        return [event["message"] for event in events]

    # One console.log of many lines is one event, and it is there once.
    (message,) = eventually("the function has fired", fired)
    record = json.loads(message[message.index("{") :])
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventVersion"] == "1.1"
    assert record["awsRegion"] == "us-east-1"
    assert record["eventSourceARN"] == stream
    assert isinstance(record["dynamodb"]["ApproximateCreationDateTime"], (int, float))
    assert record["dynamodb"]["NewImage"]["Message"] == {"S": "Testing...1...2...3"}
    eventually("the server shows it too", lambda: "Testing...1...2...3" in shell.printed())

    (listed,) = json.loads(shell(LIST_STREAMS))["Streams"]
    assert (listed["StreamArn"], listed["TableName"]) == (stream, "BarkTable")
    described = json.loads(shell(DESCRIBE_STREAM.replace("STREAM", stream)))["StreamDescription"]
    assert described["StreamStatus"] == "ENABLED" and described["Shards"]
