"""What a cold start of the first minutes loads: what is slow to import or to build waits for its first use."""

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from local.cold_starts import FIRST_MINUTES

# Without boto3: botocore's clients are the same, and boto3 brings s3transfer. Lambda has neither rich nor click, which
# httpx takes where it finds them.
SLOW = (
    "boto3", "s3transfer", "httpx", "httpcore", "anyio", "yaml", "rich", "click", "responder.probes",
    "pydantic.networks", "aws_lambda_powertools.utilities.batch", "aws_lambda_powertools.utilities.data_classes",
)  # fmt: skip
# Whole parts of the package, and libraries, that the handler can do without until a rare path or a vendor needs them.
UNNEEDED = {
    "receive_webhook": ("responder.notifications", "responder.clients", "responder.aws.incident_table", "asyncio"),
    "route_alert": ("responder.notifications.messages", "responder.clients", "responder.context", "asyncio"),
    "open_incident": ("responder.report.render", "responder.integrations.jira.ticket", "asyncio"),
    "run_diagnostics": ("responder.notifications", "prometheus_client"),
    "classify_incident": ("responder.notifications.messages", "responder.integrations.slack.channel", "asyncio"),
    "announce_incident": ("responder.report.render", "responder.integrations.jira.ticket", "asyncio"),
}
LOOK = f"""
import json, sys, importlib
importlib.import_module("functions." + sys.argv[1] + ".app")
from pydantic import BaseModel
def below(model):
    for one in model.__subclasses__():
        yield one
        yield from below(one)
ours = [one for one in below(BaseModel) if one.__module__.startswith("responder.")]
print(json.dumps({{
    "slow": [name for name in {SLOW} if name in sys.modules],
    "unneeded": [name for name in {UNNEEDED}[sys.argv[1]] if name in sys.modules],
    "models": len(ours),
    "built": sorted(one.__name__ for one in ours if one.__pydantic_complete__),
}}))
"""


@cache
def loaded(handler: str) -> dict[str, object]:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", LOOK, handler], env=env, capture_output=True, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("handler", FIRST_MINUTES)
def test_nothing_slow_is_loaded_before_it_is_used(handler: str) -> None:
    assert loaded(handler)["slow"] == (["responder.probes"] if handler == "run_diagnostics" else [])
    assert loaded(handler)["unneeded"] == []


@pytest.mark.parametrize("handler", FIRST_MINUTES)
def test_models_are_built_when_first_used(handler: str) -> None:
    assert isinstance(models := loaded(handler)["models"], int)
    assert models > 30
    # The actions declare budgets, which are values of their own.
    assert loaded(handler)["built"] in ([], ["Budget"])


FIRST_CLIENT = """
import gc, json, sys
from responder.aws.clients import client
listed = []
sys.addaudithook(lambda event, given: listed.append(str(given[0])) if event == "os.listdir" else None)
client("dynamodb")
print(json.dumps({"listed": listed, "threshold": gc.get_threshold()[0]}))
"""


def test_the_first_client_looks_at_no_other_service_and_little_garbage_is_sought() -> None:
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run([sys.executable, "-c", FIRST_CLIENT], env=env, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert [folder for folder in found["listed"] if "/botocore/data/" in folder and "/dynamodb" not in folder] == []
    assert any(folder.endswith("/dynamodb") for folder in found["listed"])
    assert found["threshold"] >= 20_000
