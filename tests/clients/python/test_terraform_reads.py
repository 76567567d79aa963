"""What Terraform's AWS provider asks of the resources that it manages, as its public source shows: each is answered.

The provider itself is not run here; docs/terraform.md has the list."""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}

# What the provider takes for "there is none".
NONE = {
    "get_bucket_policy": "NoSuchBucketPolicy",
    "get_bucket_cors": "NoSuchCORSConfiguration",
    "get_bucket_website": "NoSuchWebsiteConfiguration",
    "get_bucket_lifecycle_configuration": "NoSuchLifecycleConfiguration",
    "get_bucket_replication": "ReplicationConfigurationNotFoundError",
    "get_bucket_encryption": "ServerSideEncryptionConfigurationNotFoundError",
    "get_object_lock_configuration": "ObjectLockConfigurationNotFoundError",
    "get_bucket_tagging": "NoSuchTagSet",
    "get_public_access_block": "NoSuchPublicAccessBlockConfiguration",
    "get_bucket_ownership_controls": "OwnershipControlsNotFoundError",
}


def archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("index.js", "exports.handler = async () => 1\n")
    return packed.getvalue()


def reads(client, **common):
    """Calls operations one after the other; answers their answers by name."""

    def call(*operations, **arguments):
        answers = {}
        for operation in operations:
            try:
                answers[operation] = getattr(client, operation)(**common | arguments)
            except ClientError as error:
                assert error.response["Error"]["Code"] == NONE.get(operation), f"{operation}: {error}"
        return answers

    return call


def test_provider(server):
    assert server.client("sts").get_caller_identity()["Account"] == "000000000000"
    # Asked where STS is skipped, and by the data source of the account's name.
    iam = server.client("iam")
    assert iam.get_user()["User"]["Arn"].endswith(":root")
    assert iam.list_account_aliases()["AccountAliases"] == []


