"""What the upstream probe finds in alerts: rules by structured name, leak markers only from structured fields."""

from typing import Any

import pytest

from local.sandbox import Sandbox
from responder.config.runbook import Alerts, Markers, packaged
from responder.domain.alert import MANUAL, Source
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.upstream_reading import known_rules, leak_markers, named_rules
from tests.support.probe_runs import CREDENTIAL, incident, look_at, runbook

SHIPPED = packaged().alerts
LEAKY = Alerts(
    label=SHIPPED.label,
    scenarios=SHIPPED.scenarios,
    leaked=Markers(alert_rules=("KeyLeaked",), tags=("key-leaked",), incident_types=("leak",)),
)


@pytest.mark.parametrize(
    ("details", "names"),
    [
        (None, set()),
        ({}, set()),
        ({"alertname": "TwinMindHighLatency"}, {"TwinMindHighLatency"}),
        ({"alertname": 5, "rule": "TwinMindHighLatency"}, set()),
        ({"AlertName": "TwinMindHighLatency"}, set()),
        ([{"alertname": "TwinMindHighLatency"}], set()),
    ],
)
def test_the_rule_is_what_the_sender_names(details: Any, names: set[str]) -> None:
    assert named_rules(details, SHIPPED.label) == names


def test_only_configured_rules_are_kept() -> None:
    assert known_rules(SHIPPED, {"SomethingElse", "TwinMindAPIDown"}) == ("TwinMindAPIDown",)


@pytest.mark.parametrize(
    ("named", "tags", "kind", "found"),
    [
        ({"KeyLeaked"}, [], None, ("KeyLeaked",)),
        (set(), ["key-leaked", "other"], None, ("key-leaked",)),
        (set(), [], "leak", ("leak",)),
        ({"key-leaked"}, ["KeyLeaked"], "KeyLeaked", ()),
        (set(), [], None, ()),
    ],
)
def test_leak_markers_are_exact(named: set[str], tags: list[str], kind: str | None, found: tuple[str, ...]) -> None:
    assert leak_markers(LEAKY, named, tags, kind) == found


def test_nothing_is_a_leak_unless_configured() -> None:
    assert leak_markers(SHIPPED, {"KeyLeaked"}, ["leak"], "") == ()


def seen(world: dict[str, Any], source: Source, override: dict[str, Any] | None = None) -> Finding:
    with Sandbox(world) as box:
        about = incident(source, "A-1")
        return look_at(runbook(box.url, override), "upstream_incident", about=about)["upstream_incident"]


@pytest.mark.parametrize(("seconds", "measured"), [(1800, 1800), (None, 0)])
def test_the_acknowledgement_time_out_of_the_service(seconds: int | None, measured: int) -> None:
    world = {"pagerduty": {"incidents": {"A-1": {"acknowledgement_timeout_seconds": seconds}}}}
    assert seen(world, "pagerduty").measurements["acknowledgement_timeout_seconds"] == measured


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_opsgenie_and_jsm_are_read_alike(source: Source) -> None:
    alert = {"acknowledged": True, "tags": ["TwinMindHighLatency"], "message": "slow", "details": {}}
    found = seen({source: {"alerts": {"A-1": alert}}}, source)
    assert found.status is FindingStatus.OK
    assert found.measurements["upstream_status"] == "acknowledged"
    assert found.measurements["alert_rules"] == ["TwinMindHighLatency"]


def test_jsm_that_cannot_be_read_is_unknown() -> None:
    found = seen({"jsm": {"readable": False}}, "jsm")
    assert (found.status, found.measurements["http_status"]) == (FindingStatus.UNKNOWN, 404)


def test_a_vendor_that_is_not_enabled_is_skipped() -> None:
    found = seen({}, "opsgenie", {"vendors": {"opsgenie": {"enabled": False}}})
    assert found.summary == "opsgenie is not configured, so this was skipped."
    assert found.measurements["configured"] is False


def test_a_wrong_credential_is_unknown_and_not_shown() -> None:
    found = seen({"credentials": {"pagerduty": "another-credential-0002"}}, "pagerduty")
    assert (found.status, found.measurements["http_status"]) == (FindingStatus.UNKNOWN, 401)
    assert CREDENTIAL not in str(found.dump())


def test_an_incident_started_by_hand_has_no_pager() -> None:
    assert seen({}, MANUAL).status is FindingStatus.UNKNOWN


def on_call(sandbox: Sandbox, source: Source, override: dict[str, Any] | None = None) -> Finding:
    book = runbook(sandbox.url, override)
    return look_at(book, "upstream_on_call", about=incident(source))["upstream_on_call"]


SCHEDULE = {"vendors": {"opsgenie": {"schedule": "TwinMind_schedule"}}}


def test_who_is_on_call_is_asked_by_the_incidents_policy_or_the_schedule() -> None:
    world = {"pagerduty": {"on_call": ["Ada\nL.", "Grace H.", "Ada\nL."]}, "opsgenie": {"on_call": ["a@example.com"]}}
    with Sandbox(world) as sandbox:
        found = on_call(sandbox, "pagerduty")
        assert (found.status, found.measurements["on_call_names"]) == (FindingStatus.OK, ["Ada L.", "Grace H."])
        found = on_call(sandbox, "opsgenie", SCHEDULE)
        assert (found.status, found.measurements["on_call_names"]) == (FindingStatus.OK, ["a@example.com"])


def test_nobody_on_call_is_degraded_and_a_vendor_that_does_not_say_is_unknown() -> None:
    with Sandbox({"pagerduty": {"on_call": []}, "opsgenie": {"up": False}}) as sandbox:
        assert on_call(sandbox, "pagerduty").status is FindingStatus.DEGRADED
        assert on_call(sandbox, "opsgenie", SCHEDULE).status is FindingStatus.UNKNOWN
        for source in ("opsgenie", "jsm", MANUAL):
            found = on_call(sandbox, source)
            assert (found.status, found.measurements["configured"]) == (FindingStatus.OK, False)


def test_the_incident_is_read_once_for_both_probes() -> None:
    with Sandbox() as sandbox:
        look_at(runbook(sandbox.url), "upstream_incident", "upstream_on_call")
        assert [call["path"] for call in sandbox.journal("pagerduty")].count("/pagerduty/incidents/Q1") == 1


def test_a_merge_is_told_from_a_resolution() -> None:
    merged = {"status": "resolved", "resolve_reason": {"type": "merge_resolve_reason", "incident": {"id": "Q2"}}}
    with Sandbox({"pagerduty": {"incidents": {"Q1": merged, "Q3": {"status": "resolved"}}}}) as sandbox:
        found = look_at(runbook(sandbox.url), "upstream_incident")["upstream_incident"]
        assert (found.measurements["upstream_status"], found.measurements["merged"]) == ("resolved", True)
        other = look_at(runbook(sandbox.url), "upstream_incident", about=incident(upstream_id="Q3"))
        assert other["upstream_incident"].measurements["merged"] is False
