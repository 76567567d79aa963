"""Templates as the Serverless Framework compiles them and as `sam deploy` sends them, by the calls that these make."""

import io
import json
import zipfile

import pytest
from botocore.exceptions import ClientError
from conftest import eventually

CODE = """
exports.handler = async (event) => {
  for (const record of event.Records ?? []) console.log('SEEN', record.dynamodb.Keys.id.S)
  return { table: process.env.TABLE, answer: 'ANSWER' }
}
"""


def archive(answer="one"):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("handler.js", CODE.replace("ANSWER", answer))
    return packed.getvalue()


class World:
    """Clients, and what the tools do with them."""

    def __init__(self, server):
        self.clients = {name: server.client(name, region="us-east-1") for name in ("cloudformation", "s3", "lambda", "dynamodb", "logs", "iam")}

    def __getattr__(self, name):
        return self.clients["lambda" if name == "functions" else name]

    def change(self, stack, kind, **arguments):
        """Makes a change set, waits for it as the tools do, and executes it; answers what it said."""
        stacks = self.cloudformation
        if kind == "UPDATE":
            # That of the last deployment, which has the same name.
            stacks.delete_change_set(StackName=stack, ChangeSetName=f"{stack}-change-set")
        made = stacks.create_change_set(
            StackName=stack,
            ChangeSetName=f"{stack}-change-set",
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            **arguments,
        )
        stacks.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 1})
        described = stacks.describe_change_set(ChangeSetName=made["Id"])
        stacks.execute_change_set(ChangeSetName=made["Id"])
        done = {"CREATE": "CREATE_COMPLETE", "UPDATE": "UPDATE_COMPLETE"}[kind]
        self.settled(stack, done)
        return described["Changes"]

    def settled(self, stack, status):
        def is_settled():
            found = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            return found == status if not found.endswith("IN_PROGRESS") else False

        eventually(f"{stack} is {status}", is_settled, 30)

    def outputs(self, stack):
        described = self.cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}

    def seen(self, group, text):
        events = self.logs.filter_log_events(logGroupName=group, filterPattern=f'"{text}"')["events"]
        return bool(events)


@pytest.fixture
def world(server):
    return World(server)


