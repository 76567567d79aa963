"""S3's interface to the store of objects, by boto3 and the AWS CLI."""

import hashlib
import http.client
import io
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

from conftest import Server, eventually

MIB = 1 << 20


@pytest.fixture
def s3(server):
    return server.client("s3", region="us-east-1")


@pytest.fixture
def bucket(s3):
    name = f"bucket-{uuid.uuid4().hex}"
    s3.create_bucket(Bucket=name)
    return name


def failure(call, *arguments, **named):
    with pytest.raises(ClientError) as raised:
        call(*arguments, **named)
    response = raised.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"]


def test_an_object_is_given_back_as_it_was_put(s3, bucket):
    key = "a/b c+ä%&<>.txt"
    put = s3.put_object(
        Bucket=bucket,
        Key=key,
        Body=b"hello",
        ContentType="text/plain",
        CacheControl="no-cache",
        ContentEncoding="gzip",
        Metadata={"Name": "value", "empty": ""},
        Tagging="a=b&c=d+e",
    )
    assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
    assert put["ChecksumCRC32"] == "NhCmhg=="
    got = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert got["Body"].read() == b"hello"
    head = s3.head_object(Bucket=bucket, Key=key)
    for answer in (got, head):
        assert answer["ContentLength"] == 5
        assert answer["ContentType"] == "text/plain"
        assert answer["ContentEncoding"] == "gzip"
        assert answer["CacheControl"] == "no-cache"
        assert answer["Metadata"] == {"name": "value", "empty": ""}
        assert answer["ETag"] == put["ETag"]
        assert answer["TagCount"] == 2
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": "d e"}]
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert [(entry["Key"], entry["Size"]) for entry in listed] == [(key, 5)]
    assert s3.list_objects(Bucket=bucket)["Contents"][0]["Key"] == key
    overridden = s3.get_object(Bucket=bucket, Key=key, ResponseContentType="text/css")
    assert overridden["ContentType"] == "text/css"
    s3.delete_object(Bucket=bucket, Key=key)
    s3.delete_object(Bucket=bucket, Key=key)
    assert failure(s3.get_object, Bucket=bucket, Key=key) == (404, "NoSuchKey")
    assert failure(s3.head_object, Bucket=bucket, Key=key) == (404, "404")


def test_encryption_may_be_asked_for(s3, bucket):
    # As the CDK does of its bucket of assets; nothing is encrypted.
    for how in ({"ServerSideEncryption": "AES256"}, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/mine"}):
        s3.put_object(Bucket=bucket, Key="k", Body=b"plain", **how)
        assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"plain"
    with pytest.raises(ClientError):
        s3.put_object(Bucket=bucket, Key="k", Body=b"plain", SSECustomerAlgorithm="AES256", SSECustomerKey=b"0" * 32)


def test_ranges_and_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")["ETag"]
    for asked, expected, told in [
        ("bytes=2-4", b"234", "bytes 2-4/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=8-", b"89", "bytes 8-9/10"),
    ]:
        got = s3.get_object(Bucket=bucket, Key="k", Range=asked)
        assert (got["Body"].read(), got["ContentRange"]) == (expected, told)
        assert got["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert failure(s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-") == (416, "InvalidRange")
    assert failure(s3.get_object, Bucket=bucket, Key="k", IfMatch='"x"') == (412, "PreconditionFailed")
    assert failure(s3.get_object, Bucket=bucket, Key="k", IfNoneMatch=etag)[0] == 304
    assert failure(s3.put_object, Bucket=bucket, Key="k", Body=b"", IfNoneMatch="*") == (412, "PreconditionFailed")
    assert failure(s3.put_object, Bucket=bucket, Key="k", Body=b"", IfMatch='"x"') == (412, "PreconditionFailed")
    s3.put_object(Bucket=bucket, Key="k", Body=b"new", IfMatch=etag)
    s3.put_object(Bucket=bucket, Key="other", Body=b"new", IfNoneMatch="*")


def test_listing_by_pages(s3, bucket):
    keys = sorted([f"a/{number:02}" for number in range(12)] + ["b", "c/d/e", "c/f", "ä"], key=str.encode)
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    for paginator in ("list_objects_v2", "list_objects"):
        pages = s3.get_paginator(paginator).paginate(Bucket=bucket, PaginationConfig={"PageSize": 5})
        assert [entry["Key"] for page in pages for entry in page["Contents"]] == keys
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    names = [part.get("Prefix") or part["Key"] for page in pages for part in page.get("Contents", []) + page.get("CommonPrefixes", [])]
    assert names == ["a/", "b", "c/", "ä"]
    pages = s3.get_paginator("list_objects").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 1})
    names = [part.get("Prefix") or part["Key"] for page in pages for part in page.get("Contents", []) + page.get("CommonPrefixes", [])]
    assert names == ["a/", "b", "c/", "ä"]
    after = s3.list_objects_v2(Bucket=bucket, StartAfter="c/d/e", Prefix="c/")
    assert [entry["Key"] for entry in after["Contents"]] == ["c/f"]
    versions = s3.list_object_versions(Bucket=bucket, Prefix="c/")["Versions"]
    assert [(version["Key"], version["VersionId"], version["IsLatest"]) for version in versions] == [
        ("c/d/e", "null", True),
        ("c/f", "null", True),
    ]
    deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys + ["none"]]})
    assert len(deleted["Deleted"]) == len(keys) + 1
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


