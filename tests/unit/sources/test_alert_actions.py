"""Opsgenie and JSM bodies: one shape, two names."""

from datetime import UTC, datetime
from typing import Any

import pytest

from responder.contracts.source import Malformed
from responder.domain.alert import AlertEvent
from responder.domain.diagnosis import Severity
from tests.support.webhooks import RECEIVED_AT, alert, parse, sample

SOURCES_OF_THIS_SHAPE = [("opsgenie", "og"), ("jsm", "jsm")]
pytestmark = pytest.mark.parametrize(("source", "prefix"), SOURCES_OF_THIS_SHAPE)


def action(source: str, name: str, sender: Any = None, **fields: Any) -> dict[str, Any]:
    body = sample(source, "acknowledge")
    body["action"] = name
    body["alert"].update(fields)
    if sender is not None:
        body["source"] = sender
    return body


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("Create", "triggered"),
        ("Acknowledge", "acknowledged"),
        ("UnAcknowledge", "unacknowledged"),
        ("Unacknowledge", "unacknowledged"),
        ("AddNote", "annotated"),
        ("Close", "resolved"),
        ("Delete", "resolved"),
        ("UpdatePriority", "priority_changed"),
        ("EscalateNext", "escalated"),
        ("Assign", "reassigned"),
        ("AssignOwnership", "reassigned"),
        ("TakeOwnership", "reassigned"),
        ("Snooze", "updated"),
        ("SnoozeEnded", "updated"),
        ("AddTags", "updated"),
        ("AddTeam", "updated"),
        ("AddResponder", "updated"),
        ("UpdateMessage", "updated"),
        ("Run the playbook ☎", "updated"),
    ],
)
def test_actions(source: str, prefix: str, name: str, event: str) -> None:
    seen = alert(source, action(source, name))
    assert (seen.source, seen.event, seen.event_type, seen.odd) == (source, event, name, ())
    assert seen.incident_id.startswith(f"{prefix}-00000000-")


@pytest.mark.parametrize(
    ("priority", "severity"),
    [(3, "P3"), ("2", "P2"), ("P3", "P3"), (1, "P1"), ("P5", "P4"), (5, "P4")],
)
def test_priorities_of_every_age(source: str, prefix: str, priority: Any, severity: str) -> None:
    seen = alert(source, action(source, "UpdatePriority", priority=priority))
    assert (seen.priority, seen.odd) == (Severity(severity), ())


@pytest.mark.parametrize("priority", [0, 6, 3.0, True, "P9", "urgent", [3], {"p": 1}])
def test_any_other_priority_is_odd_and_none(source: str, prefix: str, priority: Any) -> None:
    seen = alert(source, action(source, "UpdatePriority", priority=priority))
    assert (seen.priority, seen.odd) == (None, ("alert.priority",))


@pytest.mark.parametrize("updated", [1772443060035000007, "1772443060035000007"])
def test_nanoseconds_are_read_without_losing_digits(source: str, prefix: str, updated: Any) -> None:
    seen = alert(source, action(source, "Acknowledge", updatedAt=updated))
    assert (seen.occurred_at, seen.odd) == (datetime(2026, 3, 2, 9, 17, 40, 35000, tzinfo=UTC), ())


@pytest.mark.parametrize("updated", [1772443060035, "1772443060", "2026-03-02T09:17:40.035Z"])
def test_another_unit_is_understood_and_odd(source: str, prefix: str, updated: Any) -> None:
    seen = alert(source, action(source, "Acknowledge", updatedAt=updated))
    assert (seen.occurred_at.isoformat()[:19], seen.odd) == ("2026-03-02T09:17:40", ("alert.updatedAt",))


@pytest.mark.parametrize("updated", [1.772443060035e18, True, -5, 10**400, "9" * 99, "soon", [], 4102444800 * 10**9])
def test_an_unusable_time_is_odd_and_the_moment_of_receipt_counts(source: str, prefix: str, updated: Any) -> None:
    seen = alert(source, action(source, "Acknowledge", updatedAt=updated))
    assert (seen.occurred_at, seen.odd) == (RECEIVED_AT, ("alert.updatedAt",))


@pytest.mark.parametrize("created", [1772442847512, "1772442847512"])
def test_only_a_create_is_as_old_as_its_alert(source: str, prefix: str, created: Any) -> None:
    create = action(source, "Create", updatedAt=None, createdAt=created)
    assert alert(source, create).occurred_at == datetime(2026, 3, 2, 9, 14, 7, 512000, tzinfo=UTC)
    assert alert(source, action(source, "Close", updatedAt=None, createdAt=created)).occurred_at == RECEIVED_AT


