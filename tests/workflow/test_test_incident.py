"""A test incident: the whole way, every message marked, and nothing is changed, public or counted."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from responder_cli import main, test_incident
from responder_cli.target import TargetStack
from tests.support import doctor
from tests.support.inprocess import MACHINE_ARN, REGION, Cloud, notices, running_cloud


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch) as running:
        yield running


def sent(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, *more: str) -> Result:
    monkeypatch.setattr(test_incident, "POLL_SECONDS", 0.1)
    monkeypatch.setattr(sys, "argv", ["responder", "test-incident"])
    with doctor.front_door(cloud) as url:
        api: dict[str, Any] = {"endpoint_url": None, "region": REGION, "api_headers": {}}
        target = TargetStack("responder", local=api | {"api_url": url.removesuffix("/webhooks/pagerduty")})
        target.__dict__["outputs"] = {"StateMachineArn": MACHINE_ARN}
        monkeypatch.setattr(main, "connected", lambda *_, **__: target)
        return CliRunner().invoke(main.cli, ["test-incident", *more])


def incident_of(cloud: Cloud, done: Result) -> dict[str, Any]:
    """By the name that the command says; the functions log into the same output here."""
    (name,) = set(re.findall(r"manual-test-[0-9]{8}-[0-9]{6}", done.output.split(" is started")[0]))
    return cloud.incident(name)


def writes(cloud: Cloud, vendor: str) -> list[str]:
    return [f"{one['method']} {one['path']}" for one in cloud.sandbox.journal(vendor) if one["method"] != "GET"]


def test_it_goes_the_whole_way_and_ends_with_what_reached_whom(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done = sent(cloud, monkeypatch)
    assert done.exit_code == 0, done.output
    found = incident_of(cloud, done)
    assert (found["status"], found["title"].startswith("TEST: ")) == ("resolved", True)
    messages = [one["data"] for one in found["timeline"] if one["kind"] == "message"]
    channels = {one["channel"] for one in messages if one["outcome"] == "sent"}
    assert {"slack", "mail", "ticket"} <= channels
    assert re.search(r"✓ \+ +[0-9]+\.[0-9] s  \w+ +Slack: ", done.output)
    said = [one["text"] for one in cloud.sandbox.world["slack"]["messages"]["C0INCIDENTS"]]
    assert said
    assert [text for text in said if "TEST" not in text] == []
    assert [notice for notice in notices() if "TEST" not in notice] == []
    assert writes(cloud, "pagerduty") == writes(cloud, "statuspage") == []
    assert "SecondsTo" not in capsys.readouterr().out


def test_where_something_is_wrong_no_action_acts_and_nothing_is_public(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    done = sent(cloud, monkeypatch, "--seconds", "10", "--severity", "P1")
    found = incident_of(cloud, done)
    assert found["cause"] == "key_rejected"
    assert {one["outcome"] for one in found["actions"]} <= {"observed"}
    assert writes(cloud, "statuspage") == []
    assert [one for one in cloud.sandbox.journal("service") if one["path"].endswith("/restart")] == []