@pytest.mark.parametrize("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_checksums_are_verified(s3, bucket, algorithm):
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ChecksumAlgorithm=algorithm)
    told = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert told[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    wrong = {f"Checksum{algorithm}": s3.put_object(Bucket=bucket, Key="l", Body=b"", ChecksumAlgorithm=algorithm)[f"Checksum{algorithm}"]}
    assert failure(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", **wrong) == (400, "BadDigest")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"


# Those that boto3 computes only with the library awscrt, of b"hello".
GIVEN = {"CRC32C": "mnG7TA==", "CRC64NVME": "M3eFcAZSQlc="}


@pytest.mark.parametrize("algorithm", GIVEN)
def test_checksums_that_are_given_are_verified(s3, bucket, algorithm):
    given = {f"Checksum{algorithm}": GIVEN[algorithm]}
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", **given)
    told = s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert told[f"Checksum{algorithm}"] == GIVEN[algorithm]
    assert failure(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", **given) == (400, "BadDigest")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"hello"


def chunked(server, bucket, key, trailer, data=b"hello"):
    """Puts an object as today's SDKs send it by default: in chunks, with its checksum behind them."""
    body = b"%x\r\n%s\r\n0\r\n%s\r\n" % (len(data), data, trailer)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {
        "authorization": "AWS4-HMAC-SHA256 Credential=FAKE/20261121/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=00",
        "content-encoding": "gzip,aws-chunked",
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(data)),
        "x-amz-sdk-checksum-algorithm": "CRC32",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    connection.request("PUT", f"/{bucket}/{key}", body, headers)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_checksum_behind_the_body_is_verified(server, s3, bucket):
    assert chunked(server, bucket, "k", b"x-amz-checksum-crc32:NhCmhg==\r\n") == (200, "")
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert (got["Body"].read(), got["ChecksumCRC32"], got["ContentEncoding"]) == (b"hello", "NhCmhg==", "gzip")
    for trailer, code in [
        (b"x-amz-checksum-crc32:NhCmhw==\r\n", "BadDigest"),
        (b"x-amz-checksum-crc32:x\r\n", "InvalidRequest"),
        (b"x-amz-checksum-crc32\r\n", "IncompleteBody"),
        (b"", "MalformedTrailerError"),
    ]:
        status, answer = chunked(server, bucket, "other", trailer)
        assert status == 400 and f"<Code>{code}</Code>" in answer, answer
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_md5_is_verified(s3, bucket):
    wrong = "XUFAKrxLKna5cZ2REBfFkg=="
    s3.put_object(Bucket=bucket, Key="k", Body=b"hello", ContentMD5=wrong)
    assert failure(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", ContentMD5=wrong) == (400, "BadDigest")
    assert failure(s3.put_object, Bucket=bucket, Key="k", Body=b"hullo", ContentMD5="eA==") == (400, "InvalidDigest")


def test_an_upload_in_parts(s3, bucket):
    body = os.urandom(20 * MIB)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=6 * MIB)
    s3.upload_fileobj(io.BytesIO(body), bucket, "big", Config=config, ExtraArgs={"Metadata": {"a": "b"}})
    head = s3.head_object(Bucket=bucket, Key="big", PartNumber=1)
    parts = [body[start : start + 6 * MIB] for start in range(0, len(body), 6 * MIB)]
    etag = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert head["ETag"] == f'"{etag}-4"'
    assert (head["PartsCount"], head["Metadata"]) == (4, {"a": "b"})
    got = io.BytesIO()
    s3.download_fileobj(bucket, "big", got, Config=config)
    assert got.getvalue() == body
    assert s3.get_object(Bucket=bucket, Key="big", PartNumber=4)["Body"].read() == parts[3]
    across = s3.get_object(Bucket=bucket, Key="big", Range=f"bytes={6 * MIB - 3}-{6 * MIB + 2}")
    assert across["Body"].read() == body[6 * MIB - 3 : 6 * MIB + 3]
    copy = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "big"})
    assert copy["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
    s3.copy({"Bucket": bucket, "Key": "big"}, bucket, "copy2", Config=config)
    assert s3.get_object(Bucket=bucket, Key="copy2")["Body"].read() == body
    upload = s3.create_multipart_upload(Bucket=bucket, Key="left")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="left", UploadId=upload, PartNumber=2, Body=b"x")
    assert [part["PartNumber"] for part in s3.list_parts(Bucket=bucket, Key="left", UploadId=upload)["Parts"]] == [2]
    assert [entry["UploadId"] for entry in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    s3.abort_multipart_upload(Bucket=bucket, Key="left", UploadId=upload)
    assert failure(s3.list_parts, Bucket=bucket, Key="left", UploadId=upload) == (404, "NoSuchUpload")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_a_copy_keeps_or_replaces_what_is_said(s3, bucket):
    source = {"Bucket": bucket, "Key": "a b"}
    s3.put_object(Bucket=bucket, Key="a b", Body=b"x", Metadata={"a": "b"}, ContentType="text/css")
    s3.copy_object(Bucket=bucket, Key="kept", CopySource=source)
    kept = s3.head_object(Bucket=bucket, Key="kept")
    assert (kept["Metadata"], kept["ContentType"]) == ({"a": "b"}, "text/css")
    s3.copy_object(Bucket=bucket, Key="a b", CopySource=source, Metadata={"c": "d"}, MetadataDirective="REPLACE")
    assert s3.head_object(Bucket=bucket, Key="a b")["Metadata"] == {"c": "d"}
    assert failure(s3.copy_object, Bucket=bucket, Key="a b", CopySource=source) == (400, "InvalidRequest")


def test_buckets_and_their_settings(server, s3, bucket):
    other = server.client("s3", region="us-east-1", access_key="123456789012")
    assert failure(other.head_bucket, Bucket=bucket) == (403, "403")
    assert failure(other.create_bucket, Bucket=bucket) == (409, "BucketAlreadyExists")
    assert bucket not in [entry["Name"] for entry in other.list_buckets()["Buckets"]]
    assert bucket in [entry["Name"] for entry in s3.list_buckets()["Buckets"]]
    assert failure(s3.head_bucket, Bucket="no-such-bucket") == (404, "404")
    assert failure(s3.list_objects_v2, Bucket="no-such-bucket") == (404, "NoSuchBucket")
    west = server.client("s3", region="eu-west-1")
    name = f"west-{uuid.uuid4().hex}"
    assert failure(west.create_bucket, Bucket=name) == (400, "IllegalLocationConstraintException")
    west.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert west.get_bucket_location(Bucket=name)["LocationConstraint"] == "eu-west-1"
    assert west.head_bucket(Bucket=name)["BucketRegion"] == "eu-west-1"
    west.delete_bucket(Bucket=name)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert failure(s3.get_bucket_tagging, Bucket=bucket) == (404, "NoSuchTagSet")
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b"}]
    s3.put_bucket_policy(Bucket=bucket, Policy='{"Version":"2012-10-17","Statement":[]}')
    assert s3.get_bucket_policy(Bucket=bucket)["Policy"] == '{"Version":"2012-10-17","Statement":[]}'
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
    s3.delete_public_access_block(Bucket=bucket)
    assert failure(s3.get_public_access_block, Bucket=bucket) == (404, "NoSuchPublicAccessBlockConfiguration")
    s3.put_object(Bucket=bucket, Key="k", Body=b"")
    assert failure(s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty")
    refused = {"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:us-east-1:000000000000:q", "Events": ["s3:ObjectCreated:*"]}]}
    assert failure(s3.put_bucket_notification_configuration, Bucket=bucket, NotificationConfiguration=refused, SkipDestinationValidation=True) == (501, "NotImplemented")


@pytest.mark.parametrize("style", ["path", "virtual"])
@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_presigned_links(server, bucket, style, version):
    s3 = boto3.client(
        "s3",
        aws_access_key_id="FAKE",
        aws_secret_access_key="FAKE",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        config=Config(signature_version=version, s3={"addressing_style": style}),
    )
    put = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b"})
    request = urllib.request.Request(put, data=b"by link", method="PUT", headers={"content-type": ""})
    assert open_link(server, request).status == 200
    get = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"})
    assert open_link(server, urllib.request.Request(get)).read() == b"by link"
    late = -1 if version == "s3" else 0
    expired = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b"}, ExpiresIn=late)
    eventually("the link expires", lambda: open_link(server, urllib.request.Request(expired)).status == 403)
    assert open_link(server, urllib.request.Request(get.split("?")[0])).status == 403


def open_link(server, request):
    """Opens a link at the server under test, whatever its host resolves to."""
    parts = urllib.parse.urlsplit(request.full_url)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"host": parts.netloc, **dict(request.header_items())}
    connection.request(request.get_method(), f"{parts.path}?{parts.query}", request.data, headers)
    return connection.getresponse()


