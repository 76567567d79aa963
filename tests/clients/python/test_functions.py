"""Functions by boto3: made, called, changed, published, restarted."""

import base64
import io
import json
import os
import tempfile
import time
import urllib.request
import uuid
import zipfile

import pytest
from botocore.exceptions import ClientError
from conftest import Server, eventually

ROLE = "arn:aws:iam::000000000000:role/any"
NODE = "exports.handler = async (event) => { console.log('seen', JSON.stringify(event)); %s }"


def packed(code, name="index.js"):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, code)
    return buffer.getvalue()


def create(lambda_, code, **more):
    name = f"f-{uuid.uuid4().hex[:8]}"
    made = lambda_.create_function(
        FunctionName=name,
        Runtime="nodejs22.x",
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": packed(code)},
        **more,
    )
    return name, made


def call(lambda_, name, event=None, **more):
    answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event), **more)
    return answer, json.loads(answer["Payload"].read())


@pytest.fixture
def lambda_(server):
    return server.client("lambda")


def test_the_life_of_a_function(lambda_):
    name, made = create(lambda_, NODE % "return { got: event, version: context_version() }; function context_version() { return process.env.AWS_LAMBDA_FUNCTION_VERSION }", Environment={"Variables": {"AB": "c"}}, Tags={"t": "v"})
    assert made["State"] == "Pending"
    lambda_.get_waiter("function_active_v2").wait(FunctionName=name)
    answer, body = call(lambda_, name, {"x": 1}, LogType="Tail")
    assert body == {"got": {"x": 1}, "version": "$LATEST"}
    request_id = answer["ResponseMetadata"]["RequestId"]
    log = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {request_id}" in log and 'seen {"x":1}' in log

    version = lambda_.publish_version(FunctionName=name)["Version"]
    lambda_.create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    lambda_.update_function_code(FunctionName=name, ZipFile=packed(NODE % "return 'new'"))
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=name)
    assert call(lambda_, name)[1] == "new"
    answer, body = call(lambda_, name, 1, Qualifier="live")
    assert (answer["ExecutedVersion"], body) == ("1", {"got": 1, "version": "1"})

    found = lambda_.get_function(FunctionName=name)
    assert found["Tags"] == {"t": "v"}
    archive = urllib.request.urlopen(found["Code"]["Location"]).read()
    assert zipfile.ZipFile(io.BytesIO(archive)).namelist() == ["index.js"]
    assert name in [each["FunctionName"] for page in lambda_.get_paginator("list_functions").paginate() for each in page["Functions"]]
    lambda_.delete_function(FunctionName=name)
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException, match="Function not found: arn:aws:lambda:us-west-2"):
        lambda_.get_function(FunctionName=name)


def test_a_failure_is_an_answer(lambda_):
    name, _ = create(lambda_, "exports.handler = async () => { throw new TypeError('no') }")
    answer, body = call(lambda_, name)
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (body["errorType"], body["errorMessage"]) == ("TypeError", "no")


def test_concurrency_of_zero_throttles(lambda_):
    name, _ = create(lambda_, NODE % "return 1")
    lambda_.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    with pytest.raises(lambda_.exceptions.TooManyRequestsException) as error:
        lambda_.invoke(FunctionName=name)
    assert error.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"


def test_asynchronous_calls_reach_their_dead_letter_queue(server, lambda_):
    sqs = server.client("sqs")
    url = sqs.create_queue(QueueName=f"q-{uuid.uuid4().hex[:8]}")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    name, _ = create(lambda_, "exports.handler = async () => { throw new Error('poison') }", DeadLetterConfig={"TargetArn": arn})
    config = {"MaximumRetryAttempts": 0, "DestinationConfig": {"OnFailure": {"Destination": arn}}}
    lambda_.put_function_event_invoke_config(FunctionName=name, **config)
    answer = lambda_.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    request_id = answer["ResponseMetadata"]["RequestId"]
    messages = []

    def both():
        got = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=2, MessageAttributeNames=["All"])
        messages.extend(got.get("Messages", []))
        return len(messages) == 2

    eventually("both messages are there", both)
    [letter] = [message for message in messages if "MessageAttributes" in message]
    [outcome] = [json.loads(message["Body"]) for message in messages if "MessageAttributes" not in message]
    assert json.loads(letter["Body"]) == {"n": 1}
    attributes = {key: value["StringValue"] for key, value in letter["MessageAttributes"].items()}
    assert attributes == {"RequestID": request_id, "ErrorCode": "200", "ErrorMessage": "poison"}
    assert outcome["requestContext"]["condition"] == "RetriesExhausted"
    assert outcome["requestContext"]["requestId"] == request_id
    assert (outcome["requestPayload"], outcome["responsePayload"]["errorMessage"]) == ({"n": 1}, "poison")


def test_layers_are_found_by_their_users(lambda_):
    content = {"ZipFile": packed("module.exports = 'from the layer'", "nodejs/node_modules/shared/index.js")}
    layer = lambda_.publish_layer_version(LayerName=f"l-{uuid.uuid4().hex[:8]}", Content=content)
    name, _ = create(lambda_, "const shared = require('shared'); exports.handler = async () => shared", Layers=[layer["LayerVersionArn"]])
    assert call(lambda_, name)[1] == "from the layer"


def test_what_is_wrong_is_told(lambda_):
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        lambda_.create_function(FunctionName="bad", Runtime="nodejs22.x", Handler="a.b", Role=ROLE, Code={"ZipFile": b"no archive"})
    with pytest.raises(lambda_.exceptions.InvalidRequestContentException, match="Could not parse request body into json"):
        name, _ = create(lambda_, NODE % "return 1")
        lambda_.invoke(FunctionName=name, Payload=b"{no")


def test_functions_and_queued_calls_outlive_the_server():
    with tempfile.TemporaryDirectory() as directory:
        server = Server(["--data-dir", f"{directory}/data", "--async-retry-delay", "30s"])
        lambda_ = server.client("lambda")
        marker = f"{directory}/marker"
        code = f"const fs = require('fs'); exports.handler = async (event) => {{ if (!fs.existsSync('{marker}')) throw new Error('not yet'); fs.appendFileSync('{marker}', event.n) }}"
        name, _ = create(lambda_, code)
        lambda_.invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": "once"}')
        server.process.kill()
        server.process.wait()
        open(marker, "w").close()
        server.launch()
        assert server.client("lambda").get_function(FunctionName=name)["Configuration"]["State"] == "Active"
        server.post("/_tailwater/clock", {"advance_ms": 60_000})
        eventually("the call is run", lambda: open(marker).read().startswith("once"))
        assert server.stop() == 0


def test_a_change_of_a_directory_counts_at_once(server, lambda_):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "index.js")

        def write(number):
            with open(path, "w") as file:
                file.write(f"exports.handler = async () => {number}")

        write(0)
        name = f"f-{uuid.uuid4().hex[:8]}"
        question = {"FunctionName": name, "Directory": directory, "Handler": "index.handler", "Runtime": "nodejs22.x", "region": "us-west-2"}
        server.post("/_tailwater/functions/add", question)
        eventually("the first code runs", lambda: call(lambda_, name)[1] == 0)
        spans = []
        for number in range(1, 6):
            start = time.monotonic()
            write(number)
            while time.monotonic() < start + 10:
                if call(lambda_, name)[1] == number:
                    break
            spans.append(time.monotonic() - start)
        # The process is a new one, and this machine may have other things to do.
        assert sorted(spans)[2] < 1, spans
        lambda_.delete_function(FunctionName=name)
