"""`responder` on the in-process cloud: a command, and the answers that are typed, one a line."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result

from responder_cli import main
from responder_cli.target import TargetStack
from tests.support import doctor
from tests.support.inprocess import REGION, SETTINGS, Cloud

OUTPUTS = {
    "RunbookParameter": SETTINGS["RUNBOOK_PARAMETER"],
    "StopParameter": SETTINGS["STOP_PARAMETER"],
    "WebhookUrl": "https://api.example.com/v1/webhooks",
    "WebhookSecretArn": SETTINGS["WEBHOOK_SECRET"],
    "VendorCredentialsSecretArn": SETTINGS["VENDOR_CREDENTIALS_SECRET"],
    "StandbyKeysSecretArn": SETTINGS["TWINMIND_STANDBY_KEYS_SECRET"],
    "DecideFunctionName": "decide",
    "DoctorFunctionName": "doctor",
}
Run = Callable[..., Result]


@contextmanager
def command_line(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    # A function's logger keeps the standard output of an earlier test, which is closed: no matter of the command's.
    monkeypatch.setattr(logging, "raiseExceptions", False)
    with doctor.front_door(cloud) as url:
        api: dict[str, Any] = {
            "endpoint_url": None,
            "region": REGION,
            "api_url": url.removesuffix("/webhooks/pagerduty"),
            "api_headers": {},
        }

        def target(*_: Any, as_json: bool, **__: Any) -> TargetStack:
            found = TargetStack("responder", local=api, as_json=as_json)
            found.__dict__["outputs"] = OUTPUTS
            return found

        monkeypatch.setattr(main, "connected", target)

        def command(*words: str, typed: tuple[str, ...] = ()) -> Result:
            monkeypatch.setattr(sys, "argv", ["responder", *words])
            return CliRunner().invoke(main.cli, list(words), input="\n".join((*typed, "")))

        yield command