def test_what_is_not_signed_is_refused_and_the_root_says_it_is_well(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.request("GET", "/")
    assert b"healthy" in connection.getresponse().read()
    connection.request("GET", "/some-bucket/key")
    answer = connection.getresponse()
    assert (answer.status, b"<Code>AccessDenied</Code>" in answer.read()) == (403, True)


def test_a_body_that_ends_early_leaves_nothing(server, s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"old")
    link = urllib.parse.urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}))
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("PUT", f"{link.path}?{link.query}", skip_host=True)
    connection.putheader("host", link.netloc)
    connection.putheader("content-length", str(4 * MIB))
    connection.endheaders(b"x" * MIB)
    # Nothing more will come; what the server makes of that it has made when it has closed the connection, too.
    connection.sock.shutdown(socket.SHUT_WR)
    answer = b"".join(iter(lambda: connection.sock.recv(4_096), b""))
    connection.close()
    assert not answer.startswith(b"HTTP/1.1 2"), answer
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"old"


def aws(server, *arguments, ok=True):
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "FAKE",
        "AWS_SECRET_ACCESS_KEY": "FAKE",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.endpoint,
    }
    path = pathlib.Path(sys.executable).parent / "aws"
    command = [str(path) if path.exists() else "aws", "s3", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60)
    assert (done.returncode == 0) == ok, done.stderr.decode()
    return done.stdout.decode()


