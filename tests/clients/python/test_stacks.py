"""CloudFormation, as boto3 speaks to it: stacks of real resources, change sets, rollbacks, and the words of refusals."""

import json
import time
import uuid

import pytest
from botocore.exceptions import ClientError

TEMPLATE = """
Description: a table and a queue
Parameters:
  Delay: {Type: Number, Default: 1}
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: KEY, AttributeType: S}]
      KeySchema: [{AttributeName: KEY, KeyType: HASH}]
      StreamSpecification: {StreamViewType: NEW_IMAGE}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Table
    Properties:
      DelaySeconds: !Ref Delay
Outputs:
  Name: {Value: !Ref Table}
  Stream: {Value: !GetAtt Table.StreamArn}
  Url: {Value: !Sub "${Queue}"}
"""


@pytest.fixture
def client(server):
    return lambda name: server.client(name, region="us-east-1")


@pytest.fixture
def stacks(client):
    return client("cloudformation")


@pytest.fixture
def name(stacks):
    name = f"stack-{uuid.uuid4().hex[:12]}"
    yield name
    stacks.delete_stack(StackName=name)


def settled(stacks, name):
    for _ in range(600):
        stack = stacks.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.02)
    raise AssertionError(f"{name} is {stack['StackStatus']}")


def outputs(stack):
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def refused(call, **parameters):
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_stack_by_change_sets(stacks, client, name):
    made = stacks.create_change_set(
        StackName=name, ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=TEMPLATE.replace("KEY", "pk")
    )
    stacks.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"])
    told = stacks.describe_change_set(ChangeSetName="first", StackName=name)
    assert (told["Status"], told["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"]) for c in told["Changes"]] == [
        ("Add", "Queue"),
        ("Add", "Table"),
    ]
    assert stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    stacks.execute_change_set(ChangeSetName="first", StackName=name)
    stack = settled(stacks, name)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert stack["Description"] == "a table and a queue"
    first = outputs(stack)
    assert first["Name"].startswith(f"{name}-Table-") and first["Stream"].startswith("arn:aws:dynamodb:")
    table = client("dynamodb").describe_table(TableName=first["Name"])["Table"]
    assert table["TableStatus"] == "ACTIVE" and table["LatestStreamArn"] == first["Stream"]
    # Nothing new.
    stacks.create_change_set(StackName=name, ChangeSetName="same", UsePreviousTemplate=True)
    told = stacks.describe_change_set(ChangeSetName="same", StackName=name)
    assert told["Status"] == "FAILED" and told["ExecutionStatus"] == "UNAVAILABLE"
    assert told["StatusReason"].startswith("The submitted information didn't contain changes.")
    code, _ = refused(stacks.execute_change_set, ChangeSetName="same", StackName=name)
    assert code == "InvalidChangeSetStatus"
    stacks.delete_change_set(ChangeSetName="same", StackName=name)
    stacks.delete_change_set(ChangeSetName="same", StackName=name)
    code, message = refused(stacks.describe_change_set, ChangeSetName="same", StackName=name)
    assert (code, message) == ("ChangeSetNotFound", "ChangeSet [same] does not exist")
    # Another key is another table, another delay the same queue.
    stacks.create_change_set(
        StackName=name,
        ChangeSetName="second",
        TemplateBody=TEMPLATE.replace("KEY", "id"),
        Parameters=[{"ParameterKey": "Delay", "ParameterValue": "7"}],
    )
    told = stacks.describe_change_set(ChangeSetName="second", StackName=name, IncludePropertyValues=True)
    changes = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in told["Changes"]}
    assert changes["Table"]["Replacement"] == "True" and changes["Queue"]["Replacement"] == "False"
    detail = changes["Queue"]["Details"][0]
    assert detail["ChangeSource"] == "ParameterReference" and detail["CausingEntity"] == "Delay"
    assert (detail["Target"]["BeforeValue"], detail["Target"]["AfterValue"]) == ("1", "7")
    stacks.execute_change_set(ChangeSetName="second", StackName=name)
    stack = settled(stacks, name)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    second = outputs(stack)
    assert second["Name"] != first["Name"] and second["Url"] == first["Url"]
    assert first["Name"] not in client("dynamodb").list_tables()["TableNames"]
    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    assert [event["ResourceStatus"] for event in events if event["LogicalResourceId"] == name] == [
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_IN_PROGRESS",
        "CREATE_COMPLETE",
        "CREATE_IN_PROGRESS",
        "REVIEW_IN_PROGRESS",
    ]
    identifier = stack["StackId"]
    stacks.delete_stack(StackName=name)
    assert settled(stacks, identifier)["StackStatus"] == "DELETE_COMPLETE"
    assert second["Name"] not in client("dynamodb").list_tables()["TableNames"]
    assert refused(stacks.describe_stacks, StackName=name) == (
        "ValidationError",
        f"Stack with id {name} does not exist",
    )
    resources = stacks.describe_stack_resources(StackName=identifier)["StackResources"]
    assert {resource["ResourceStatus"] for resource in resources} == {"DELETE_COMPLETE"}