@pytest.mark.parametrize(
    ("sender", "fields", "is_human"),
    [
        ({"name": "", "type": "web"}, {}, True),
        ({"name": "", "type": "mobile"}, {}, True),
        ({"name": "x", "type": "API"}, {}, False),
        ({"name": "x", "type": "api"}, {}, False),
        ({"name": "x", "type": "Integration"}, {}, False),
        ({"name": "x"}, {}, False),
        ("web", {}, False),
        ({"type": ["web"]}, {}, False),
        ({"name": "", "type": "web"}, {"username": "System"}, False),
        ({"name": "", "type": "web"}, {"username": "Bot@example.com"}, False),
        ({"name": "", "type": "web"}, {"userId": "bot@EXAMPLE.com"}, False),
    ],
)
def test_who_counts_as_a_person(source: str, prefix: str, sender: Any, fields: dict[str, Any], is_human: bool) -> None:
    body = action(source, "Acknowledge", sender, **fields)
    assert alert(source, body, bot_user="bot@example.com").actor.is_human is is_human


def test_escalate_has_no_more_than_an_id_and_nothing_about_that_is_odd(source: str, prefix: str) -> None:
    seen = alert(source, sample(source, "escalate"))
    assert (seen.event, seen.title, seen.occurred_at, seen.odd) == (AlertEvent.ESCALATED, None, RECEIVED_AT, ())
    assert seen.note == "to lead@example.com (Transcription escalation)"


@pytest.mark.parametrize(
    ("name", "fields", "note"),
    [
        ("AssignOwnership", {"owner": "lead@example.com"}, "to lead@example.com"),
        ("Assign", {"owner": None}, None),
        ("TakeOwnership", {"username": "ada@example.com"}, "to ada@example.com"),
        ("TakeOwnership", {"username": "ada@example.com", "userFullName": "Ada"}, "to Ada"),
    ],
)
def test_whoever_it_was_given_to_is_named(
    source: str, prefix: str, name: str, fields: dict[str, Any], note: str | None
) -> None:
    seen = alert(source, action(source, name, **fields))
    assert (seen.event, seen.note) == (AlertEvent.REASSIGNED, note)


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"note": "looked at it"}, "looked at it"),
        ({"owner": "ada@example.com"}, "owner: ada@example.com"),
        ({"addedTags": "a,b", "team": "core"}, "team: core; addedTags: a,b"),
        ({}, None),
    ],
)
def test_what_was_written_or_changed_is_the_note(
    source: str, prefix: str, fields: dict[str, Any], note: str | None
) -> None:
    assert alert(source, action(source, "Update", **fields)).note == note


def test_many_changes_make_one_bounded_note(source: str, prefix: str) -> None:
    note = alert(source, action(source, "Update", owner="o " * 900, team="t " * 900)).note
    assert note is not None
    assert len(note) == 2000


@pytest.mark.parametrize(
    ("tags", "expected", "odd"),
    [
        (["a", "b", "a"], ("a", "b"), ()),
        ("a, b", ("a", "b"), ("alert.tags",)),
        (["a", 7, {"b": 1}], ("a",), ("alert.tags",)),
        (7, (), ("alert.tags",)),
        (None, (), ()),
        ([str(number) for number in range(60)], tuple(str(number) for number in range(50)), ("alert.tags",)),
    ],
)
def test_tags(source: str, prefix: str, tags: Any, expected: tuple[str, ...], odd: tuple[str, ...]) -> None:
    seen = alert(source, action(source, "AddTags", tags=tags))
    assert (seen.tags, seen.odd) == (expected, odd)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"action": "Create"},
        {"action": "Create", "alert": "id"},
        {"action": "Create", "alert": {"alertId": ""}},
        {"action": "Create", "alert": {"alertId": ["x"]}},
        {"action": None, "alert": {"alertId": "x"}},
        {"action": {"name": "Create"}, "alert": {"alertId": "x"}},
        {"webhookEvent": "jira:issue_created", "issue": {"id": "10001"}},
    ],
)
def test_without_action_or_alert_id_a_body_is_malformed(source: str, prefix: str, body: dict[str, Any]) -> None:
    assert isinstance(parse(source, body), Malformed)
