"""A server under test: one for each storage, on a free port, for the whole run."""

import atexit
import os
import pathlib
import socket
import subprocess
import tempfile
import time
import urllib.request

import boto3
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("TAILWATER_BIN", str(ROOT / "target/release/tailwater"))


def eventually(what, attempt, deadline_s=20):
    """Calls `attempt` until it answers something true, or fails when the deadline has passed."""
    deadline, last = time.monotonic() + deadline_s, None
    while time.monotonic() < deadline:
        try:
            answer = attempt()
            if answer:
                return answer
        except Exception as error:  # noqa: BLE001: whatever it was, it is shown when the deadline passes
            last = error
        time.sleep(0.02)
    raise AssertionError(f"not within {deadline_s} s: {what}") from last


class Server:
    def __init__(self, arguments, output=subprocess.DEVNULL):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.arguments, self.output = arguments, output
        self.launch()

    @property
    def endpoint(self):
        return f"http://localhost:{self.port}"

    def launch(self):
        command = [BINARY, "serve", "--port", str(self.port), *self.arguments]
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT if self.output is not subprocess.DEVNULL else None)
        # A test that fails before it stops its server leaves none behind.
        atexit.register(self.process.kill)
        eventually("the server is ready", lambda: urllib.request.urlopen(f"{self.endpoint}/_tailwater/health").status == 200)

    def client(self, name, region="us-west-2", access_key="FAKE"):
        return boto3.client(
            name,
            aws_access_key_id=access_key,
            aws_secret_access_key="FAKE",
            endpoint_url=self.endpoint,
            region_name=region,
        )

    def post(self, path, body):
        import json

        request = urllib.request.Request(self.endpoint + path, data=json.dumps(body).encode(), method="POST")
        return json.loads(urllib.request.urlopen(request).read() or b"{}")

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=20)


@pytest.fixture(scope="session", params=["memory", "directory"])
def server(request):
    if request.param == "memory":
        server = Server(["--in-memory"])
        yield server
        assert server.stop() == 0
    else:
        with tempfile.TemporaryDirectory() as directory:
            server = Server(["--data-dir", f"{directory}/data"])
            yield server
            assert server.stop() == 0


@pytest.fixture
def dynamodb(server):
    return server.client("dynamodb")


@pytest.fixture
def streams(server):
    return server.client("dynamodbstreams")
