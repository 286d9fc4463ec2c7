"""Nothing that a probe is told turns up in what it says: secrets are planted in every answer, name, log line, label."""

import json
from typing import Any

import pytest

from local.sandbox import Sandbox
from local.sandbox.defaults import default_world
from responder.config.runbook import merge
from responder.contracts.probe import Readers
from responder.domain import redact
from responder.probes import PROBES, service_metrics
from responder.probes.logs_reading import reading
from tests.support.canaries import FORMS, Garden, Talkative, in_form
from tests.support.probe_runs import EVERYTHING, incident, look_at, runbook

SCHEDULE = {"vendors": {"opsgenie": {"schedule": "on call"}}, "endpoints": {"control_url": "http://127.0.0.1:9"}}


@pytest.fixture
def garden(monkeypatch: pytest.MonkeyPatch) -> Garden:
    monkeypatch.setattr(redact, "_memory", redact.Memory())
    monkeypatch.setattr(service_metrics, "APART", 0.05)
    return Garden()


def readers_of(garden: Garden, labels: list[str]) -> tuple[Readers, dict[str, Any]]:
    """The world's keys are secrets that the process has read, as are the vendors' credentials."""
    keys = {label: {"key": garden.secret(f"key {label}", "tm_sk_"), "status": "active"} for label in labels}
    credential = garden.secret("credential")
    for secret in (credential, *(one["key"] for one in keys.values())):
        redact.remember(secret)
    standby = tuple(keys[label]["key"] for label in labels[1:])
    return Readers(lambda: keys["primary"]["key"], lambda: standby, lambda _: credential), keys


@pytest.mark.parametrize("trouble", [{}, {"status_code": 503}, {"rate_limit": {"exhausted": True}}])
def test_no_finding_repeats_a_secret(garden: Garden, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, Any]) -> None:
    readers, keys = readers_of(garden, list(default_world()["twinmind"]["keys"]))
    names = [garden.plant("on call") for _ in FORMS]
    world = {
        "twinmind": {"keys": keys} | trouble,
        "pagerduty": {"on_call": names},
        "opsgenie": {"on_call": names},
        "service": {
            "load": {"requests_per_minute": 6000},
            "errors": {"ratio": 0.3, "type": garden.secret("error type")},
        },
        "kubernetes": {"forbidden": [] if not trouble else ["get deployments"]},
    }
    said: list[str] = []

    def report(probe: str, fault: str) -> None:
        said.append(f"{probe} {fault}")

    with Sandbox(world) as sandbox:
        Talkative(monkeypatch, garden)
        book = runbook(sandbox.url, merge(EVERYTHING, SCHEDULE))
        for source in ("pagerduty", "opsgenie"):
            found = look_at(book, about=incident(source), readers=readers, report=report)
            assert found.keys() == PROBES.keys()
            said += [json.dumps(one.dump()) for one in found.values()]
    assert len(garden.planted) > 100
    assert not any(one.measurements.get("error") for one in found.values())
    assert garden.found_in("\n".join(said)) == {}


@pytest.mark.parametrize("form", FORMS)
def test_no_log_line_gives_a_secret_away(garden: Garden, form: str) -> None:
    secrets = [in_form(garden.secret("log"), form) for _ in range(20)]
    lines = [f"t ERROR transcribe {one} x {one}" for one in secrets]
    lines += [json.dumps({"level": 50, "consumer": one, "msg": one, "error": {"name": one}}) for one in secrets]
    found = reading(lines)
    assert found.errors.total() == len(lines)
    assert garden.found_in(f"{list(found.types)} {list(found.consumers)}") == {}
