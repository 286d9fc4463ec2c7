"""Our own sample bodies in events/webhooks: each is read as its name says."""

import json

import pytest

from responder.contracts.source import Ignored
from responder.domain.alert import AlertEvent
from responder.domain.diagnosis import Severity
from responder.integrations.sources import SOURCES
from tests.support.webhooks import SAMPLES, alert, parse, sample, sample_names

PAGERDUTY = {
    "incident_triggered": "triggered",
    "incident_acknowledged": "acknowledged",
    "incident_unacknowledged": "unacknowledged",
    "incident_priority_updated": "priority_changed",
    "incident_escalated": "escalated",
    "incident_reassigned": "reassigned",
    "incident_annotated": "annotated",
    "incident_status_update_published": "annotated",
    "incident_responder_replied": "updated",
    "incident_role_assigned": "updated",
    "incident_workflow_completed": "updated",
    "incident_resolved": "resolved",
    "incident_merged": "merged",
    "incident_reopened": "reopened",
}
ALERT_ACTIONS = {
    "create": "triggered",
    "acknowledge": "acknowledged",
    "acknowledge_by_api": "acknowledged",
    "unacknowledge": "unacknowledged",
    "add_note": "annotated",
    "close": "resolved",
    "delete": "resolved",
    "escalate": "escalated",
    "update_priority": "priority_changed",
    "take_ownership": "reassigned",
    "custom_action": "updated",
}
EXPECTED = {("pagerduty", name): event for name, event in PAGERDUTY.items()}
EXPECTED |= {(source, name): ALERT_ACTIONS[name] for source in ("opsgenie", "jsm") for name in sample_names(source)}
TITLE = "TwinMindHighErrorRate: transcription requests fail with 401"
UNTITLED = ("escalate", "incident_role_assigned")
IGNORED = ("ping", "service_updated")
IDS = {
    "pagerduty": "pd-QTWINMIND00001",
    "opsgenie": "og-00000000-0000-4000-8000-0000000000a1-1772442847000",
    "jsm": "jsm-00000000-0000-4000-8000-0000000000b1-1772442847000",
}


@pytest.mark.parametrize(("source", "name"), EXPECTED)
def test_a_sample_is_read_as_its_name_says(source: str, name: str) -> None:
    seen = alert(source, sample(source, name))
    assert (seen.event, seen.incident_id, seen.odd) == (EXPECTED[source, name], IDS[source], ())
    assert seen.occurred_at.year == 2026
    assert seen.title == (None if name in UNTITLED else TITLE)


def test_every_sample_is_in_the_table() -> None:
    found = {(source, name) for source in SOURCES for name in sample_names(source)}
    assert found == set(EXPECTED) | {("pagerduty", name) for name in IGNORED}


@pytest.mark.parametrize("name", IGNORED)
def test_what_is_not_about_an_incident_is_ignored_with_a_reason(name: str) -> None:
    seen = parse("pagerduty", sample("pagerduty", name))
    assert isinstance(seen, Ignored)
    assert sample("pagerduty", name)["event"]["event_type"] in seen.reason


def test_a_trigger_carries_what_people_and_the_scope_need() -> None:
    seen = alert("pagerduty", sample("pagerduty", "incident_triggered"))
    assert (seen.service_id, seen.service_name) == ("PSVCTM1", "TwinMind integration")
    assert seen.priority is Severity.P2
    assert seen.teams == ("PTEAM01", "transcription")
    assert seen.tags == ("incident_type:incident_default",)
    assert seen.url == "https://example-account.pagerduty.com/incidents/QTWINMIND00001"


def test_a_create_does_too() -> None:
    seen = alert("opsgenie", sample("opsgenie", "create"))
    assert seen.integration_id == "00000000-0000-4000-8000-00000000c0de"
    assert seen.teams == ("00000000-0000-4000-8000-0000000000e1", "transcription")
    assert seen.tags == ("twinmind", "production")
    assert seen.note == "More than 5 % of the requests failed for five minutes."


@pytest.mark.parametrize(("name", "whom"), [("escalated", "On-call engineer"), ("reassigned", "Team lead")])
def test_who_has_it_now_is_named(name: str, whom: str) -> None:
    assert alert("pagerduty", sample("pagerduty", f"incident_{name}")).note == f"to {whom}"


def test_a_merge_names_the_incident_that_lives_on() -> None:
    seen = alert("pagerduty", sample("pagerduty", "incident_merged"))
    assert (seen.event, seen.merged_into) == (AlertEvent.MERGED, "pd-QTWINMIND00002")


def test_the_token_that_opsgenie_echoes_stays_out() -> None:
    body = sample("opsgenie", "escalate")
    assert body["headers"]["X-Webhook-Token"] not in json.dumps(alert("opsgenie", body).dump())


def test_samples_hold_no_token_that_looks_real() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in SAMPLES.rglob("*.json"))
    assert all(mark not in text for mark in ("tm_sk_", "xox", "AKIA", "Bearer"))