def bucket_only():
    """What the Serverless Framework deploys first: where its archives go."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The AWS CloudFormation template for this Serverless application",
        "Resources": {
            "ServerlessDeploymentBucket": {
                "Type": "AWS::S3::Bucket",
                "Properties": {
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
                    }
                },
            },
            "ServerlessDeploymentBucketPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "Properties": {
                    "Bucket": {"Ref": "ServerlessDeploymentBucket"},
                    "PolicyDocument": {
                        "Statement": [
                            {
                                "Action": "s3:*",
                                "Effect": "Deny",
                                "Principal": "*",
                                "Resource": [
                                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "ServerlessDeploymentBucket"}, "/*"]]},
                                    {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": "ServerlessDeploymentBucket"}]]},
                                ],
                                "Condition": {"Bool": {"aws:SecureTransport": False}},
                            }
                        ]
                    },
                },
            },
        },
        "Outputs": {
            "ServerlessDeploymentBucketName": {
                "Value": {"Ref": "ServerlessDeploymentBucket"},
                "Export": {"Name": "sls-orders-dev-ServerlessDeploymentBucketName"},
            }
        },
    }


def whole_service(key, sha256):
    """What it deploys then."""
    template = bucket_only()
    logs = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:/aws/lambda/orders-dev*:*"
    template["Resources"] |= {
        "HelloLogGroup": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/orders-dev-hello"}},
        "IamRoleLambdaExecution": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Principal": {"Service": ["lambda.amazonaws.com"]}, "Action": ["sts:AssumeRole"]}],
                },
                "Policies": [
                    {
                        "PolicyName": {"Fn::Join": ["-", ["orders", "dev", "lambda"]]},
                        "PolicyDocument": {
                            "Version": "2012-10-17",
                            "Statement": [
                                {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": [{"Fn::Sub": logs}]},
                                {"Effect": "Allow", "Action": ["dynamodb:GetRecords"], "Resource": [{"Fn::GetAtt": ["OrdersTable", "StreamArn"]}]},
                            ],
                        },
                    }
                ],
                "Path": "/",
                "RoleName": {"Fn::Join": ["-", ["orders", "dev", {"Ref": "AWS::Region"}, "lambdaRole"]]},
            },
        },
        "HelloLambdaFunction": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Code": {"S3Bucket": {"Ref": "ServerlessDeploymentBucket"}, "S3Key": key},
                "Handler": "handler.handler",
                "Runtime": "nodejs20.x",
                "FunctionName": "orders-dev-hello",
                "MemorySize": 1024,
                "Timeout": 6,
                "Environment": {"Variables": {"TABLE": {"Ref": "OrdersTable"}}},
                "Role": {"Fn::GetAtt": ["IamRoleLambdaExecution", "Arn"]},
            },
            "DependsOn": ["HelloLogGroup"],
        },
        "HelloLambdaVersion" + sha256[:8].replace("+", "A").replace("/", "B"): {
            "Type": "AWS::Lambda::Version",
            "DeletionPolicy": "Retain",
            "Properties": {"FunctionName": {"Ref": "HelloLambdaFunction"}, "CodeSha256": sha256},
        },
        "HelloEventSourceMappingDynamodbOrdersTable": {
            "Type": "AWS::Lambda::EventSourceMapping",
            "DependsOn": ["IamRoleLambdaExecution"],
            "Properties": {
                "BatchSize": 10,
                "Enabled": True,
                "EventSourceArn": {"Fn::GetAtt": ["OrdersTable", "StreamArn"]},
                "FunctionName": {"Fn::GetAtt": ["HelloLambdaFunction", "Arn"]},
                "StartingPosition": "TRIM_HORIZON",
            },
        },
        "OrdersTable": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "orders-dev",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
            },
        },
    }
    version = next(name for name in template["Resources"] if name.startswith("HelloLambdaVersion"))
    template["Outputs"]["HelloLambdaFunctionQualifiedArn"] = {
        "Description": "Current Lambda function version",
        "Value": {"Ref": version},
        "Export": {"Name": "sls-orders-dev-HelloLambdaFunctionQualifiedArn"},
    }
    return template


def deploy_service(world, moment, answer):
    """One `serverless deploy` after the first: archive and template to the bucket, then an update."""
    import base64
    import hashlib

    packed = archive(answer)
    folder = f"serverless/orders/dev/{moment}"
    bucket = world.cloudformation.describe_stack_resource(StackName="orders-dev", LogicalResourceId="ServerlessDeploymentBucket")
    bucket = bucket["StackResourceDetail"]["PhysicalResourceId"]
    template = whole_service(f"{folder}/orders.zip", base64.b64encode(hashlib.sha256(packed).digest()).decode())
    world.s3.put_object(Bucket=bucket, Key=f"{folder}/orders.zip", Body=packed)
    world.s3.put_object(Bucket=bucket, Key=f"{folder}/compiled-cloudformation-template.json", Body=json.dumps(template))
    url = f"https://s3.amazonaws.com/{bucket}/{folder}/compiled-cloudformation-template.json"
    assert world.cloudformation.validate_template(TemplateURL=url)["Parameters"] == []
    return bucket, world.change("orders-dev", "UPDATE", TemplateURL=url)


def test_the_serverless_framework(world):
    world.change("orders-dev", "CREATE", TemplateBody=json.dumps(bucket_only()), Tags=[{"Key": "STAGE", "Value": "dev"}])
    bucket, changes = deploy_service(world, "1767225600000-2026-01-01T00:00:00.000Z", "one")
    added = {change["ResourceChange"]["LogicalResourceId"] for change in changes if change["ResourceChange"]["Action"] == "Add"}
    assert {"OrdersTable", "HelloLambdaFunction", "HelloEventSourceMappingDynamodbOrdersTable", "IamRoleLambdaExecution"} <= added
    assert world.outputs("orders-dev")["ServerlessDeploymentBucketName"] == bucket
    first = world.outputs("orders-dev")["HelloLambdaFunctionQualifiedArn"]
    assert first.endswith(":function:orders-dev-hello:1")
    answer = json.loads(world.functions.invoke(FunctionName="orders-dev-hello")["Payload"].read())
    assert answer == {"table": "orders-dev", "answer": "one"}
    assert world.iam.get_role(RoleName="orders-dev-us-east-1-lambdaRole")["Role"]["Path"] == "/"
    world.dynamodb.put_item(TableName="orders-dev", Item={"id": {"S": "by-serverless"}})
    eventually("the mapping calls it", lambda: world.seen("/aws/lambda/orders-dev-hello", "by-serverless"))
    # Changed code: a new version, while the old one is retained.
    deploy_service(world, "1767225700000-2026-01-01T00:01:40.000Z", "two")
    assert world.outputs("orders-dev")["HelloLambdaFunctionQualifiedArn"].endswith(":2")
    for version, answer in [("1", "one"), ("2", "two"), ("$LATEST", "two")]:
        called = world.functions.invoke(FunctionName="orders-dev-hello", Qualifier=version)
        assert json.loads(called["Payload"].read())["answer"] == answer
    exports = {export["Name"]: export["Value"] for export in world.cloudformation.list_exports()["Exports"]}
    assert exports["sls-orders-dev-ServerlessDeploymentBucketName"] == bucket
    # `serverless remove` empties the bucket first.
    listed = world.s3.list_objects_v2(Bucket=bucket)["Contents"]
    world.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": one["Key"]} for one in listed]})
    stack = world.cloudformation.describe_stacks(StackName="orders-dev")["Stacks"][0]["StackId"]
    world.cloudformation.delete_stack(StackName="orders-dev")
    world.settled(stack, "DELETE_COMPLETE")
    with pytest.raises(ClientError):
        world.functions.get_function(FunctionName="orders-dev-hello")
    with pytest.raises(ClientError):
        world.s3.head_bucket(Bucket=bucket)


SAM = """
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::Serverless-2016-10-31
Description: Orders, as of sam init
Parameters:
  Stage:
    Type: String
    Default: dev
    AllowedValues: [dev, prod]
