"""SNS by boto3: queues, functions and HTTP endpoints as subscribers; and CloudWatch's PutMetricData."""

import base64
import http.server
import io
import json
import threading
import urllib.error
import urllib.request
import zipfile

import pytest
from botocore.exceptions import ClientError
from conftest import eventually


@pytest.fixture
def sns(server):
    return server.client("sns")


@pytest.fixture
def sqs(server):
    return server.client("sqs")


@pytest.fixture
def topic(sns, request):
    arn = sns.create_topic(Name=request.node.name.replace("[", "-").replace("]", ""))["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


@pytest.fixture
def queue(sqs, request):
    """Makes queues; answers with their URLs and ARNs."""
    made = []

    def make(name, **attributes):
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        made.append(url)
        told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, told["Attributes"]["QueueArn"]

    yield make
    for url in made:
        sqs.delete_queue(QueueUrl=url)


def received(sqs, url):
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )
    return answer.get("Messages", [])


class Endpoint:
    """An HTTP endpoint that keeps what it is sent."""

    def __init__(self):
        self.got = []
        self.answers = []
        endpoint = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                endpoint.got.append((dict(self.headers), body))
                self.send_response(endpoint.answers.pop(0) if endpoint.answers else 200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def confirm(self):
        """Follows the link in the request for confirmation."""
        headers, body = eventually("the request for confirmation", lambda: self.got and self.got[-1])
        body = json.loads(body)
        assert headers["x-amz-sns-message-type"] == body["Type"] == "SubscriptionConfirmation"
        answer = urllib.request.urlopen(body["SubscribeURL"]).read()
        assert b"ConfirmSubscriptionResult" in answer
        return body


@pytest.fixture
def endpoint():
    endpoint = Endpoint()
    yield endpoint
    endpoint.server.shutdown()


def test_a_topic_and_its_settings(sns, topic):
    sns.set_topic_attributes(TopicArn=topic, AttributeName="DisplayName", AttributeValue="Näws & more")
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    assert (attributes["TopicArn"], attributes["DisplayName"]) == (topic, "Näws & more")
    assert json.loads(attributes["EffectiveDeliveryPolicy"])["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3
    sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d"}])
    sns.untag_resource(ResourceArn=topic, TagKeys=["c"])
    assert sns.list_tags_for_resource(ResourceArn=topic)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert {"TopicArn": topic} in [one for page in sns.get_paginator("list_topics").paginate() for one in page["Topics"]]
    sns.add_permission(TopicArn=topic, Label="l", AWSAccountId=["111111111111"], ActionName=["Publish"])
    assert "111111111111" in sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"]
    sns.remove_permission(TopicArn=topic, Label="l")
    sns.put_data_protection_policy(ResourceArn=topic, DataProtectionPolicy="{}")
    assert sns.get_data_protection_policy(ResourceArn=topic)["DataProtectionPolicy"] == "{}"
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn=topic + "x", Message="m")
    with pytest.raises(sns.exceptions.InvalidParameterException, match="Empty message"):
        sns.publish(TopicArn=topic, Message="")
    with pytest.raises(ClientError, match="CreatePlatformApplication is not supported by this server"):
        sns.create_platform_application(Name="a", Platform="APNS", Attributes={})
    assert sns.list_platform_applications()["PlatformApplications"] == []


def test_queues_get_envelopes_raw_messages_and_what_their_filters_let_through(sns, sqs, topic, queue):
    whole, raw, red, body = (queue(f"sns-{name}") for name in ["whole", "raw", "red", "body"])
    arns = {}
    for (_, arn), attributes in [
        (whole, {}),
        (raw, {"RawMessageDelivery": "true"}),
        (red, {"FilterPolicy": json.dumps({"colour": ["red"], "n": [{"numeric": [">", 1]}]})}),
        (body, {"FilterPolicyScope": "MessageBody", "FilterPolicy": json.dumps({"a": {"b": [{"prefix": "c"}]}})}),
    ]:
        answer = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes)
        arns[arn] = answer["SubscriptionArn"]
    attributes = {
        "colour": {"DataType": "String", "StringValue": "red"},
        "n": {"DataType": "Number", "StringValue": "1.5"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\x01"},
    }
    text = json.dumps({"a": {"b": "cd"}})
    sent = sns.publish(TopicArn=topic, Message=text, Subject="s", MessageAttributes=attributes)
    sns.publish(TopicArn=topic, Message="plain", MessageAttributes={"colour": {"DataType": "String", "StringValue": "blue"}})

    messages = received(sqs, whole[0])
    assert len(messages) == 2
    envelope = json.loads(messages[0]["Body"])
    members = ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature"]
    assert list(envelope) == [*members, "SigningCertURL", "UnsubscribeURL", "MessageAttributes"]
    assert (envelope["Message"], envelope["MessageId"]) == (text, sent["MessageId"])
    binary = {"Type": "Binary", "Value": base64.b64encode(b"\x00\x01").decode()}
    assert envelope["MessageAttributes"]["bytes"] == binary
    messages = received(sqs, raw[0])
    assert [message["Body"] for message in messages] == [text, "plain"]
    assert messages[0]["MessageAttributes"]["bytes"]["BinaryValue"] == b"\x00\x01"
    assert messages[0]["MessageAttributes"]["n"] == {"StringValue": "1.5", "DataType": "Number"}
    for url, _ in [red, body]:
        assert [json.loads(message["Body"])["Message"] for message in received(sqs, url)] == [text]

    told = sns.get_subscription_attributes(SubscriptionArn=arns[red[1]])["Attributes"]
    assert (told["PendingConfirmation"], told["FilterPolicyScope"]) == ("false", "MessageAttributes")
    listed = sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    assert {one["SubscriptionArn"] for one in listed} == set(arns.values())
    # The link in an envelope ends the subscription, without a signature.
    urllib.request.urlopen(envelope["UnsubscribeURL"]).read()
    assert len(sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]) == 3