def test_an_update_that_fails_is_rolled_back(stacks, client, name):
    body = TEMPLATE.replace("KEY", "pk")
    stacks.create_stack(StackName=name, TemplateBody=body, Tags=[{"Key": "team", "Value": "orders"}])
    before = outputs(settled(stacks, name))
    stacks.update_stack(
        StackName=name,
        TemplateBody=TEMPLATE.replace("KEY", "id"),
        Parameters=[{"ParameterKey": "Delay", "ParameterValue": "100000"}],
    )
    stack = settled(stacks, name)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert outputs(stack) == before
    assert stack["Parameters"] == [{"ParameterKey": "Delay", "ParameterValue": "1"}]
    assert stack["Tags"] == [{"Key": "team", "Value": "orders"}]
    tables = [table for table in client("dynamodb").list_tables()["TableNames"] if table.startswith(name)]
    assert tables == [before["Name"]]
    assert stacks.get_template(StackName=name)["TemplateBody"] == body
    events = stacks.describe_stack_events(StackName=name)["StackEvents"]
    failed = [event for event in events if event["ResourceStatus"] == "UPDATE_FAILED"]
    assert failed[0]["LogicalResourceId"] == "Queue" and "DelaySeconds" in failed[0]["ResourceStatusReason"]


def test_a_creation_that_fails_leaves_nothing(stacks, client, name):
    made = stacks.create_stack(
        StackName=name,
        TemplateBody=TEMPLATE.replace("KEY", "pk"),
        Parameters=[{"ParameterKey": "Delay", "ParameterValue": "100000"}],
    )
    stack = settled(stacks, name)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert not [table for table in client("dynamodb").list_tables()["TableNames"] if table.startswith(name)]
    code, message = refused(stacks.update_stack, StackName=name, UsePreviousTemplate=True)
    assert code == "ValidationError"
    assert message == f"Stack:{made['StackId']} is in ROLLBACK_COMPLETE state and can not be updated."


def test_templates_come_from_buckets(stacks, client, name):
    bucket = f"templates-{uuid.uuid4().hex[:8]}"
    objects = client("s3")
    objects.create_bucket(Bucket=bucket)
    objects.put_object(Bucket=bucket, Key="a/t.yaml", Body=TEMPLATE.replace("KEY", "pk"))
    url = f"https://{bucket}.s3.us-east-1.amazonaws.com/a/t.yaml"
    summary = stacks.get_template_summary(TemplateURL=url)
    assert summary["ResourceTypes"] == ["AWS::DynamoDB::Table", "AWS::SQS::Queue"]
    assert summary["Parameters"][0]["DefaultValue"] == "1"
    stacks.create_stack(StackName=name, TemplateURL=f"{objects.meta.endpoint_url}/{bucket}/a/t.yaml")
    assert settled(stacks, name)["StackStatus"] == "CREATE_COMPLETE"
    code, message = refused(stacks.validate_template, TemplateURL="https://example.com/a/t.yaml")
    assert code == "ValidationError" and "supported URL" in message


def test_words_of_refusals(stacks, name):
    body = TEMPLATE.replace("KEY", "pk")
    stacks.create_stack(StackName=name, TemplateBody=body, ClientRequestToken="once", EnableTerminationProtection=True)
    settled(stacks, name)
    role = json.dumps({"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}}})
    other = f"{name}-other"
    for call, parameters, expected in [
        (stacks.create_stack, {"TemplateBody": body}, ("AlreadyExistsException", f"Stack [{name}] already exists")),
        (
            stacks.create_stack,
            {"StackName": other, "TemplateBody": role},
            ("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]"),
        ),
        (stacks.update_stack, {"TemplateBody": body}, ("ValidationError", "No updates are to be performed.")),
        (
            stacks.update_stack,
            {"StackName": other, "TemplateBody": body},
            ("ValidationError", f"Stack [{other}] does not exist"),
        ),
        (
            stacks.delete_stack,
            {},
            ("ValidationError", f"Stack [{name}] cannot be deleted while TerminationProtection is enabled"),
        ),
        (
            stacks.create_stack,
            {"StackName": other, "TemplateBody": "{}"},
            ("ValidationError", "Template format error: At least one Resources member must be defined."),
        ),
        (
            stacks.create_change_set,
            {"StackName": other, "ChangeSetName": "c", "TemplateBody": body},
            ("ValidationError", f"Stack [{other}] does not exist"),
        ),
    ]:
        assert refused(call, **{"StackName": name, **parameters}) == expected
    assert stacks.create_stack(StackName=name, TemplateBody=body, ClientRequestToken="once")["StackId"]
    stacks.update_termination_protection(StackName=name, EnableTerminationProtection=False)
    summaries = stacks.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
    assert name in [summary["StackName"] for summary in summaries]
    code, message = refused(stacks.describe_type, Type="RESOURCE", TypeName="AWS::SQS::Queue")
    assert code == "InvalidAction" and "DescribeType" in message
