"""One success of every operation that is done, by boto3; a sample of them by the AWS CLI."""

import json
import os
import subprocess
import sys

import botocore
from test_operations import KEY, PARAMETERS

NAME = "every-operation"
PK = {"pk": {"S": "a"}}
# Answered with an error always, as AWS does, or done by tests of their own: exports, imports, vectors and bulk
# operations need objects or an index; Kinesis destinations need a data stream.
ELSEWHERE = {
    "CancelBulkOperation",
    "CreateGlobalTable",
    "DescribeBulkOperation",
    "DescribeExport",
    "DescribeGlobalTable",
    "DescribeGlobalTableSettings",
    "DescribeImport",
    "DescribeTableReplicaAutoScaling",
    "DisableKinesisStreamingDestination",
    "EnableKinesisStreamingDestination",
    "ExportTableToPointInTime",
    "ImportTable",
    "ListBulkOperations",
    "SearchVectors",
    "StartBulkPutItems",
    "UpdateGlobalTable",
    "UpdateGlobalTableSettings",
    "UpdateKinesisStreamingDestination",
    "UpdateTableReplicaAutoScaling",
}


def snake(operation):
    return botocore.xform_name(operation)


class Sample:
    """Calls operations of either service by their names, and keeps which were called."""

    def __init__(self, *clients):
        self.clients, self.called = clients, set()

    def __call__(self, operation, **parameters):
        client = next(client for client in self.clients if hasattr(client, snake(operation)))
        answer = getattr(client, snake(operation))(**parameters)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        self.called.add(operation)
        return answer


def items(call):
    where = {"TableName": NAME, "Key": PK}
    call("PutItem", TableName=NAME, Item={**PK, "n": {"N": "1"}})
    call("UpdateItem", **where, UpdateExpression="SET n = n + :n", ExpressionAttributeValues={":n": {"N": "2"}})
    assert call("GetItem", **where)["Item"] == {**PK, "n": {"N": "3"}}
    call("BatchWriteItem", RequestItems={NAME: [{"PutRequest": {"Item": {"pk": {"S": "b"}}}}]})
    found = call("BatchGetItem", RequestItems={NAME: {"Keys": [PK, {"pk": {"S": "b"}}]}})
    assert len(found["Responses"][NAME]) == 2
    condition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
    assert call("Query", TableName=NAME, **condition)["Count"] == 1
    assert call("Scan", TableName=NAME)["Count"] == 2
    call("TransactWriteItems", TransactItems=[{"Put": {"TableName": NAME, "Item": {"pk": {"S": "c"}}}}])
    found = call("TransactGetItems", TransactItems=[{"Get": {"TableName": NAME, "Key": {"pk": {"S": "c"}}}}])
    assert found["Responses"] == [{"Item": {"pk": {"S": "c"}}}]
    select = {"Statement": f"SELECT n FROM \"{NAME}\" WHERE pk = 'a'"}
    assert call("ExecuteStatement", **select)["Items"] == [{"n": {"N": "3"}}]
    assert call("BatchExecuteStatement", Statements=[select])["Responses"][0]["Item"] == {"n": {"N": "3"}}
    assert call("ExecuteTransaction", TransactStatements=[select])["Responses"] == [{"Item": {"n": {"N": "3"}}}]
    assert call("DeleteItem", **where, ReturnValues="ALL_OLD")["Attributes"]["n"] == {"N": "3"}


