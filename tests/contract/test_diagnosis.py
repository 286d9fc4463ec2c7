"""One faulty world per cause: the real probes look at the sandbox, and the classification must name the cause."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.sandbox import Sandbox
from responder.contracts.probe import LONG_TIMEOUT_SECONDS, Readers
from responder.diagnosis.classify import classify
from responder.domain.diagnosis import Cause, Diagnosis, Scenario, Severity
from responder.probes import service_metrics
from tests.support.probe_runs import BUSY, CREDENTIAL, KEY, STANDBY, incident, look_at, runbook


@dataclass(frozen=True)
class World:
    """`change` of the sandbox; the key, the staged keys and the override that the responder works with."""

    change: dict[str, Any]
    cause: Cause
    severity: Severity
    scenario: Scenario
    user_impact: bool
    key: str = KEY
    standby: tuple[str, ...] = STANDBY
    override: dict[str, Any] = field(default_factory=dict)


def alert_of(rule: str) -> dict[str, Any]:
    return {"pagerduty": {"incidents": {"Q1": {"alerts": [{"details": {"alertname": rule}}]}}}}


REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}
ALL_REVOKED = {"twinmind": {"keys": {label: {"status": "revoked"} for label in ("primary", "standby-1", "standby-2")}}}
ANNOUNCED = {"twinmind_status": {"indicator": "major", "incidents": [{"name": "API errors", "impact": "major"}]}}
LEAK_MARKER = {"alerts": {"leaked": {"alert_rules": ["TwinMindKeyLeaked"]}}}
IN_VPC = {"endpoints": {"service": {"shares_network_with_probes": True}}}
C, S, V = Cause, Scenario, Severity

WORLDS = {
    "nothing": World({}, C.NO_FAULT, V.P4, S.OTHER, False),
    "nothing, quiet": World({"service": {"load": {"requests_per_minute": 0}}}, C.NO_FAULT, V.P4, S.OTHER, False),
    "health wants a key": World({"twinmind": {"health_needs_key": True}}, C.NO_FAULT, V.P4, S.OTHER, False),
    "503": World({"twinmind": {"up": False}}, C.PROVIDER_OUTAGE, V.P1, S.ALL_TRANSCRIPTIONS_FAILING, True),
    "503 and announced": World(
        {"twinmind": {"up": False}} | ANNOUNCED, C.PROVIDER_OUTAGE, V.P1, S.ALL_TRANSCRIPTIONS_FAILING, True
    ),
    "line dropped": World(
        {"faults": {"twinmind": {"drop": True}}}, C.PROVIDER_OUTAGE, V.P1, S.ALL_TRANSCRIPTIONS_FAILING, True
    ),
    "announced only": World(ANNOUNCED, C.NO_FAULT, V.P3, S.OTHER, False),
    "key revoked": World(REVOKED, C.KEY_REJECTED, V.P1, S.AUTHENTICATION_FAILURE, True),
    "key revoked, none staged": World(REVOKED, C.KEY_REJECTED, V.P1, S.AUTHENTICATION_FAILURE, True, standby=()),
    "key revoked, health wants a key": World(
        {"twinmind": REVOKED["twinmind"] | {"health_needs_key": True}},
        C.KEY_REJECTED,
        V.P1,
        S.AUTHENTICATION_FAILURE,
        True,
    ),
    "key revoked, health wants a key, none staged": World(
        {"twinmind": REVOKED["twinmind"] | {"health_needs_key": True}},
        C.UNKNOWN,
        V.P1,
        S.AUTHENTICATION_FAILURE,
        True,
        standby=(),
    ),
    "every key revoked": World(ALL_REVOKED, C.PROVIDER_OUTAGE, V.P1, S.AUTHENTICATION_FAILURE, True),
    "service holds the old key": World(
        REVOKED, C.KEY_STALE, V.P1, S.AUTHENTICATION_FAILURE, True, key=STANDBY[0], standby=STANDBY
    ),
    "rule marked as leak": World(
        alert_of("TwinMindKeyLeaked"), C.KEY_LEAKED, V.P1, S.AUTHENTICATION_FAILURE, False, override=LEAK_MARKER
    ),
    "rule not marked as leak": World(alert_of("TwinMindKeyLeaked"), C.NO_FAULT, V.P4, S.OTHER, False),
    "leak in words": World(
        {
            "pagerduty": {
                "incidents": {"Q1": {"title": "TwinMindKeyLeaked", "alerts": [{"details": "TwinMindKeyLeaked"}]}}
            }
        },
        C.NO_FAULT,
        V.P4,
        S.OTHER,
        False,
        override=LEAK_MARKER,
    ),
    "limit used up": World(
        {"twinmind": {"rate_limit": {"exhausted": True}}}, C.RATE_LIMITED, V.P1, S.RATE_LIMITING, True
    ),
    "limit near": World({"twinmind": {"rate_limit": {"remaining": 5}}}, C.RATE_LIMITED, V.P3, S.RATE_LIMITING, False),
    "service short of CPU": World(
        {"service": {"load": {"cpu": 0.97}, "client_delay_ms": 7000}}, C.SERVICE_OVERLOADED, V.P3, S.HIGH_LATENCY, False
    ),
    "slow for the service alone": World({"service": {"client_delay_ms": 7000}}, C.UNKNOWN, V.P3, S.HIGH_LATENCY, False),
    "slow for the service, and TwinMind says degraded": World(
        {"service": {"client_delay_ms": 7000}, "twinmind_status": {"indicator": "minor"}},
        C.PROVIDER_SLOW,
        V.P3,
        S.HIGH_LATENCY,
        False,
    ),
    "no egress for the service": World(
        {"service": {"egress": False}}, C.NETWORK_FAILURE, V.P1, S.ALL_TRANSCRIPTIONS_FAILING, True
    ),
    "database of the service": World(
        {"service": {"checks": {"database": "fail"}}} | alert_of("TwinMindAPIDown"),
        C.SERVICE_FAULT,
        V.P2,
        S.OTHER,  # every call passes, whatever the alert says
        False,
    ),
    "service down": World({"service": {"up": False}}, C.SERVICE_FAULT, V.P1, S.ALL_TRANSCRIPTIONS_FAILING, True),
    "transcriptions fail for no known reason": World(
        {"service": {"errors": {"ratio": 1.0}}}, C.SERVICE_FAULT, V.P1, S.ALL_TRANSCRIPTIONS_FAILING, True
    ),
    "an occasional error": World(
        {"service": {"errors": {"ratio": 0.01}, "load": {"requests_per_minute": 300_000}}},
        C.NO_FAULT,
        V.P4,
        S.OTHER,
        False,
    ),
    "summaries fail": World({"service": {"errors": {"summary_ratio": 1.0}}}, C.UNKNOWN, V.P2, S.OTHER, True),
    "no status page": World({"twinmind_status": {"reachable": False}}, C.NO_FAULT, V.P4, S.OTHER, False),
    "service not configured": World(
        {}, C.UNKNOWN, V.P3, S.OTHER, False, override={"endpoints": {"service": {"base_url": None}}}
    ),
    "no answer, seen from the service's network": World(
        {"faults": {"twinmind": {"drop": True}, "pagerduty": {"drop": True}}, "twinmind_status": {"reachable": False}},
        C.NETWORK_FAILURE,
        V.P1,
        S.ALL_TRANSCRIPTIONS_FAILING,
        True,
        override=IN_VPC,
    ),
    "no answer from anybody, seen from elsewhere": World(
        {"faults": {"twinmind": {"drop": True}, "pagerduty": {"drop": True}}, "twinmind_status": {"reachable": False}},
        C.UNKNOWN,
        V.P1,
        S.ALL_TRANSCRIPTIONS_FAILING,
        True,
    ),
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(BUSY) as box:
        yield box


@pytest.fixture(autouse=True)
def _fresh(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    # Shares of CPU are read from it: on a busy machine, less would say more of the machine than of the world.
    monkeypatch.setattr(service_metrics, "APART", 0.5)
    sandbox.reset()


def diagnosed(sandbox: Sandbox, world: World) -> Diagnosis:
    sandbox.patch(world.change)
    book = runbook(sandbox.url, world.override)
    readers = Readers(lambda: world.key, lambda: world.standby, lambda _: CREDENTIAL)
    earlier, now = [list(look_at(book, readers=readers).values()) for _ in range(2)]
    return classify(now, earlier=earlier, runbook=book, incident=incident())


@pytest.mark.parametrize("name", WORLDS)
def test_the_world_is_diagnosed(name: str, sandbox: Sandbox) -> None:
    world = WORLDS[name]
    found = diagnosed(sandbox, world)
    why = "\n".join(found.reasons)
    assert found.cause is world.cause, why
    assert (found.severity, found.scenario) == (world.severity, world.scenario), why
    assert found.user_impact is world.user_impact, why
    assert (found.impact is not None) is world.user_impact


def test_a_slow_twinmind_is_told_from_a_silent_one(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = {"thresholds": {"latency_p95_seconds": 0.3}}
    slow = World({"twinmind": {"latency_ms": 600}}, C.PROVIDER_SLOW, V.P3, S.HIGH_LATENCY, False, override=limit)
    assert LONG_TIMEOUT_SECONDS > 5, "a probe that gives up before the threshold cannot see slowness"
    found = diagnosed(sandbox, slow)
    assert (found.cause, found.severity, found.scenario) == (slow.cause, slow.severity, slow.scenario)


def test_a_second_fault_is_named_in_the_reasons(sandbox: Sandbox) -> None:
    world = {"twinmind": REVOKED["twinmind"], "service": {"checks": {"database": "fail"}}} | ANNOUNCED
    found = diagnosed(sandbox, World(world, C.KEY_STALE, V.P1, S.AUTHENTICATION_FAILURE, True, key=STANDBY[0]))
    assert found.cause is Cause.KEY_STALE
    text = "\n".join(found.reasons)
    assert "Besides this, service_fault" in text
    assert "Besides this, provider_outage" in text
    assert "API errors" in text


def test_reasons_name_their_findings_and_no_credential(sandbox: Sandbox) -> None:
    found = diagnosed(sandbox, WORLDS["key revoked"])
    assert any(reason.startswith("twinmind_account: ") for reason in found.reasons)
    assert not any(secret in found.model_dump_json() for secret in (KEY, *STANDBY, CREDENTIAL))