def test_table(server):
    dynamodb = server.client("dynamodb")
    table = dynamodb.create_table(
        TableName="terraform",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        Tags=[{"Key": "a", "Value": "b"}],
        SSESpecification={"Enabled": False},
    )["TableDescription"]
    call = reads(dynamodb)
    found = call("describe_table", "describe_continuous_backups", "describe_time_to_live", "describe_contributor_insights", TableName="terraform")
    assert found["describe_table"]["Table"]["TableStatus"] == "ACTIVE"
    assert found["describe_continuous_backups"]["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert found["describe_time_to_live"]["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    assert call("list_tags_of_resource", ResourceArn=table["TableArn"])["list_tags_of_resource"]["Tags"] == [{"Key": "a", "Value": "b"}]
    assert "describe_kinesis_streaming_destination" in call("describe_kinesis_streaming_destination", TableName="terraform")
    dynamodb.delete_table(TableName="terraform")


@pytest.fixture
def role(server):
    iam = server.client("iam")
    role = iam.create_role(RoleName="terraform", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    yield role
    # As the provider deletes one.
    for name in reads(iam, RoleName="terraform")("list_role_policies")["list_role_policies"]["PolicyNames"]:
        iam.delete_role_policy(RoleName="terraform", PolicyName=name)
    assert iam.list_instance_profiles_for_role(RoleName="terraform")["InstanceProfiles"] == []
    assert iam.list_attached_role_policies(RoleName="terraform")["AttachedPolicies"] == []
    iam.delete_role(RoleName="terraform")


def test_role(server, role):
    iam = server.client("iam")
    allows = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
    iam.put_role_policy(RoleName="terraform", PolicyName="within", PolicyDocument=allows)
    call = reads(iam, RoleName="terraform")
    found = call("get_role", "list_role_policies", "list_attached_role_policies", "list_role_tags", "list_instance_profiles_for_role")
    assert found["get_role"]["Role"]["Arn"] == role["Arn"] and found["list_role_policies"]["PolicyNames"] == ["within"]
    assert call("get_role_policy", PolicyName="within")["get_role_policy"]["PolicyDocument"] == json.loads(allows)
    arn = iam.create_policy(PolicyName="terraform", PolicyDocument=allows)["Policy"]["Arn"]
    managed = reads(iam, PolicyArn=arn)
    assert {"get_policy", "list_policy_versions", "list_entities_for_policy", "list_policy_tags"} == set(
        managed("get_policy", "list_policy_versions", "list_entities_for_policy", "list_policy_tags")
    )
    assert managed("get_policy_version", VersionId="v1")
    iam.delete_policy(PolicyArn=arn)


def test_function_and_mapping(server, role):
    functions = server.client("lambda")
    functions.create_function(
        FunctionName="terraform", Runtime="nodejs22.x", Role=role["Arn"], Handler="index.handler", Code={"ZipFile": archive()}, Tags={"a": "b"}
    )
    call = reads(functions, FunctionName="terraform")
    found = call("get_function", "get_function_configuration", "get_function_code_signing_config", "list_versions_by_function", "get_function_concurrency", "list_aliases")
    assert found["get_function"]["Tags"] == {"a": "b"}
    assert found["get_function_configuration"]["LastUpdateStatus"] == "Successful"
    assert found["get_function_code_signing_config"].get("CodeSigningConfigArn", "") == ""
    assert [version["Version"] for version in found["list_versions_by_function"]["Versions"]] == ["$LATEST"]
    functions.add_permission(FunctionName="terraform", StatementId="s", Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")
    assert json.loads(call("get_policy")["get_policy"]["Policy"])["Statement"][0]["Sid"] == "s"
    queue = server.client("sqs").create_queue(QueueName="terraform-source")["QueueUrl"]
    arn = server.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    mapping = functions.create_event_source_mapping(FunctionName="terraform", EventSourceArn=arn)
    read = reads(functions)("get_event_source_mapping", UUID=mapping["UUID"])["get_event_source_mapping"]
    assert read["EventSourceArn"] == arn and read["State"]
    assert reads(functions)("list_tags", Resource=mapping["EventSourceMappingArn"])["list_tags"]["Tags"] == {}
    functions.delete_event_source_mapping(UUID=mapping["UUID"])
    server.client("sqs").delete_queue(QueueUrl=queue)
    functions.delete_function(FunctionName="terraform")


def test_queue_and_topic(server):
    sqs, sns = server.client("sqs"), server.client("sns")
    url = sqs.create_queue(QueueName="terraform", tags={"a": "b"})["QueueUrl"]
    found = reads(sqs, QueueUrl=url)("list_queue_tags") | reads(sqs, QueueUrl=url, AttributeNames=["All"])("get_queue_attributes")
    attributes = found["get_queue_attributes"]["Attributes"]
    # Each of these it compares with what was asked for.
    assert {"DelaySeconds", "MaximumMessageSize", "MessageRetentionPeriod", "QueueArn", "ReceiveMessageWaitTimeSeconds", "VisibilityTimeout"} <= set(attributes)
    assert found["list_queue_tags"]["Tags"] == {"a": "b"}
    topic = sns.create_topic(Name="terraform", Tags=[{"Key": "a", "Value": "b"}])["TopicArn"]
    about = reads(sns, TopicArn=topic)("get_topic_attributes", "list_subscriptions_by_topic") | reads(sns, ResourceArn=topic)("list_tags_for_resource", "get_data_protection_policy")
    assert about["get_topic_attributes"]["Attributes"]["TopicArn"] == topic and "get_data_protection_policy" in about
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["QueueArn"], ReturnSubscriptionArn=True)["SubscriptionArn"]
    read = reads(sns, SubscriptionArn=subscription)("get_subscription_attributes")["get_subscription_attributes"]["Attributes"]
    assert read["PendingConfirmation"] == "false" and read["Endpoint"] == attributes["QueueArn"]
    sns.unsubscribe(SubscriptionArn=subscription)
    sns.delete_topic(TopicArn=topic)
    sqs.delete_queue(QueueUrl=url)


def test_log_group_and_parameter(server):
    logs, ssm = server.client("logs"), server.client("ssm")
    logs.create_log_group(logGroupName="/terraform", tags={"a": "b"})
    logs.put_retention_policy(logGroupName="/terraform", retentionInDays=7)
    [group] = reads(logs)("describe_log_groups", logGroupNamePrefix="/terraform")["describe_log_groups"]["logGroups"]
    assert group["retentionInDays"] == 7
    arn = group.get("logGroupArn") or group["arn"].removesuffix(":*")
    assert reads(logs)("list_tags_for_resource", resourceArn=arn)["list_tags_for_resource"]["tags"] == {"a": "b"}
    logs.delete_log_group(logGroupName="/terraform")
    ssm.put_parameter(Name="/terraform", Value="v", Type="String", Tags=[{"Key": "a", "Value": "b"}])
    assert ssm.get_parameter(Name="/terraform", WithDecryption=True)["Parameter"]["Value"] == "v"
    filters = [{"Key": "Name", "Option": "Equals", "Values": ["/terraform"]}]
    [described] = ssm.describe_parameters(ParameterFilters=filters)["Parameters"]
    assert described["Tier"] == "Standard"
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/terraform")["TagList"]
    ssm.delete_parameter(Name="/terraform")


def test_bucket_and_data_stream(server):
    s3, kinesis = server.client("s3"), server.client("kinesis")
    s3.create_bucket(Bucket="terraform", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    found = reads(s3, Bucket="terraform")(
        "head_bucket",
        "get_bucket_policy",
        "get_bucket_acl",
        "get_bucket_cors",
        "get_bucket_website",
        "get_bucket_versioning",
        "get_bucket_accelerate_configuration",
        "get_bucket_request_payment",
        "get_bucket_logging",
        "get_bucket_lifecycle_configuration",
        "get_bucket_replication",
        "get_bucket_encryption",
        "get_object_lock_configuration",
        "get_bucket_location",
        "get_bucket_tagging",
        "get_public_access_block",
        "get_bucket_ownership_controls",
    )
    assert found["get_bucket_acl"]["Owner"]["ID"]
    assert found["get_bucket_request_payment"]["Payer"] == "BucketOwner"
    s3.delete_bucket(Bucket="terraform")
    kinesis.create_stream(StreamName="terraform", ShardCount=1)
    stream = reads(kinesis, StreamName="terraform")("describe_stream_summary", "list_tags_for_stream")
    assert stream["describe_stream_summary"]["StreamDescriptionSummary"]["StreamStatus"] == "ACTIVE"
    kinesis.delete_stream(StreamName="terraform")