def test_the_cli(server, s3):
    if server.arguments == ["--in-memory"]:
        pytest.skip("each command takes a second to start")
    name = f"cli-{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory() as directory:
        here = pathlib.Path(directory)
        (here / "tree/below").mkdir(parents=True)
        (here / "tree/one.txt").write_text("one")
        (here / "tree/below/two.txt").write_text("two")
        (here / "large").write_bytes(os.urandom(20 * MIB))
        aws(server, "mb", f"s3://{name}")
        assert name in aws(server, "ls")
        aws(server, "cp", str(here / "large"), f"s3://{name}/large")
        aws(server, "cp", f"s3://{name}/large", str(here / "again"))
        assert (here / "again").read_bytes() == (here / "large").read_bytes()
        aws(server, "sync", str(here / "tree"), f"s3://{name}/tree")
        listed = aws(server, "ls", "--recursive", f"s3://{name}/")
        assert [line.split()[-1] for line in listed.splitlines()] == ["large", "tree/below/two.txt", "tree/one.txt"]
        assert "PRE tree/" in aws(server, "ls", f"s3://{name}/")
        assert aws(server, "sync", str(here / "tree"), f"s3://{name}/tree") == ""
        aws(server, "rm", f"s3://{name}/large")
        aws(server, "rb", "--force", f"s3://{name}")
        assert name not in aws(server, "ls")


