"""Roles and policies of IAM, by boto3 and by the command line."""

import json
import os
import subprocess

import pytest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
ALLOWS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["dynamodb:*"], "Resource": "*"}]}
BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(server):
    client = server.client("iam", region="us-east-1")
    yield client
    for role in client.get_paginator("list_roles").paginate().search("Roles[].RoleName"):
        for name in client.list_role_policies(RoleName=role)["PolicyNames"]:
            client.delete_role_policy(RoleName=role, PolicyName=name)
        for policy in client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            client.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        client.delete_role(RoleName=role)
    for arn in client.get_paginator("list_policies").paginate(Scope="Local").search("Policies[].Arn"):
        client.delete_policy(PolicyArn=arn)


def test_a_role_lives(iam, server):
    made = iam.create_role(RoleName="orders", AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "a", "Value": "b"}])
    role = iam.get_role(RoleName="orders")["Role"]
    assert role["Arn"] == made["Role"]["Arn"] == "arn:aws:iam::000000000000:role/orders"
    assert role["AssumeRolePolicyDocument"] == TRUST and role["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.get_waiter("role_exists").wait(RoleName="orders")
    # There are no regions.
    assert server.client("iam", region="eu-west-1").get_role(RoleName="orders")["Role"]["RoleId"] == role["RoleId"]
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="orders", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="orders", PolicyName="tables", PolicyDocument=json.dumps(ALLOWS))
    assert iam.get_role_policy(RoleName="orders", PolicyName="tables")["PolicyDocument"] == ALLOWS
    iam.attach_role_policy(RoleName="orders", PolicyArn=BASIC)
    attached = iam.list_attached_role_policies(RoleName="orders")["AttachedPolicies"]
    assert attached == [{"PolicyName": "AWSLambdaBasicExecutionRole", "PolicyArn": BASIC}]
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_role(RoleName="orders")
    assert iam.list_instance_profiles_for_role(RoleName="orders")["InstanceProfiles"] == []
    iam.detach_role_policy(RoleName="orders", PolicyArn=BASIC)
    iam.delete_role_policy(RoleName="orders", PolicyName="tables")
    iam.delete_role(RoleName="orders")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_role(RoleName="orders")


def test_managed_policies(iam):
    arn = iam.create_policy(PolicyName="tables", PolicyDocument=json.dumps(ALLOWS))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(ALLOWS), SetAsDefault=True)
    assert iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"] == "v2"
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
    assert version["Document"] == ALLOWS and version["IsDefaultVersion"]
    assert [one["VersionId"] for one in iam.list_policy_versions(PolicyArn=arn)["Versions"]] == ["v2", "v1"]
    iam.delete_policy_version(PolicyArn=arn, VersionId="v1")
    iam.tag_policy(PolicyArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert iam.list_policy_tags(PolicyArn=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    iam.delete_policy(PolicyArn=arn)
    known = iam.get_policy(PolicyArn=BASIC)["Policy"]
    assert known["PolicyName"] == "AWSLambdaBasicExecutionRole"
    document = iam.get_policy_version(PolicyArn=BASIC, VersionId=known["DefaultVersionId"])["PolicyVersion"]["Document"]
    assert "logs:PutLogEvents" in document["Statement"][0]["Action"]


def test_the_command_line(iam, server):
    def aws(*arguments):
        # Not all of this process's: where version 1 of the CLI was imported, AWS_DATA_PATH leads to its data.
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-west-2",
        }
        command = ["/usr/bin/aws", "--endpoint-url", server.endpoint, *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    made = aws("iam", "create-role", "--role-name", "cli", "--assume-role-policy-document", json.dumps(TRUST))
    assert json.loads(made)["Role"]["AssumeRolePolicyDocument"] == TRUST
    assert aws("iam", "list-roles", "--query", "Roles[].RoleName", "--output", "text") == "cli\n"
    aws("iam", "delete-role", "--role-name", "cli")
    assert aws("sts", "get-caller-identity", "--query", "Account", "--output", "text") == "000000000000\n"
