"""A barrier instead of a sleep: a put, `tailwater wait`, and the side effect is there; mappings paused, moved, explained."""

import io
import json
import subprocess
import uuid
import zipfile

import pytest

from conftest import BINARY

CODE = """
import os, pathlib

def handler(event, context):
    for record in event["Records"]:
        key = record["dynamodb"]["Keys"]["id"]["S"]
        if key == "poison":
            raise ValueError("no poison")
        with open(os.environ["OUT"], "a") as file:
            file.write(key + "\\n")
"""


class Walk:
    """A table whose changes a function writes down, and the command line."""

    def __init__(self, server, out):
        self.server, self.name, self.out = server, f"walk-{uuid.uuid4().hex[:8]}", out
        self.dynamodb = server.client("dynamodb", region="us-east-1")
        functions = server.client("lambda", region="us-east-1")
        self.positions = None
        self.dynamodb.meta.events.register("after-call.dynamodb.PutItem", self.remember)
        stream = self.dynamodb.create_table(
            TableName=self.name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]["LatestStreamArn"]
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("main.py", CODE)
        functions.create_function(
            FunctionName=self.name,
            Runtime="python3.12",
            Role="arn:aws:iam::000000000000:role/any",
            Handler="main.handler",
            Code={"ZipFile": archive.getvalue()},
            Environment={"Variables": {"OUT": str(out)}},
        )
        functions.create_event_source_mapping(EventSourceArn=stream, FunctionName=self.name, StartingPosition="TRIM_HORIZON")

    def remember(self, http_response, **_):
        self.positions = http_response.headers["x-tailwater-sequence-number"]

    def put(self, key):
        self.dynamodb.put_item(TableName=self.name, Item={"id": {"S": key}})
        return self.positions

    def tailwater(self, *arguments):
        command = [BINARY, *arguments, "--endpoint", self.server.endpoint, "--region", "us-east-1"]
        return subprocess.run(command, capture_output=True, text=True, timeout=60)

    def wait(self, *arguments):
        return self.tailwater("wait", "--mapping", self.name, *arguments)

    def written(self):
        return self.out.read_text().split() if self.out.exists() else []


@pytest.fixture
def walk(server, tmp_path):
    return Walk(server, tmp_path / "out")


def test_a_write_is_waited_for_and_its_side_effect_is_there(walk):
    after = walk.put("rex")
    waited = walk.wait("--after", after)
    assert (waited.returncode, waited.stderr) == (0, "")
    assert waited.stdout == f"delivered  {after}\n"
    assert walk.written() == ["rex"]
    # Everything that was written before, where nothing is named.
    for key in ["bo", "ann"]:
        walk.put(key)
    assert walk.wait().returncode == 0
    assert walk.written() == ["rex", "bo", "ann"]
    runs = [json.loads(line) for line in walk.tailwater("mapping", "runs", walk.name, "--json").stdout.splitlines()]
    assert sum(run["count"] for run in runs) == 3
    assert {run["outcome"] for run in runs} == {"done"}
    # By HTTP it is the same.
    answer = walk.server.post("/_tailwater/wait", {"mapping": walk.name, "after": after})
    assert answer["outcome"] == "passed"


def test_what_holds_it_is_said_at_once_with_the_functions_error(walk):
    after = walk.put("poison")
    held = walk.wait("--after", after, "--json")
    assert held.returncode == 1
    assert "ValueError: no poison" in held.stderr
    answer = json.loads(held.stdout)
    assert (answer["outcome"], answer["reason"], answer["attempt"]["outcome"]) == ("held", "failing", "failed")
    late = walk.wait("--after", after, "--through-retries", "--timeout", "300ms")
    assert late.returncode == 1
    assert "Not passed within 300 ms" in late.stderr
    nobody = walk.tailwater("wait", "--mapping", "nobody")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert "there is no mapping nobody" in nobody.stderr


def test_a_mapping_is_paused_moved_and_resumed(walk):
    for key in ["a", "b"]:
        walk.put(key)
    assert walk.wait().returncode == 0
    assert walk.tailwater("mapping", "pause", walk.name).returncode == 0
    after = walk.put("c")
    held = walk.wait("--after", after)
    assert held.returncode == 1 and "disabled" in held.stderr
    sought = walk.tailwater("mapping", "seek", walk.name, "--to", "start")
    assert sought.returncode == 0 and "repeats 2 records" in sought.stdout, sought
    assert walk.tailwater("mapping", "resume", walk.name).returncode == 0
    assert walk.wait("--after", after).returncode == 0
    assert walk.written() == ["a", "b", "a", "b", "c"]
    explained = walk.tailwater("mapping", "explain", walk.name)
    assert explained.returncode == 0 and "It has done all that there is" in explained.stdout, explained
    nowhere = walk.tailwater("mapping", "seek", walk.name, "--to", "nowhere")
    assert nowhere.returncode == 1 and "say where to" in nowhere.stderr
