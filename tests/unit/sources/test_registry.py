"""Every source file is in the registry, and the registry is cheap to import."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from responder.integrations import sources
from responder.integrations.sources import SOURCES
from tests.support.webhooks import ROOT, sample_names


def _vendors() -> list[str]:
    return [path.parent.name for path in Path(sources.__file__).parent.glob("*/webhook.py")]


def test_every_file_with_an_adapter_is_listed() -> None:
    adapters = {name: import_module(f"responder.integrations.{name}.webhook").ADAPTER for name in _vendors()}
    assert adapters == SOURCES


@pytest.mark.parametrize("name", SOURCES)
def test_an_adapter_goes_by_its_key_and_has_samples(name: str) -> None:
    assert SOURCES[name].name == name
    assert sample_names(name)


def test_the_registry_imports_nothing_that_delays_the_answer_to_a_webhook() -> None:
    heavy = ("boto3", "botocore", "httpx", "yaml", "aws_lambda_powertools")
    code = f"import sys, responder.integrations.sources; print([name for name in {heavy} if name in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(ROOT / "layers" / "responder" / "python")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"