def settings(call, arn):
    table = {"TableName": NAME}
    call("UpdateTimeToLive", **table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "t"})
    assert call("DescribeTimeToLive", **table)["TimeToLiveDescription"]["AttributeName"] == "t"
    call("TagResource", ResourceArn=arn, Tags=[{"Key": "k", "Value": "v"}])
    assert call("ListTagsOfResource", ResourceArn=arn)["Tags"] == [{"Key": "k", "Value": "v"}]
    call("UntagResource", ResourceArn=arn, TagKeys=["k"])
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "dynamodb:*", "Resource": arn}]})
    call("PutResourcePolicy", ResourceArn=arn, Policy=policy)
    assert json.loads(call("GetResourcePolicy", ResourceArn=arn)["Policy"]) == json.loads(policy)
    call("DeleteResourcePolicy", ResourceArn=arn)
    call("UpdateContributorInsights", **table, ContributorInsightsAction="ENABLE")
    call("DescribeContributorInsights", **table)
    assert call("ListContributorInsights", **table)["ContributorInsightsSummaries"]
    call("UpdateContinuousBackups", **table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    call("DescribeContinuousBackups", **table)
    assert call("DescribeKinesisStreamingDestination", **table)["KinesisDataStreamDestinations"] == []
    call("DescribeLimits")
    call("DescribeEndpoints")
    for listing in ("ListGlobalTables", "ListExports", "ListImports"):
        call(listing)


def backups(call):
    arn = call("CreateBackup", TableName=NAME, BackupName="sample")["BackupDetails"]["BackupArn"]
    call("DescribeBackup", BackupArn=arn)
    assert [backup["BackupArn"] for backup in call("ListBackups", TableName=NAME)["BackupSummaries"]] == [arn]
    call("RestoreTableFromBackup", TargetTableName=f"{NAME}-1", BackupArn=arn)
    call("RestoreTableToPointInTime", SourceTableName=NAME, TargetTableName=f"{NAME}-2", UseLatestRestorableTime=True)
    call("DeleteBackup", BackupArn=arn)
    for restored in (f"{NAME}-1", f"{NAME}-2"):
        call.clients[0].get_waiter("table_exists").wait(TableName=restored, WaiterConfig={"Delay": 1, "MaxAttempts": 5})
        call("DeleteTable", TableName=restored)


def stream(call, arn):
    assert call("ListStreams", TableName=NAME)["Streams"][0]["StreamArn"] == arn
    shard = call("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = call("GetShardIterator", StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    assert call("GetRecords", ShardIterator=iterator["ShardIterator"])["Records"][0]["eventName"] == "INSERT"


def test_every_operation_that_is_done_succeeds(dynamodb, streams):
    call = Sample(dynamodb, streams)
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    call("CreateTable", TableName=NAME, BillingMode="PAY_PER_REQUEST", StreamSpecification=specification, **KEY)
    described = call("DescribeTable", TableName=NAME)["Table"]
    assert NAME in call("ListTables")["TableNames"]
    call("UpdateTable", TableName=NAME, TableClass="STANDARD_INFREQUENT_ACCESS")
    items(call)
    settings(call, described["TableArn"])
    backups(call)
    stream(call, described["LatestStreamArn"])
    call("DeleteTable", TableName=NAME)
    # An operation that is done has its place here, or in a test of its own.
    done = {operation for operation, (support, *_) in PARAMETERS.items() if support != "refused"}
    assert done - ELSEWHERE - call.called == set()


CLI = "cli-sample"
KEY_OPTIONS = [
    "--attribute-definitions",
    "AttributeName=pk,AttributeType=S",
    "--key-schema",
    "AttributeName=pk,KeyType=HASH",
    "--billing-mode",
    "PAY_PER_REQUEST",
]
COMMANDS = [
    ["create-table", "--table-name", CLI, *KEY_OPTIONS],
    ["wait", "table-exists", "--table-name", CLI],
    ["put-item", "--table-name", CLI, "--item", json.dumps(PK)],
    ["get-item", "--table-name", CLI, "--key", json.dumps(PK), "--consistent-read"],
    ["execute-statement", "--statement", f'SELECT * FROM "{CLI}"'],
    ["update-time-to-live", "--table-name", CLI, "--time-to-live-specification", "Enabled=true,AttributeName=t"],
    ["describe-continuous-backups", "--table-name", CLI],
    ["create-backup", "--table-name", CLI, "--backup-name", "sample"],
    ["describe-limits"],
    ["scan", "--table-name", CLI],
    ["delete-table", "--table-name", CLI],
]


def test_a_sample_by_the_command_line(server):
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "FAKE",
        "AWS_SECRET_ACCESS_KEY": "FAKE",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_PAGER": "",
    }
    for command in COMMANDS:
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "dynamodb", *command], env=environment, capture_output=True, timeout=60
        )
        assert done.returncode == 0, (command, done.stderr.decode())
        if command[0] == "get-item":
            assert json.loads(done.stdout)["Item"] == PK
