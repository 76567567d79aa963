"""The walkthrough "DynamoDB Streams and Python": the AWS CLI fills a table, boto3 reads its stream.

The commands are the walkthrough's own; only the port differs.
"""

import json
import os
import subprocess
import sys

FILL = r"""
set -e
aws --endpoint-url http://localhost:PORT --region=us-west-2 dynamodb create-table \
  --billing-mode PAY_PER_REQUEST \
  --table-name Phones \
  --attribute-definitions AttributeName=Company,AttributeType=S AttributeName=Model,AttributeType=S \
  --key-schema AttributeName=Company,KeyType=HASH AttributeName=Model,KeyType=RANGE \
  --stream-specification StreamEnabled=true,StreamViewType=KEYS_ONLY

TEMPLATE=$(cat <<'END'
{
    "Company": {
        "S": "%s"
    },
    "Model": {
        "S": "%s"
    },
    "Colors": {
        "SS": [
            "Green",
            "Blue",
            "Orange"
        ]
    },
    "Size": {
        "N": "%s"
    }
}
END
)

put_dynamo_local() {
    ITEM="$1"
    aws --endpoint-url http://localhost:PORT --region=us-west-2 dynamodb put-item \
      --table-name Phones \
      --item "$ITEM"
}

MOTO_COOL=$(printf "$TEMPLATE" "Motorola" "Cool Phone" "12")
MOTO_LAME=$(printf "$TEMPLATE" "Motorola" "Lame Phone" "9")
GOOGL_NICE=$(printf "$TEMPLATE" "Goole" "Awesome Phone" "8")
GOOGL_MEAN=$(printf "$TEMPLATE" "Google" "Confusing Phone" "18")

put_dynamo_local "$MOTO_COOL"
put_dynamo_local "$MOTO_LAME"
put_dynamo_local "$GOOGL_NICE"
put_dynamo_local "$GOOGL_MEAN"
"""

READ = r"""
import boto3
import json

def get_local_client(resource_name):
    return boto3.client(resource_name,
                        aws_access_key_id="FAKE",
                        aws_secret_access_key="FAKE",
                        endpoint_url='http://localhost:PORT',
                        region_name='us-west-2')

class BotoWrapper(object):

    def __init__(self):
        self.local_dynamodb_client = get_local_client('dynamodb')
        self.local_dynamodb_streams_client = get_local_client('dynamodbstreams')

    def get_stream_arn(self):
        describe_table_response = self.local_dynamodb_client.describe_table(TableName='Phones')
        return describe_table_response['Table']['LatestStreamArn']

    def get_shard_object_array(self, stream_arn):
        describe_stream_response = self.local_dynamodb_streams_client.describe_stream(StreamArn=stream_arn)
        return describe_stream_response['StreamDescription']['Shards']

    def get_data_from_shard(self, shard_iterator):
        records_in_response = self.local_dynamodb_streams_client.get_records(ShardIterator=shard_iterator, Limit=1000)
        return records_in_response['Records']

    def run_example(self):
        stream_arn = self.get_stream_arn()
        shards = self.get_shard_object_array(stream_arn)

        for shard in shards:
            iterator = self.local_dynamodb_streams_client.get_shard_iterator(
                StreamArn=stream_arn,
                ShardId=shard['ShardId'],
                ShardIteratorType='TRIM_HORIZON'
            )
            records = self.get_data_from_shard(iterator['ShardIterator'])
            for record in records:
                print("####  DYNAMO RECORD  ####")
                print("")
                print(json.dumps(record,
                                 sort_keys=True,
                                 indent=4,
                                 default=str))
                print("")
                print("")

if __name__ == '__main__':
    boto_wrapper = BotoWrapper()
    boto_wrapper.run_example()
"""


def test_the_walkthrough_as_written(server):
    environment = {
        **os.environ,
        "PATH": os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"],
        "AWS_ACCESS_KEY_ID": "FAKE",
        "AWS_SECRET_ACCESS_KEY": "FAKE",
        "AWS_PAGER": "",
    }
    port = str(server.port)
    filled = subprocess.run(["bash", "-c", FILL.replace("PORT", port)], env=environment, capture_output=True, text=True)
    assert filled.returncode == 0, filled.stderr
    table = json.loads(filled.stdout)["TableDescription"]
    assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}

    read = subprocess.run([sys.executable, "-c", READ.replace("PORT", port)], env=environment, capture_output=True, text=True)
    assert read.returncode == 0, read.stderr
    records = [json.loads(text) for text in read.stdout.split("####  DYNAMO RECORD  ####") if text.strip()]
    assert [record["dynamodb"]["Keys"]["Model"]["S"] for record in records] == [
        "Cool Phone",
        "Lame Phone",
        "Awesome Phone",
        "Confusing Phone",
    ]
    first = records[0]
    assert first["awsRegion"] == "us-west-2"
    assert first["eventName"] == "INSERT"
    assert first["eventVersion"] == "1.1"
    assert first["eventSource"] == "aws:dynamodb"
    # The walkthrough's own record: 30 bytes for this key.
    assert first["dynamodb"]["SizeBytes"] == 30
    assert first["dynamodb"]["StreamViewType"] == "KEYS_ONLY"
    assert "NewImage" not in first["dynamodb"]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(set(numbers))


def test_the_cli_reads_what_it_wrote(server):
    def aws(*arguments):
        command = [os.path.join(os.path.dirname(sys.executable), "aws"), "--endpoint-url", server.endpoint, "--region", "eu-central-1", *arguments]
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "x", "AWS_PAGER": ""}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        return done.returncode, json.loads(done.stdout or "null"), done.stderr

    create = ["dynamodb", "create-table", "--table-name", "cli", "--billing-mode", "PAY_PER_REQUEST", "--attribute-definitions", "AttributeName=id,AttributeType=N", "--key-schema", "AttributeName=id,KeyType=HASH"]
    code, made, error = aws(*create)
    assert code == 0, error
    # An access key of twelve digits is the account.
    assert made["TableDescription"]["TableArn"] == "arn:aws:dynamodb:eu-central-1:123456789012:table/cli"
    code, _, error = aws(*create)
    assert code != 0 and "ResourceInUseException" in error
    code, _, error = aws("dynamodb", "put-item", "--table-name", "cli", "--item", '{"id":{"N":"1"},"b":{"BOOL":true}}')
    assert code == 0, error
    code, got, _ = aws("dynamodb", "get-item", "--table-name", "cli", "--key", '{"id":{"N":"1.0"}}')
    assert got["Item"] == {"id": {"N": "1"}, "b": {"BOOL": True}}
    code, listed, _ = aws("dynamodb", "list-tables")
    assert listed == {"TableNames": ["cli"]}
    code, _, _ = aws("dynamodb", "delete-table", "--table-name", "cli")
    assert code == 0
    code, listed, _ = aws("dynamodb", "list-tables")
    assert listed == {"TableNames": []}