Globals:
  Function:
    Timeout: 10
    Runtime: nodejs20.x
    MemorySize: 256
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
  OrdersTable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions:
        - {AttributeName: id, AttributeType: S}
      KeySchema:
        - {AttributeName: id, KeyType: HASH}
      BillingMode: PAY_PER_REQUEST
      StreamSpecification:
        StreamViewType: NEW_AND_OLD_IMAGES
  TotalsTable:
    Type: AWS::Serverless::SimpleTable
    Properties:
      PrimaryKey: {Name: product, Type: String}
  Failed:
    Type: AWS::SQS::Queue
  ReadOrders:
    Type: AWS::Serverless::Function
    Metadata:
      SamResourceId: ReadOrders
    Properties:
      CodeUri: s3://sam-artifacts/orders/code.zip
      Handler: handler.handler
      Description: !Sub 'reads orders of ${Stage}'
      Environment:
        Variables:
          TABLE: !Ref TotalsTable
      Policies:
        - DynamoDBCrudPolicy: {TableName: !Ref TotalsTable}
        - AWSLambdaExecute
      Events:
        Orders:
          Type: DynamoDB
          Properties:
            Stream: !GetAtt OrdersTable.StreamArn
            StartingPosition: TRIM_HORIZON
            BatchSize: 10
            MaximumRetryAttempts: 2
            DestinationConfig:
              OnFailure:
                Type: SQS
                Destination: !GetAtt Failed.Arn
            FilterCriteria:
              Filters:
                - Pattern: '{"eventName": ["INSERT"]}'
Outputs:
  Table:
    Value: !Ref OrdersTable
  Function:
    Value: !GetAtt ReadOrders.Arn
  Stage:
    Value: !If [IsProd, production, !Sub '${Stage}elopment']
"""


def test_sam_deploy(world):
    world.s3.create_bucket(Bucket="sam-artifacts")
    world.s3.put_object(Bucket="sam-artifacts", Key="orders/code.zip", Body=archive())
    summary = world.cloudformation.get_template_summary(TemplateBody=SAM)
    assert summary["Parameters"][0]["ParameterKey"] == "Stage" and "AWS::Serverless-2016-10-31" in summary["DeclaredTransforms"]
    parameters = [{"ParameterKey": "Stage", "ParameterValue": "dev"}]
    changes = world.change("sam-app", "CREATE", TemplateBody=SAM, Parameters=parameters)
    types = {change["ResourceChange"]["ResourceType"] for change in changes}
    # What the transform makes of it, and none of its own types.
    assert types == {"AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Lambda::EventSourceMapping"}
    made = world.outputs("sam-app")
    assert made["Stage"] == "development"
    function = world.functions.get_function_configuration(FunctionName=made["Function"])
    assert (function["Timeout"], function["MemorySize"], function["Description"]) == (10, 256, "reads orders of dev")
    attached = world.iam.list_attached_role_policies(RoleName=function["Role"].split("/")[-1])["AttachedPolicies"]
    assert "AWSLambdaExecute" in {policy["PolicyName"] for policy in attached}
    world.dynamodb.put_item(TableName=made["Table"], Item={"id": {"S": "by-sam"}})
    group = f"/aws/lambda/{made['Function'].split(':')[-1]}"
    eventually("the event calls it", lambda: world.seen(group, "by-sam"))
    processed = world.cloudformation.get_template(StackName="sam-app", TemplateStage="Processed")["TemplateBody"]
    assert "AWS::Serverless" not in json.dumps(processed["Resources"]) and "ReadOrdersOrders" in processed["Resources"]
    assert "AWS::Serverless::Function" in world.cloudformation.get_template(StackName="sam-app", TemplateStage="Original")["TemplateBody"]
    # The same again is no change, which the tool takes for success.
    again = world.cloudformation.create_change_set(
        StackName="sam-app", ChangeSetName="again", TemplateBody=SAM, Parameters=parameters, Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
    )

    def nothing_to_do():
        described = world.cloudformation.describe_change_set(ChangeSetName=again["Id"])
        return described["Status"] == "FAILED" and "didn't contain changes" in described["StatusReason"]

    eventually("there is nothing to do", nothing_to_do)
    stack = world.cloudformation.describe_stacks(StackName="sam-app")["Stacks"][0]["StackId"]
    world.cloudformation.delete_stack(StackName="sam-app")
    world.settled(stack, "DELETE_COMPLETE")
    with pytest.raises(ClientError):
        world.dynamodb.describe_table(TableName=made["Table"])
    world.s3.delete_object(Bucket="sam-artifacts", Key="orders/code.zip")
    world.s3.delete_bucket(Bucket="sam-artifacts")


def test_a_transform_must_be_acknowledged(world):
    with pytest.raises(ClientError) as refused:
        world.cloudformation.create_stack(StackName="unacknowledged", TemplateBody=SAM, Capabilities=["CAPABILITY_IAM"])
    assert refused.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
