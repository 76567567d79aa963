"""Functions by boto3: made, called, changed, published, restarted."""

import base64
import http.client
import io
import json
import os
import tempfile
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


STREAMS = """exports.handler = awslambda.streamifyResponse(async (event, out) => {
  if (event.rawPath) out = awslambda.HttpResponseStream.from(out, { statusCode: 418, headers: { 'X-Kind': 'tea' }, cookies: ['a=1'] });
  for (const part of ['one', ' two']) { out.write(part); await new Promise((done) => setTimeout(done, 20)); }
  if (event.fail || event.rawQueryString === 'fail') throw new RangeError('broken');
  out.end();
})"""


def test_an_answer_is_streamed(lambda_):
    name, _ = create(lambda_, STREAMS, Timeout=10)

    def stream(event, **more):
        answer = lambda_.invoke_with_response_stream(FunctionName=name, Payload=json.dumps(event), **more)
        assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"] == "application/vnd.amazon.eventstream"
        assert answer["ExecutedVersion"] == "$LATEST"
        events = list(answer["EventStream"])
        chunks = [event["PayloadChunk"]["Payload"] for event in events[:-1]]
        return b"".join(chunks), len(chunks), events[-1]["InvokeComplete"]

    assert stream({}) == (b"one two", 2, {})
    text, _, complete = stream({"fail": True}, LogType="Tail")
    assert (text, complete["ErrorCode"], json.loads(complete["ErrorDetails"])["errorMessage"]) == (b"one two", "Unhandled", "broken")
    assert "REPORT RequestId" in base64.b64decode(complete["LogResult"]).decode()
    answer = lambda_.invoke(FunctionName=name, Payload=b"{}")
    assert answer["Payload"].read() == b"one two"
    plain, _ = create(lambda_, NODE % "return { n: event.n }")
    answer = lambda_.invoke_with_response_stream(FunctionName=plain, Payload=b'{"n": 1}')
    assert [event.get("PayloadChunk", {}).get("Payload") for event in answer["EventStream"]] == [b'{"n":1}', None]
    with pytest.raises(lambda_.exceptions.ResourceNotFoundException):
        lambda_.invoke_with_response_stream(FunctionName="nobody")


def ask(server, url, path="", method="GET", body=None, headers={}):
    """Asks at a function URL; its host is a name below localhost, which not every machine can resolve."""
    host = url.removeprefix("http://").removesuffix("/")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(method, "/" + path, body, {"Host": host, **headers})
    answer = connection.getresponse()
    return answer.status, answer.headers, answer.read()


def test_a_function_url_serves(server, lambda_):
    name, _ = create(lambda_, """exports.handler = async (event) => {
      if (event.rawPath === '/throw') throw new Error('no');
      if (event.rawPath === '/html') return { statusCode: 201, headers: { 'Content-Type': 'text/html' }, cookies: ['a=1', 'b=2'], body: 'PGI+', isBase64Encoded: true };
      return event }""")
    made = lambda_.create_function_url_config(FunctionName=name, AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    url = made["FunctionUrl"]
    assert lambda_.get_function_url_config(FunctionName=name)["FunctionUrl"] == url
    assert [each["FunctionUrl"] for each in lambda_.list_function_url_configs(FunctionName=name)["FunctionUrlConfigs"]] == [url]
    status, headers, body = ask(server, url, "a/b?x=1&x=2", "POST", '{"n":1}', {"Content-Type": "application/json", "Cookie": "c=1", "X-Own": "y"})
    event = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert (event["version"], event["rawPath"], event["rawQueryString"], event["queryStringParameters"]) == ("2.0", "/a/b", "x=1&x=2", {"x": "1,2"})
    assert (event["body"], event["isBase64Encoded"], event["cookies"], event["headers"]["x-own"]) == ('{"n":1}', False, ["c=1"], "y")
    context = event["requestContext"]
    assert (context["http"]["method"], context["accountId"], context["requestId"]) == ("POST", "anonymous", headers["x-amzn-requestid"])
    status, headers, body = ask(server, url, "html")
    assert (status, headers["content-type"], headers.get_all("set-cookie"), body) == (201, "text/html", ["a=1", "b=2"], b"<b>")
    assert ask(server, url, "throw")[0] == 502
    # By a path, where the host leads elsewhere; whatever paths and targets of other services say.
    path = f"lambda-url/{context['apiId']}/2015-03-31/functions"
    status, _, body = ask(server, f"http://127.0.0.1:{server.port}/", path)
    assert (status, json.loads(body)["rawPath"]) == (200, "/2015-03-31/functions")
    # Pages of elsewhere do not get there, and neither do other hosts.
    assert ask(server, url, headers={"Origin": "http://evil.example"})[0] == 403
    assert ask(server, "http://" + url.removeprefix("http://").split(":")[0] + ".evil.example/")[0] == 403
    lambda_.update_function_url_config(FunctionName=name, AuthType="AWS_IAM")
    assert ask(server, url)[0] == 403
    claim = "AWS4-HMAC-SHA256 Credential=123456789012/20261121/us-west-2/lambda/aws4_request, SignedHeaders=host, Signature=00"
    status, _, body = ask(server, url, headers={"Authorization": claim})
    assert (status, json.loads(body)["requestContext"]["authorizer"]["iam"]["accountId"]) == (200, "123456789012")
    lambda_.delete_function_url_config(FunctionName=name)
    assert ask(server, url)[0] == 404


def test_a_function_url_streams(server, lambda_):
    name, _ = create(lambda_, STREAMS, Timeout=10)
    url = lambda_.create_function_url_config(FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM")["FunctionUrl"]
    status, headers, body = ask(server, url)
    assert (status, headers["x-kind"], headers["set-cookie"], headers["transfer-encoding"], body) == (418, "tea", "a=1", "chunked", b"one two")
    with pytest.raises(http.client.IncompleteRead):
        ask(server, url, "?fail")


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


def test_each_change_of_a_directory_counts(server, lambda_):
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
        for number in range(1, 6):
            write(number)
            # How soon it does is measured by the benchmark.
            eventually(f"change {number} counts", lambda: call(lambda_, name)[1] == number)
        lambda_.delete_function(FunctionName=name)
