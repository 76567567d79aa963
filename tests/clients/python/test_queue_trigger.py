"""A queue calls a function: the good messages are deleted, the bad one is retried and ends in the dead-letter queue."""

import io
import json
import zipfile

from conftest import eventually

HANDLER = """
def handler(event, context):
    failed = []
    for record in event["Records"]:
        print("got", record["body"], record["attributes"]["ApproximateReceiveCount"], record["eventSource"])
        if record["body"] == "bad":
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
"""


def test_a_bad_message_holds_up_no_good_one(server):
    sqs, functions, logs = (server.client(name) for name in ("sqs", "lambda", "logs"))
    arn = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    letters = sqs.create_queue(QueueName="triggered-letters")["QueueUrl"]
    redrive = {"deadLetterTargetArn": arn(letters), "maxReceiveCount": "2"}
    queue = sqs.create_queue(
        QueueName="triggered", Attributes={"VisibilityTimeout": "4", "RedrivePolicy": json.dumps(redrive)}
    )["QueueUrl"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as zipped:
        zipped.writestr("app.py", HANDLER)
    functions.create_function(
        FunctionName="triggered", Runtime="python3.13", Handler="app.handler", Timeout=4,
        Role="arn:aws:iam::000000000000:role/any", Code={"ZipFile": packed.getvalue()},
    )
    mapping = functions.create_event_source_mapping(
        FunctionName="triggered", EventSourceArn=arn(queue), FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    for body in ("one", "bad", "two"):
        sqs.send_message(QueueUrl=queue, MessageBody=body)

    def letter():
        return sqs.receive_message(QueueUrl=letters, WaitTimeSeconds=5).get("Messages", [])

    (message,) = eventually("the bad message is a dead letter", letter, deadline_s=30)
    assert message["Body"] == "bad"

    def printed():
        events = logs.filter_log_events(logGroupName="/aws/lambda/triggered", filterPattern="got")["events"]
        return sorted(event["message"].strip() for event in events)

    wanted = ["got bad 1 aws:sqs", "got bad 2 aws:sqs", "got one 1 aws:sqs", "got two 1 aws:sqs"]
    eventually("each message was given as often as it had to be", lambda: printed() == wanted)
    left = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])["Attributes"]
    assert left["ApproximateNumberOfMessages"] == left["ApproximateNumberOfMessagesNotVisible"] == "0"
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    functions.delete_function(FunctionName="triggered")