def test_with_keys_every_signature_is_verified():
    with tempfile.TemporaryDirectory() as directory:
        keys = pathlib.Path(directory) / "keys"
        keys.write_text("[default]\naws_access_key_id = KEY\naws_secret_access_key = SECRET\n")
        server = Server(["--in-memory", "--auth", str(keys)])

        def client(secret, **config):
            return boto3.client(
                "s3",
                aws_access_key_id="KEY",
                aws_secret_access_key=secret,
                endpoint_url=server.endpoint,
                region_name="us-east-1",
                config=Config(**config),
            )

        try:
            s3 = client("SECRET")
            s3.create_bucket(Bucket="my-bucket")
            s3.put_object(Bucket="my-bucket", Key="a b+c/ä", Body=b"x" * MIB)
            s3.upload_fileobj(io.BytesIO(b"y" * 9 * MIB), "my-bucket", "parts")
            assert s3.list_objects_v2(Bucket="my-bucket", Prefix="a b+")["KeyCount"] == 1
            assert failure(client("OTHER").list_buckets) == (403, "SignatureDoesNotMatch")
            for version in ("s3", "s3v4"):
                for style in ("path", "virtual"):
                    right = client("SECRET", signature_version=version, s3={"addressing_style": style})
                    wrong = client("OTHER", signature_version=version, s3={"addressing_style": style})
                    link = {"Params": {"Bucket": "my-bucket", "Key": "a b+c/ä"}}
                    get = urllib.request.Request(right.generate_presigned_url("get_object", **link))
                    assert open_link(server, get).read() == b"x" * MIB
                    get = urllib.request.Request(wrong.generate_presigned_url("get_object", **link))
                    assert open_link(server, get).status == 403
        finally:
            assert server.stop() == 0


def resident_kb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))


@pytest.mark.skipif(not pathlib.Path("/proc").exists(), reason="needs /proc")
def test_a_large_object_is_never_held_in_memory():
    with tempfile.TemporaryDirectory() as directory:
        server = Server(["--data-dir", f"{directory}/data"])
        try:
            s3 = server.client("s3", region="us-east-1")
            s3.create_bucket(Bucket="my-bucket")
            s3.put_object(Bucket="my-bucket", Key="small", Body=b"")
            before = resident_kb(server.process)
            size = 200 * MIB
            link = s3.generate_presigned_url("put_object", Params={"Bucket": "my-bucket", "Key": "large"})
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.putrequest("PUT", link.removeprefix(server.endpoint), skip_host=True)
            connection.putheader("host", f"localhost:{server.port}")
            connection.putheader("content-length", str(size))
            connection.endheaders()
            for _ in range(size // MIB):
                connection.send(bytes(MIB))
            assert connection.getresponse().status == 200
            body = s3.get_object(Bucket="my-bucket", Key="large")["Body"]
            assert sum(len(piece) for piece in body.iter_chunks(MIB)) == size
            assert resident_kb(server.process) - before < 32 * 1024
        finally:
            assert server.stop() == 0
