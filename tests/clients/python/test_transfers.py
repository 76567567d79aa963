"""Exports to, and imports from, the server's own buckets, by boto3."""

import gzip
import json

import pytest
from conftest import eventually


def table(name):
    return dict(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )


def ended(describe, member, status):
    def attempt():
        description = describe()[member]
        return description if description[status] != "IN_PROGRESS" else None

    return eventually("it has ended", attempt)


def keys(s3, bucket):
    return sorted(item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", []))


@pytest.mark.parametrize("ending,export_format", [("json", "DYNAMODB_JSON"), ("ion", "ION")])
def test_export_and_import_through_a_bucket(server, ending, export_format):
    dynamodb, s3 = server.client("dynamodb"), server.client("s3")
    bucket, name = f"transfers-{ending}", f"transfers-{ending}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    dynamodb.create_table(**table(name))
    dynamodb.update_continuous_backups(
        TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
    )
    items = [{"pk": {"S": str(n)}, "l": {"L": [{"N": "1.5"}, {"B": b"\x00"}]}, "s": {"NS": ["1", "2"]}} for n in range(40)]
    for item in items:
        dynamodb.put_item(TableName=name, Item=item)
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    export = dynamodb.export_table_to_point_in_time(
        TableArn=arn, S3Bucket=bucket, S3Prefix="nightly", ExportFormat=export_format
    )["ExportDescription"]
    assert export["ExportStatus"] == "IN_PROGRESS"
    export_arn = export["ExportArn"]
    export = ended(lambda: dynamodb.describe_export(ExportArn=export_arn), "ExportDescription", "ExportStatus")
    assert (export["ExportStatus"], export["ItemCount"]) == ("COMPLETED", 40)
    manifest = json.loads(s3.get_object(Bucket=bucket, Key=export["ExportManifest"])["Body"].read())
    assert manifest["itemCount"] == 40
    files = s3.get_object(Bucket=bucket, Key=manifest["manifestFilesS3Key"])["Body"].read().decode().splitlines()
    file = json.loads(files[0])
    found = s3.get_object(Bucket=bucket, Key=file["dataFileS3Key"])
    assert found["ETag"].strip('"') == file["etag"]
    assert len(gzip.decompress(found["Body"].read()).splitlines()) == 40
    imported = dynamodb.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": file["dataFileS3Key"].rsplit("/", 1)[0]},
        InputFormat=export_format,
        InputCompressionType="GZIP",
        TableCreationParameters=table(f"{name}-back"),
    )["ImportTableDescription"]
    arn = imported["ImportArn"]
    imported = ended(lambda: dynamodb.describe_import(ImportArn=arn), "ImportTableDescription", "ImportStatus")
    assert (imported["ImportStatus"], imported["ImportedItemCount"], imported["ErrorCount"]) == ("COMPLETED", 40, 0)
    by_key = lambda found: sorted(found, key=lambda item: item["pk"]["S"])  # noqa: E731
    assert by_key(dynamodb.scan(TableName=f"{name}-back")["Items"]) == by_key(dynamodb.scan(TableName=name)["Items"])
    assert export_arn in [summary["ExportArn"] for summary in dynamodb.list_exports()["ExportSummaries"]]
    assert arn in [summary["ImportArn"] for summary in dynamodb.list_imports()["ImportSummaryList"]]
    for made in (name, f"{name}-back"):
        dynamodb.delete_table(TableName=made)
    for key in keys(s3, bucket):
        s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_bucket(Bucket=bucket)


def test_csv_with_bad_records(server):
    dynamodb, s3 = server.client("dynamodb"), server.client("s3")
    bucket, name = "transfers-csv", "transfers-csv"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket=bucket, Key="in/1.csv", Body=b'a;"x;y"\nb\nc;\n')
    imported = dynamodb.import_table(
        S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": "in/"},
        InputFormat="CSV",
        InputFormatOptions={"Csv": {"Delimiter": ";", "HeaderList": ["pk", "v"]}},
        TableCreationParameters=table(name),
    )["ImportTableDescription"]
    arn = imported["ImportArn"]
    imported = ended(lambda: dynamodb.describe_import(ImportArn=arn), "ImportTableDescription", "ImportStatus")
    figures = [imported[member] for member in ("ProcessedItemCount", "ImportedItemCount", "ErrorCount")]
    assert figures == [3, 2, 1]
    items = sorted(dynamodb.scan(TableName=name)["Items"], key=lambda item: item["pk"]["S"])
    assert items == [{"pk": {"S": "a"}, "v": {"S": "x;y"}}, {"pk": {"S": "c"}}]
    dynamodb.delete_table(TableName=name)


def test_a_bucket_that_is_not_there(server):
    dynamodb = server.client("dynamodb")
    imported = dynamodb.import_table(
        S3BucketSource={"S3Bucket": "no-such-bucket"}, InputFormat="ION", TableCreationParameters=table("transfers-none")
    )["ImportTableDescription"]
    arn = imported["ImportArn"]
    imported = ended(lambda: dynamodb.describe_import(ImportArn=arn), "ImportTableDescription", "ImportStatus")
    assert (imported["ImportStatus"], imported["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
    assert "transfers-none" not in dynamodb.list_tables()["TableNames"]
    with pytest.raises(dynamodb.exceptions.ExportNotFoundException):
        dynamodb.describe_export(ExportArn="arn:aws:dynamodb:us-west-2:000000000000:table/dogs/export/01-02")
