"""Parameters of SSM, and what STS says, by boto3."""

import boto3
import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def ssm(server):
    client = server.client("ssm")
    yield client
    pages = client.get_paginator("describe_parameters").paginate()
    for parameter in [parameter for page in pages for parameter in page["Parameters"]]:
        client.delete_parameter(Name=parameter["Name"])


def test_a_parameter_lives(ssm):
    assert ssm.put_parameter(Name="/orders/size", Value="50", Type="String", Tags=[{"Key": "a", "Value": "b"}])["Version"] == 1
    with pytest.raises(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(Name="/orders/size", Value="60", Type="String")
    assert ssm.put_parameter(Name="/orders/size", Value="60", Overwrite=True)["Version"] == 2
    parameter = ssm.get_parameter(Name="/orders/size")["Parameter"]
    assert (parameter["Value"], parameter["Version"], parameter["Type"]) == ("60", 2, "String")
    assert ssm.get_parameter(Name=parameter["ARN"])["Parameter"]["Value"] == "60"
    tags = ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId="/orders/size")["TagList"]
    assert tags == [{"Key": "a", "Value": "b"}]
    ssm.delete_parameter(Name="/orders/size")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="/orders/size")


def test_many_by_path(ssm):
    for number in range(25):
        ssm.put_parameter(Name=f"/many/p{number:02}", Value=str(number), Type="String")
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/many")
    assert [parameter["Value"] for page in pages for parameter in page["Parameters"]] == [str(number) for number in range(25)]
    found = ssm.get_parameters(Names=["/many/p01", "/many/none"])
    assert ([parameter["Value"] for parameter in found["Parameters"]], found["InvalidParameters"]) == (["1"], ["/many/none"])


def test_secrets(ssm):
    ssm.put_parameter(Name="secret", Value="clear", Type="SecureString")
    assert ssm.get_parameter(Name="secret")["Parameter"]["Value"] != "clear"
    assert ssm.get_parameter(Name="secret", WithDecryption=True)["Parameter"]["Value"] == "clear"


def test_the_bootstrap_is_there(ssm):
    assert ssm.get_parameter(Name="/cdk-bootstrap/hnb659fds/version")["Parameter"]["Value"] == "21"


def test_who_calls(server):
    assert server.client("sts").get_caller_identity()["Account"] == "000000000000"
    assert server.client("sts", access_key="123456789012").get_caller_identity()["Account"] == "123456789012"


def test_a_role_is_another_account(server):
    sts = server.client("sts")
    role = sts.assume_role(RoleArn="arn:aws:iam::210987654321:role/deploy", RoleSessionName="me")
    assert role["AssumedRoleUser"]["Arn"] == "arn:aws:sts::210987654321:assumed-role/deploy/me"
    keys = role["Credentials"]
    assumed = boto3.client(
        "sts",
        endpoint_url=server.endpoint,
        region_name="us-west-2",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    assert assumed.get_caller_identity()["Account"] == "210987654321"
    with pytest.raises(ClientError) as refused:
        sts.assume_role(RoleArn="arn:aws:iam::210987654321:user/deploy", RoleSessionName="me")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
