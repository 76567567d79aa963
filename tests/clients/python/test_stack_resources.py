"""Stacks by boto3, with the services of their resources as witnesses: made, changed in place, replaced, deleted."""

import copy
import json
import uuid

import botocore.exceptions
import pytest

from conftest import eventually

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
INLINE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def got(resource, attribute):
    return {"Fn::GetAtt": [resource, attribute]}


def template(name):
    key = [{"AttributeName": "pk", "KeyType": "HASH"}]
    resources = {
        "Table": ("AWS::DynamoDB::Table", {
            "TableName": f"{name}-table", "BillingMode": "PAY_PER_REQUEST", "KeySchema": key,
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        }),
        "Global": ("AWS::DynamoDB::GlobalTable", {
            "KeySchema": key, "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "Replicas": [{"Region": {"Ref": "AWS::Region"}}],
        }),
        "Data": ("AWS::Kinesis::Stream", {"ShardCount": "1"}),
        "Role": ("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST}),
        "RolePolicy": ("AWS::IAM::Policy", {"PolicyName": "p", "PolicyDocument": INLINE, "Roles": [{"Ref": "Role"}]}),
        "Managed": ("AWS::IAM::ManagedPolicy", {"PolicyDocument": INLINE, "Roles": [{"Ref": "Role"}]}),
        "Function": ("AWS::Lambda::Function", {
            "FunctionName": f"{name}-function", "Runtime": "nodejs22.x", "Handler": "index.handler",
            "Role": got("Role", "Arn"), "Timeout": "5", "Code": {"ZipFile": "exports.handler = async () => 1"},
            "Environment": {"Variables": {"QUEUE": {"Ref": "Queue"}, "LIMIT": 7}},
        }),
        "Version": ("AWS::Lambda::Version", {"FunctionName": {"Ref": "Function"}}),
        "Alias": ("AWS::Lambda::Alias", {
            "Name": "live", "FunctionName": {"Ref": "Function"}, "FunctionVersion": got("Version", "Version"),
        }),
        "Permission": ("AWS::Lambda::Permission", {
            "FunctionName": got("Function", "Arn"), "Action": "lambda:InvokeFunction", "Principal": "sns.amazonaws.com",
        }),
        "InvokeConfig": ("AWS::Lambda::EventInvokeConfig", {
            "FunctionName": {"Ref": "Function"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": "0",
        }),
        "Mapping": ("AWS::Lambda::EventSourceMapping", {
            "EventSourceArn": got("Table", "StreamArn"), "FunctionName": {"Ref": "Function"},
            "StartingPosition": "TRIM_HORIZON", "BatchSize": "5", "Enabled": "false",
        }),
        "Queue": ("AWS::SQS::Queue", {"VisibilityTimeout": "20"}),
        "QueuePolicy": ("AWS::SQS::QueuePolicy", {"Queues": [{"Ref": "Queue"}], "PolicyDocument": POLICY}),
        "Topic": ("AWS::SNS::Topic", {"DisplayName": "First"}),
        "TopicPolicy": ("AWS::SNS::TopicPolicy", {"Topics": [{"Ref": "Topic"}], "PolicyDocument": POLICY}),
        "Subscription": ("AWS::SNS::Subscription", {
            "TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": got("Queue", "Arn"), "RawMessageDelivery": "true",
        }),
        "Logs": ("AWS::Logs::LogGroup", {"RetentionInDays": "7"}),
        "LogStream": ("AWS::Logs::LogStream", {"LogGroupName": {"Ref": "Logs"}}),
        "Bucket": ("AWS::S3::Bucket", {"VersioningConfiguration": {"Status": "Enabled"}}),
        "BucketPolicy": ("AWS::S3::BucketPolicy", {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": POLICY}),
        "Setting": ("AWS::SSM::Parameter", {"Name": f"/{name}/setting", "Type": "String", "Value": {"Ref": "Bucket"}}),
    }
    resources = {logical: {"Type": kind, "Properties": properties} for logical, (kind, properties) in resources.items()}
    outputs = {"Queue": {"Value": got("Queue", "QueueName")}, "Stream": {"Value": got("Data", "Arn")}}
    return {"Resources": resources, "Outputs": outputs}


class Stack:
    def __init__(self, server):
        self.server, self.name = server, f"s-{uuid.uuid4().hex[:8]}"
        self.cloudformation = server.client("cloudformation")

    def client(self, service):
        return self.server.client(service)

    def status(self):
        return self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackStatus"]

    def settled(self, expected):
        eventually("the stack is settled", lambda: not self.status().endswith("IN_PROGRESS"))
        events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        failed = [e.get("ResourceStatusReason") for e in events if e["ResourceStatus"].endswith("FAILED")]
        assert self.status() == expected, failed
        return failed

    def create(self, body):
        self.cloudformation.create_stack(
            StackName=self.name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"])

    def update(self, body):
        self.cloudformation.update_stack(
            StackName=self.name, TemplateBody=json.dumps(body), Capabilities=["CAPABILITY_NAMED_IAM"])

    def ids(self):
        page = self.cloudformation.list_stack_resources(StackName=self.name)["StackResourceSummaries"]
        return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in page}

    def delete(self):
        arn = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=self.name)
        self.name = arn
        self.settled("DELETE_COMPLETE")


def test_each_type_is_made_changed_replaced_and_deleted(server):
    stack = Stack(server)
    first = template(stack.name)
    stack.create(first)
    stack.settled("CREATE_COMPLETE")
    ids = stack.ids()
    function = stack.client("lambda").get_function_configuration(FunctionName=ids["Function"])
    assert function["Timeout"] == 5
    assert function["Environment"]["Variables"] == {"QUEUE": ids["Queue"], "LIMIT": "7"}
    mapping = stack.client("lambda").get_event_source_mapping(UUID=ids["Mapping"])
    assert (mapping["State"], mapping["BatchSize"]) == ("Disabled", 5)
    assert stack.client("lambda").get_alias(FunctionName=ids["Function"], Name="live")["FunctionVersion"] == "1"
    subscription = stack.client("sns").get_subscription_attributes(SubscriptionArn=ids["Subscription"])["Attributes"]
    assert subscription["RawMessageDelivery"] == "true"
    assert stack.client("ssm").get_parameter(Name=ids["Setting"])["Parameter"]["Value"] == ids["Bucket"]
    assert stack.client("iam").get_role_policy(RoleName=ids["Role"], PolicyName="p")["PolicyDocument"] == INLINE
    assert stack.client("s3").get_bucket_versioning(Bucket=ids["Bucket"])["Status"] == "Enabled"

    second = copy.deepcopy(first)
    properties = {name: resource["Properties"] for name, resource in second["Resources"].items()}
    properties["Table"]["TimeToLiveSpecification"] = {"AttributeName": "ends", "Enabled": "true"}
    properties["Data"]["ShardCount"] = 2
    properties["Function"]["Timeout"] = 9
    properties["Mapping"]["Enabled"] = True
    del properties["Queue"]["VisibilityTimeout"]
    properties["Topic"]["DisplayName"] = "Second"
    properties["Logs"]["RetentionInDays"] = 14
    properties["Setting"]["Name"] += "-other"
    stack.update(second)
    stack.settled("UPDATE_COMPLETE")
    after = stack.ids()
    assert {name for name in ids if ids[name] != after[name]} == {"Setting"}
    expiry = stack.client("dynamodb").describe_time_to_live(TableName=ids["Table"])["TimeToLiveDescription"]
    assert expiry["AttributeName"] == "ends"
    summary = stack.client("kinesis").describe_stream_summary(StreamName=ids["Data"])["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2
    assert stack.client("lambda").get_function_configuration(FunctionName=ids["Function"])["Timeout"] == 9
    assert stack.client("lambda").get_event_source_mapping(UUID=ids["Mapping"])["State"] == "Enabled"
    queue = stack.client("sqs").get_queue_attributes(QueueUrl=ids["Queue"], AttributeNames=["All"])["Attributes"]
    assert queue["VisibilityTimeout"] == "30"
    with pytest.raises(botocore.exceptions.ClientError, match="ParameterNotFound"):
        stack.client("ssm").get_parameter(Name=ids["Setting"])

    stack.delete()
    gone = [
        lambda: stack.client("dynamodb").describe_table(TableName=ids["Table"]),
        lambda: stack.client("lambda").get_function(FunctionName=ids["Function"]),
        lambda: stack.client("lambda").get_event_source_mapping(UUID=ids["Mapping"]),
        lambda: stack.client("sqs").get_queue_attributes(QueueUrl=ids["Queue"]),
        lambda: stack.client("sns").get_topic_attributes(TopicArn=ids["Topic"]),
        lambda: stack.client("iam").get_role(RoleName=ids["Role"]),
        lambda: stack.client("iam").get_policy(PolicyArn=ids["Managed"]),
        lambda: stack.client("s3").head_bucket(Bucket=ids["Bucket"]),
        lambda: stack.client("ssm").get_parameter(Name=after["Setting"]),
        lambda: stack.client("kinesis").describe_stream_summary(StreamName=ids["Data"]),
    ]
    for ask in gone:
        with pytest.raises(botocore.exceptions.ClientError):
            ask()


def test_what_a_service_refuses_rolls_the_stack_back(server):
    stack = Stack(server)
    body = template(stack.name)
    body["Resources"]["Function"]["Properties"]["Timeout"] = 901
    stack.create(body)
    failed = stack.settled("ROLLBACK_COMPLETE")
    assert any("HandlerErrorCode: InvalidRequest" in (reason or "") and "timeout" in reason for reason in failed), failed
    with pytest.raises(botocore.exceptions.ClientError, match="not found"):
        stack.client("dynamodb").describe_table(TableName=f"{stack.name}-table")
    stack.delete()


def test_properties_that_no_type_has(server):
    stack = Stack(server)
    stack.create({"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"Size": 1}}}})
    failed = stack.settled("ROLLBACK_COMPLETE")
    assert any("#: extraneous key [Size] is not permitted" in (reason or "") for reason in failed), failed
    stack.delete()
