"""A fingerprint names the event: copies share it, different events do not."""

from copy import deepcopy
from itertools import combinations
from typing import Any

import pytest

from responder.domain.alert import Alert
from responder.integrations.sources import SOURCES
from tests.support.webhooks import alert, parse, sample, sample_names


def of(source: str, body: dict[str, Any]) -> str:
    return alert(source, body).fingerprint


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    copy = deepcopy(body)
    *parents, name = path.split(".")
    node = copy
    for parent in parents:
        node = node[parent]
    node[name] = value
    return copy


def test_all_samples_are_different_events() -> None:
    parsed = [parse(source, sample(source, name)) for source in SOURCES for name in sample_names(source)]
    alerts = [seen for seen in parsed if isinstance(seen, Alert)]
    assert len({seen.fingerprint for seen in alerts}) == len(alerts) > 20


@pytest.mark.parametrize("name", ["incident_triggered", "incident_annotated", "incident_workflow_completed"])
@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("event.id", "01ANOTHERSUBSCRIPTION"),
        ("event.client", {"name": "x"}),
        ("event.data.html_url", None),
        ("event.agent", None),
    ],
)
def test_a_copy_through_a_second_subscription_is_the_same_event(name: str, path: str, value: Any) -> None:
    body = changed(sample("pagerduty", name), "event.agent", None)
    assert of("pagerduty", changed(body, path, value)) == of("pagerduty", body)


def test_what_is_reported_at_sending_does_not_make_another_event() -> None:
    body = sample("pagerduty", "incident_triggered")
    for path, value in (("status", "acknowledged"), ("title", "renamed"), ("priority", None), ("assignees", [])):
        assert of("pagerduty", changed(body, f"event.data.{path}", value)) == of("pagerduty", body)


def test_the_same_moment_written_differently_is_the_same_event() -> None:
    body = sample("pagerduty", "incident_triggered")
    assert of("pagerduty", changed(body, "event.occurred_at", "2026-03-02T11:14:07.512000+02:00")) == of(
        "pagerduty", body
    )


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("incident_triggered", "event.event_type", "incident.reopened"),
        ("incident_triggered", "event.data.id", "QTWINMIND00009"),
        ("incident_acknowledged", "event.occurred_at", "2026-03-02T09:17:40.036Z"),
        ("incident_acknowledged", "event.agent.id", "PUSER09"),
        ("incident_annotated", "event.data.id", "PNOTE02"),
        ("incident_annotated", "event.data.incident.id", "QTWINMIND00009"),
        ("incident_responder_replied", "event.data.user.id", "PUSER09"),
        ("incident_responder_replied", "event.data.state", "declined"),
        ("incident_workflow_completed", "event.data.id", "PWFINS2"),
    ],
)
def test_another_pagerduty_event_differs(name: str, path: str, value: Any) -> None:
    body = sample("pagerduty", name)
    assert of("pagerduty", changed(body, path, value)) != of("pagerduty", body)


def test_without_a_time_the_event_id_tells_events_apart() -> None:
    body = changed(sample("pagerduty", "incident_acknowledged"), "event.occurred_at", None)
    assert of("pagerduty", body) == of("pagerduty", deepcopy(body))
    assert of("pagerduty", changed(body, "event.id", "01OTHER")) != of("pagerduty", body)


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_a_create_for_another_team_is_the_same_event(source: str) -> None:
    body = sample(source, "create")
    again = changed(changed(body, "integrationId", "another"), "alert.updatedAt", 1772442900000000001)
    assert of(source, changed(again, "alert.team", "platform")) == of(source, body)
    assert of(source, changed(body, "alert.alertId", "another")) != of(source, body)


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_an_action_sent_by_two_integrations_is_one_event(source: str) -> None:
    body = sample(source, "acknowledge")
    copy = changed(changed(body, "integrationId", "another"), "alert.priority", 2)
    assert of(source, changed(copy, "alert.updatedAt", str(body["alert"]["updatedAt"]))) == of(source, body)


@pytest.mark.parametrize(
    ("name", "path", "value"),
    [
        ("acknowledge", "alert.updatedAt", 1772443060035000008),
        ("acknowledge", "alert.updatedAt", 1.5),
        ("acknowledge", "alert.userId", "another"),
        ("acknowledge", "action", "UnAcknowledge"),
        ("add_note", "alert.note", "Something else."),
        ("escalate", "repeatCount", 1),
        ("escalate", "escalationTime", 30),
        ("escalate", "escalationNotify.id", "another"),
    ],
)
@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_another_action_differs(source: str, name: str, path: str, value: Any) -> None:
    body = sample(source, name)
    assert of(source, changed(body, path, value)) != of(source, body)


@pytest.mark.parametrize(("one", "other"), [(1.5, 2.5), ("soon", "later")])
def test_even_an_unusable_time_tells_events_apart(one: Any, other: Any) -> None:
    body = sample("opsgenie", "acknowledge")
    first, second = (changed(body, "alert.updatedAt", value) for value in (one, other))
    assert of("opsgenie", first) != of("opsgenie", second)


def test_sources_never_share_an_event() -> None:
    bodies = sample("opsgenie", "acknowledge")
    one, other = (SOURCES[name] for name in ("opsgenie", "jsm"))
    assert all(of(a.name, bodies) != of(b.name, bodies) for a, b in combinations((one, other), 2))