def test_batches_and_texts_by_protocol(sns, sqs, topic, queue):
    url, arn = queue("sns-batch")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    by_protocol = json.dumps({"default": "d", "sqs": "q"})
    answer = sns.publish_batch(
        TopicArn=topic,
        PublishBatchRequestEntries=[
            {"Id": "1", "Message": "one"},
            {"Id": "2", "Message": by_protocol, "MessageStructure": "json"},
            {"Id": "3", "Message": "{}", "MessageStructure": "json"},
        ],
    )
    assert [one["Id"] for one in answer["Successful"]] == ["1", "2"]
    assert [(one["Id"], one["Code"], one["SenderFault"]) for one in answer["Failed"]] == [("3", "InvalidParameter", True)]
    assert sorted(message["Body"] for message in received(sqs, url)) == ["one", "q"]
    with pytest.raises(sns.exceptions.TooManyEntriesInBatchRequestException):
        entries = [{"Id": str(number), "Message": "m"} for number in range(11)]
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)


def test_fifo(sns, sqs, queue):
    topic = sns.create_topic(Name="ordered.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})
    topic = topic["TopicArn"]
    url, arn = queue("sns-ordered.fifo", FifoQueue="true")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    answers = [sns.publish(TopicArn=topic, Message=text, MessageGroupId="g") for text in ["a", "b", "a", "c"]]
    assert answers[0]["MessageId"] == answers[2]["MessageId"]
    numbers = [int(answers[place]["SequenceNumber"]) for place in [0, 1, 3]]
    assert numbers == sorted(numbers)
    messages = received(sqs, url)
    assert [message["Body"] for message in messages] == ["a", "b", "c"]
    assert messages[0]["Attributes"]["MessageGroupId"] == "g"
    with pytest.raises(sns.exceptions.InvalidParameterException, match="MessageGroupId parameter is required"):
        sns.publish(TopicArn=topic, Message="x")
    sns.delete_topic(TopicArn=topic)


def test_an_http_endpoint_confirms_fails_and_is_given_up(server, sns, sqs, topic, queue, endpoint):
    dead, dead_arn = queue("sns-dead")
    policy = {"healthyRetryPolicy": {"numRetries": 1, "minDelayTarget": 60, "maxDelayTarget": 60}}
    attributes = {
        "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn}),
        "DeliveryPolicy": json.dumps(policy),
    }
    answer = sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url, Attributes=attributes)
    assert answer["SubscriptionArn"] == "pending confirmation"
    endpoint.confirm()
    sent = sns.publish(TopicArn=topic, Message="hello")
    headers, body = eventually("the message", lambda: len(endpoint.got) == 2 and endpoint.got[1])
    assert headers["x-amz-sns-message-type"] == "Notification"
    assert headers["x-amz-sns-message-id"] == sent["MessageId"] == json.loads(body)["MessageId"]
    arn = headers["x-amz-sns-subscription-arn"]
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"

    endpoint.answers = [500, 503]
    sns.publish(TopicArn=topic, Message="doomed")

    def given_up():
        server.post("/_tailwater/clock", {"advance_ms": 60_000})
        return received(sqs, dead)

    messages = eventually("the dead letter", given_up)
    assert json.loads(messages[0]["Body"])["Message"] == "doomed"
    assert len(endpoint.got) == 4


