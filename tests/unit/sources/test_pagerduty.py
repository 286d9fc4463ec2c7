"""PagerDuty bodies: odd ones are accepted, hollow ones are not, and only people count as people."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from responder.contracts.source import Ignored, Malformed
from responder.domain.alert import Alert, AlertEvent, Person, UpstreamStatus
from responder.domain.apply_alert import apply_alert
from responder.domain.diagnosis import Severity
from tests.support.webhooks import RECEIVED_AT, alert, parse, sample


def triggered(**data: Any) -> dict[str, Any]:
    body = sample("pagerduty", "incident_triggered")
    body["event"]["data"].update(data)
    return body


def with_event(**event: Any) -> dict[str, Any]:
    body = sample("pagerduty", "incident_acknowledged")
    body["event"].update(event)
    return body


def without(*names: str) -> dict[str, Any]:
    body = triggered()
    for name in names:
        del body["event"]["data"][name]
    return body


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", None),
        ("title", ""),
        ("title", "x" * 10_000),
        ("title", ["a", "list"]),
        ("priority", ["P1"]),
        ("service", "PSVCTM1"),
        ("teams", {"id": "PTEAM01"}),
        ("resolve_reason", "merged"),
        ("html_url", "javascript:alert(1)"),
        ("incident_type", "major"),
    ],
)
def test_an_odd_field_is_named_and_the_rest_is_read(name: str, value: Any) -> None:
    seen = alert("pagerduty", triggered(**{name: value}))
    assert seen.odd == (f"event.data.{name}",)
    assert (seen.event, seen.incident_id) == (AlertEvent.TRIGGERED, "pd-QTWINMIND00001")


def test_a_conference_number_that_is_an_integer_is_odd() -> None:
    seen = alert("pagerduty", triggered(conference_bridge={"conference_number": 15555550100, "conference_url": None}))
    assert seen.odd == ("event.data.conference_bridge.conference_number",)


def test_fields_that_older_deliveries_lack_are_not_odd() -> None:
    seen = alert("pagerduty", without("incident_key", "created_at", "reopened_at", "incident_type"))
    assert seen.odd == ()


def test_texts_are_cut_scrubbed_and_of_one_line() -> None:
    key = "tm_sk_" + "prod_" + "0123456789abcdef" * 2
    title = f" \u202eAll\x00 calls\r\n fail \ud800with {key} " + "word " * 100
    seen = alert("pagerduty", triggered(title=title))
    assert seen.title is not None
    assert seen.title.startswith("All calls  fail with [redacted] word")
    assert len(seen.title) == 255
    assert seen.title.endswith("…")


def test_a_long_note_is_cut_and_a_key_across_the_cut_does_not_show() -> None:
    key = "tm_sk_" + "prod_" + "0123456789abcdef" * 2
    body = sample("pagerduty", "incident_annotated")
    for length in range(1950, 2001):
        body["event"]["data"]["content"] = "a " * (length // 2) + key + " b" * 5000
        note = alert("pagerduty", body).note
        assert note is not None
        assert len(note) <= 2000
        assert "tm_sk" not in note


def test_a_credential_does_not_show_where_a_huge_text_is_cut() -> None:
    key = "tm_sk_" + "prod_" + "0123456789abcdef" * 2
    noise = "q7Zk2Vx9Lm4Tr8Wp3Hs6" * 3
    body = sample("pagerduty", "incident_annotated")
    for length in range(60, 110):
        body["event"]["data"]["content"] = f"{key} " * 100 + "a" * length + f" {noise}" * 1000
        assert "q7Zk2" not in (alert("pagerduty", body).note or "")


def test_the_address_loses_what_could_be_a_credential() -> None:
    seen = alert("pagerduty", triggered(html_url="https://example.com/incidents/QTWINMIND00001?token=s3cret#x"))
    assert seen.url == "https://example.com/incidents/QTWINMIND00001"


@pytest.mark.parametrize(
    ("summary", "severity"),
    [
        ("P1", "P1"),
        ("p3", "P3"),
        ("P5", "P4"),
        ("SEV-2", "P2"),
        ("P1 - Critical", "P1"),
        ("4", "P4"),
        ("Critical", "P1"),
        ("High", "P2"),
        ("Moderate", "P3"),
        ("Informational", "P4"),
    ],
)
def test_priorities_by_level_or_name(summary: str, severity: str) -> None:
    seen = alert("pagerduty", triggered(priority={"id": "PX", "summary": summary}))
    assert (seen.priority, seen.odd) == (Severity(severity), ())


@pytest.mark.parametrize("summary", ["P0", "P10", "Wobbly", "-1", "1st", None])
def test_a_priority_of_unknown_name_is_odd_and_none(summary: str | None) -> None:
    seen = alert("pagerduty", triggered(priority={"id": "PX", "summary": summary}))
    assert (seen.priority, seen.odd) == (None, ("event.data.priority.summary",))


@pytest.mark.parametrize(
    ("agent", "person"),
    [
        (None, Person()),
        ("PUSER01", Person()),
        ({"id": "PUSER01"}, Person(id="PUSER01")),
        ({"id": "PUSER01", "type": "user_reference"}, Person(id="PUSER01", is_human=True)),
        ({"id": 7, "type": "user_reference", "summary": 8}, Person(id="7", name="8", is_human=True)),
        ({"id": ["x"], "type": {"x": 1}, "summary": False}, Person()),
        ({"id": "PBOT", "type": "user_reference", "summary": "Bot"}, Person(id="PBOT", name="Bot")),
        (
            {"id": "PI", "type": "inbound_integration_reference", "summary": "Datadog"},
            Person(id="PI", name="Datadog"),
        ),
    ],
)
def test_only_a_user_that_is_not_our_bot_is_a_person(agent: Any, person: Person) -> None:
    assert alert("pagerduty", with_event(agent=agent), bot_user="PBOT").actor == person


@pytest.mark.parametrize("occurred_at", [None, "yesterday", 1772442847512, "0001-01-01T00:00:00+23:59", {}])
def test_without_a_usable_time_the_moment_of_receipt_counts(occurred_at: Any) -> None:
    seen = alert("pagerduty", with_event(occurred_at=occurred_at))
    assert (seen.occurred_at, seen.odd) == (RECEIVED_AT, ("event.occurred_at",))


def test_an_event_from_the_future_happened_now_but_clocks_may_differ() -> None:
    ahead = RECEIVED_AT + timedelta(minutes=30)
    assert alert("pagerduty", with_event(occurred_at=ahead.isoformat())).occurred_at == ahead
    far = alert("pagerduty", with_event(occurred_at="2099-01-01T00:00:00Z"))
    assert (far.occurred_at, far.odd) == (RECEIVED_AT, ("event.occurred_at",))


def test_times_in_another_zone_or_none_are_utc() -> None:
    expected = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    for text in ("2026-03-02T11:00:00.000+02:00", "2026-03-02T09:00:00"):
        assert alert("pagerduty", with_event(occurred_at=text)).occurred_at == expected


@pytest.mark.parametrize(
    ("reason", "event", "merged_into", "odd"),
    [
        ({"type": "merge_resolve_reason", "incident": {"id": "PTARGET"}}, AlertEvent.MERGED, "pd-PTARGET", ()),
        ({"type": "merge_resolve_reason"}, AlertEvent.MERGED, None, ("event.data.resolve_reason.incident",)),
        ({"type": "some_other_reason"}, AlertEvent.RESOLVED, None, ("event.data.resolve_reason.type",)),
        (None, AlertEvent.RESOLVED, None, ()),
    ],
)
def test_a_merge_is_not_a_fix(reason: Any, event: AlertEvent, merged_into: str | None, odd: tuple[str, ...]) -> None:
    body = sample("pagerduty", "incident_resolved")
    body["event"]["data"]["resolve_reason"] = reason
    seen = alert("pagerduty", body)
    assert (seen.event, seen.merged_into, seen.odd) == (event, merged_into, odd)


@pytest.mark.parametrize("status", [None, "exploded", "resolved"])
def test_the_event_and_not_the_status_beside_it_says_how_the_incident_stands(status: str | None) -> None:
    seen = alert("pagerduty", triggered(status=status))
    assert (seen.event, seen.odd) == (AlertEvent.TRIGGERED, ())
    assert apply_alert(None, seen).upstream_status is UpstreamStatus.TRIGGERED


def test_the_state_of_a_task_is_not_the_state_of_the_incident() -> None:
    data = {"incident": {"id": "PABC"}, "id": "PTASK", "type": "incident_task", "name": "Call them", "status": "todo"}
    seen = alert("pagerduty", with_event(event_type="incident.task.created", data=data))
    assert (seen.event, seen.note) == (AlertEvent.UPDATED, "Call them, todo")
    assert apply_alert(None, seen).upstream_status is None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": None},
        {"event": "incident.triggered"},
        {"event": {"event_type": None}},
        {"event": {"event_type": ["incident.triggered"]}},
        {"messages": [{"event": "incident.trigger"}]},
        {"event": {"event_type": "incident.triggered"}},
        {"event": {"event_type": "incident.triggered", "data": {"id": "  "}}},
        {"event": {"event_type": "incident.triggered", "data": {"id": None, "incident": {"id": "PABC"}}}},
        {"event": {"event_type": "incident.annotated", "data": {"id": "PNOTE"}}},
        {"event": {"event_type": "incident.role.assigned", "data": {"incident_role_assignments": []}}},
    ],
)
def test_without_event_type_or_incident_id_a_body_is_malformed(body: dict[str, Any]) -> None:
    assert isinstance(parse("pagerduty", body), Malformed)


@pytest.mark.parametrize("event_type", ["pagey.ping", "service.created", "service.deleted", "incident.new_thing", "x"])
def test_what_needs_nothing_done_is_ignored_even_without_an_incident(event_type: str) -> None:
    assert isinstance(parse("pagerduty", with_event(event_type=event_type, data=None)), Ignored)


def test_ids_that_fit_no_execution_name_are_hashed_and_stay_the_same() -> None:
    """A dot fits, but switches off the logging of the execution (StartExecution, "name")."""
    names = set()
    for upstream in ("a b", "a/b", "a:b", "x" * 65, "..", "Q1.b", "Ünïcode"):
        seen = alert("pagerduty", triggered(id=upstream))
        assert seen == alert("pagerduty", triggered(id=upstream))
        assert seen.odd == ("event.data.id",)
        assert len(seen.incident_id) <= 80 - len("-") - 10
        assert re.fullmatch(r"[0-9A-Za-z_-]+", seen.incident_id)
        assert seen.upstream_id == upstream
        names.add(seen.incident_id)
    assert len(names) == 7


def test_a_number_as_id_is_odd_and_used() -> None:
    seen = alert("pagerduty", triggered(id=481))
    assert (seen.incident_id, seen.odd) == ("pd-481", ("event.data.id",))


def test_alerts_survive_storing() -> None:
    seen = alert("pagerduty", triggered())
    assert Alert.load(seen.dump()) == seen
