"""The CDK CLI against one server, as a user has it: the endpoint and credentials in the environment, and nothing else."""

import importlib.util
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = ROOT / "tests/.tools/cdk"

# The server as other clients' tests start it.
_spec = importlib.util.spec_from_file_location("clients", ROOT / "tests/clients/python/conftest.py")
clients = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(clients)
eventually = clients.eventually


class Cdk:
    """The CLI in the folder of an app."""

    def __init__(self, server, home, folder):
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AWS_ENDPOINT_URL": server.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            # What is asked of the internet, and five seconds of checks at each run.
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_VALIDATION": "false",
        }

    def command(self, *arguments):
        return [str(TOOLS / "node_modules/.bin/cdk"), *arguments, "--no-notices", "--no-color"]

    def run(self, *arguments, fails=False, stdin=None, **variables):
        """Runs a command; answers what it printed."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL if stdin is None else None,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def deploy(self, *arguments, **options):
        return self.run("deploy", "--require-approval", "never", *arguments, **options)

    def start(self, *arguments, **variables):
        """Starts a command that goes on."""
        return subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=self.environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


@pytest.fixture(scope="session")
def server():
    with tempfile.TemporaryDirectory() as directory:
        modules = str(TOOLS / "node_modules")
        server = clients.Server(["--data-dir", f"{directory}/data", "--sdk-dir", modules])
        yield server
        assert server.stop() == 0


@pytest.fixture(scope="session")
def aws(server):
    """Clients of the region of the apps."""
    return lambda name: server.client(name, region="us-east-1", access_key="test")


@pytest.fixture(scope="session")
def app(server):
    """Copies an app to where it finds CDK's library; answers the CLI in its folder."""
    work = TOOLS / "work"
    shutil.rmtree(work, ignore_errors=True)

    def copy(folder):
        copied = work / folder.name
        shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("node_modules", "cdk.out"))
        home = work / "home"
        home.mkdir(exist_ok=True)
        return Cdk(server, home, copied)

    yield copy
    shutil.rmtree(work, ignore_errors=True)


@pytest.fixture
def outputs(aws):
    """The outputs of a stack."""

    def of(stack):
        described = aws("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {re.sub(r"[0-9A-F]{8}$", "", output["OutputKey"]): output["OutputValue"] for output in described.get("Outputs", [])}

    return of