def test_endpoints_that_cannot_be_reached_are_refused(sns, topic):
    for protocol, address in [("https", "https://localhost/"), ("sms", "+491234567"), ("firehose", "arn:x")]:
        with pytest.raises(sns.exceptions.InvalidParameterException, match=f"{protocol} is not supported by this server"):
            sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=address)
    mail = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.org")
    assert mail["SubscriptionArn"] == "pending confirmation"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{sns.meta.endpoint_url}/?Action=ConfirmSubscription&TopicArn={topic}&Token=guess")
    assert refused.value.code == 400 and b"<Code>InvalidParameter</Code>" in refused.value.read()


def test_what_an_endpoint_has_not_taken_survives_kill_9(tmp_path, endpoint):
    from conftest import Server

    server = Server(["--data-dir", str(tmp_path / "data")])
    sns = server.client("sns")
    topic = sns.create_topic(Name="durable")["TopicArn"]
    policy = json.dumps({"healthyRetryPolicy": {"numRetries": 50, "minDelayTarget": 1, "maxDelayTarget": 1}})
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint.url, Attributes={"DeliveryPolicy": policy})
    endpoint.confirm()
    # As often as it is tried before the kill.
    endpoint.answers = [503] * 1_000
    ids = {sns.publish(TopicArn=topic, Message=f"m{number}")["MessageId"] for number in range(10)}
    server.process.kill()
    server.process.wait()
    endpoint.answers = []
    delivered = len(endpoint.got)
    server.launch()
    arrived = lambda: {headers["x-amz-sns-message-id"] for headers, _ in endpoint.got[delivered:]}
    eventually("all messages", lambda: arrived() >= ids)
    assert server.stop() == 0


def test_a_function_is_called(server, sns, topic, queue, sqs):
    functions = server.client("lambda")
    url, arn = queue("sns-from-function")
    code = (
        "import boto3, json, os\n"
        "def handler(event, context):\n"
        f"    boto3.client('sqs').send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))\n"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", code)
    made = functions.create_function(
        FunctionName="on-message",
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/r",
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=made["FunctionArn"])
    sent = sns.publish(TopicArn=topic, Message="hello")
    messages = eventually("the function's message", lambda: received(sqs, url))
    record = json.loads(messages[0]["Body"])["Records"][0]
    assert (record["EventSource"], record["EventVersion"]) == ("aws:sns", "1.0")
    assert (record["Sns"]["MessageId"], record["Sns"]["Subject"]) == (sent["MessageId"], None)
    functions.delete_function(FunctionName="on-message")


def test_metrics_are_taken_and_nothing_else(server):
    cloudwatch = server.client("cloudwatch")
    data = [{"MetricName": "a" * 100, "Value": 1.5, "Unit": "Count", "Dimensions": [{"Name": "n", "Value": "v"}]}]
    # A hundred of them come compressed.
    for count in [1, 100]:
        cloudwatch.put_metric_data(Namespace="KinesisClientLibrary", MetricData=data * count)
    with pytest.raises(ClientError) as refused:
        cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=data)
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValue"
    with pytest.raises(ClientError, match="ListMetrics is not supported by this server"):
        cloudwatch.list_metrics()
