"""`make sam-local` without Docker: what it leaves is reachable from a container, through the door and nothing else."""

import json
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import httpx
import pytest
from moto import mock_aws

from local import bridge_proxy, cloud, sam_local, samples
from local.drill import stack
from local.paths import Home, LocalCloudError
from local.process import free_port
from local.sandbox import Sandbox

# On Linux it is this machine's too, as the address of Docker's bridge is.
BRIDGE = "127.0.0.2"
SECRETS = ("twinmind_api_key", "twinmind_standby_keys", "opsgenie_webhook", "vendor_credentials")
REGION = "us-east-1"


class Lambda:
    """Deployed functions that do their work."""

    def __init__(self, endpoint: str, error: str | None) -> None:
        self.endpoint, self.error, self.invoked = endpoint, error, list[str]()

    def get_function_configuration(self, **_: str) -> Any:
        return {"Environment": {"Variables": {"QUEUE_URL": f"{self.endpoint}/000000000000/ingest.fifo"}}}

    def invoke(self, **call: str) -> Any:
        self.invoked.append(call["FunctionName"])
        failure = {"FunctionError": self.error, "Payload": BytesIO(b"why")} if self.error else {}
        return {"Payload": BytesIO(b"{}"), **failure}


class Started(SimpleNamespace):
    home: Home
    aws: Any
    functions: Lambda
    url: str


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Started]:
    """A local cloud that runs: moto and the sandbox."""
    port, endpoint = free_port(), f"http://127.0.0.1:{free_port()}"
    functions = Lambda(endpoint, None)
    ids = [samples.logical_id(name) for name in ("audit", *samples.FIRST_STEPS)]
    resources = [
        {"ResourceType": "AWS::Lambda::Function", "LogicalResourceId": one, "PhysicalResourceId": one} for one in ids
    ]
    stacks = SimpleNamespace(describe_stack_resources=lambda **_: {"StackResources": resources})
    fakes = {"lambda": functions, "cloudformation": stacks}
    with mock_aws(), Sandbox({"credentials": {"slack": "a-word-of-ours"}}, port=port) as sandbox:
        real: dict[str, Any] = {
            "ssm": boto3.client("ssm", region_name=REGION),
            "secretsmanager": boto3.client("secretsmanager", region_name=REGION),
            "dynamodb": boto3.client("dynamodb", region_name=REGION),
        }
        clients = fakes | real
        for place in (stack, sam_local):
            monkeypatch.setattr(place, "client", lambda service, _: clients[service])
        for name in SECRETS:
            real["secretsmanager"].create_secret(Name=name, SecretString="before")
        keys = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
        types = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")]
        real["dynamodb"].create_table(
            TableName="table", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST"
        )
        home = Home(tmp_path, is_temporary=True)
        world = httpx.get(f"{sandbox.url}/_world").json()
        home.world_file.write_text(json.dumps(world), encoding="utf-8")
        facts: dict[str, Any] = {"endpoint_url": endpoint, "sandbox_url": sandbox.url, "table_name": "table"}
        facts |= {"runbook_parameter": "runbook", "stop_parameter": "stop", "secrets": {name: name for name in SECRETS}}
        monkeypatch.setattr(cloud, "up", lambda *_: facts)
        monkeypatch.setattr(stack.Stack, "end_open", lambda _: None)
        monkeypatch.setattr(sam_local, "_build", lambda _: None)
        monkeypatch.setattr(bridge_proxy, "bridge_address", lambda: BRIDGE)
        monkeypatch.setattr(sys, "argv", ["sam_local", "python3.13"])
        try:
            yield Started(home=home, aws=real, functions=functions, url=f"http://{BRIDGE}:{port}")
        finally:
            bridge_proxy.service(home).stop()


def test_every_address_that_a_function_gets_is_one_that_a_container_reaches(started: Started) -> None:
    assert sam_local.main(started.home) == 0
    runbook = started.aws["ssm"].get_parameter(Name="runbook")["Parameter"]["Value"]
    credentials = started.aws["secretsmanager"].get_secret_value(SecretId="vendor_credentials")["SecretString"]
    assert "/teams/" in credentials
    texts = runbook + credentials + started.home.sam_local_variables.read_text()
    hosts = re.findall(r"https?://([^/\":]+)", texts)
    assert len(hosts) > 8
    assert set(hosts) == {BRIDGE}
    assert httpx.get(f"{started.url}/_world").json()["twinmind"]["keys"]["primary"]["status"] == "revoked"
    assert started.functions.invoked == [samples.logical_id(name) for name in samples.FIRST_STEPS]


def test_what_it_started_ends_where_it_fails(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    stopped: list[Home] = []
    monkeypatch.setattr(cloud, "stop", stopped.append)
    started.functions.error = "Unhandled"
    assert sam_local.main(started.home) == 1
    assert stopped == [started.home]
    assert not bridge_proxy.service(started.home).is_running()


def test_without_docker_nothing_is_started(started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_docker() -> str:
        raise LocalCloudError("there is no `docker` here")

    def up(*_: object) -> None:
        raise AssertionError("it was started")

    monkeypatch.setattr(bridge_proxy, "bridge_address", no_docker)
    monkeypatch.setattr(cloud, "up", up)
    assert sam_local.main(started.home) == 1
