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
SLOW = ("boto3", "s3transfer", "httpx", "httpcore", "anyio", "yaml", "rich", "click", "responder.probes")
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
    "asyncio": "asyncio" in sys.modules,
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
    looks = handler == "run_diagnostics"
    assert loaded(handler)["slow"] == (["responder.probes"] if looks else [])
    # Powertools' batches bring it to route_alert.
    assert loaded(handler)["asyncio"] == (looks or handler == "route_alert")


@pytest.mark.parametrize("handler", FIRST_MINUTES)
def test_models_are_built_when_first_used(handler: str) -> None:
    assert isinstance(models := loaded(handler)["models"], int)
    assert models > 30
    # The actions declare budgets, which are values of their own.
    assert loaded(handler)["built"] in ([], ["Budget"])
