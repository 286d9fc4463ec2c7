"""Events may come in any order and any number of times: the incident ends the same."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.domain.alert import Alert, AlertEvent, Person, UpstreamStatus
from responder.domain.apply_alert import apply_alert, starts_workflow
from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident, IncidentStatus
from tests.support.webhooks import RECEIVED_AT

HUMAN = Person(id="PUSER01", name="On Call", is_human=True)


def event(kind: AlertEvent, minute: int, actor: Person = HUMAN, priority: Severity | None = None) -> Alert:
    return Alert(
        source="pagerduty",
        event=kind,
        event_type=f"incident.{kind.value}",
        incident_id="pd-Q1",
        upstream_id="Q1",
        fingerprint=f"{kind.value}-{minute}",
        occurred_at=RECEIVED_AT + timedelta(minutes=minute),
        title="Everything fails",
        actor=actor,
        priority=priority,
    )


STORY = [
    event(AlertEvent.TRIGGERED, 0, priority=Severity.P3),
    event(AlertEvent.ACKNOWLEDGED, 2),
    event(AlertEvent.PRIORITY_CHANGED, 3, priority=Severity.P1),
    event(AlertEvent.UNACKNOWLEDGED, 4),
    event(AlertEvent.ACKNOWLEDGED, 6),
    event(AlertEvent.RESOLVED, 9),
]


def told(history: list[Alert]) -> Incident:
    incident: Incident | None = None
    for alert in history:
        incident = apply_alert(incident, alert)
    assert incident is not None
    return incident


def facts(incident: Incident) -> dict[str, object]:
    """All but our own standing, which depends on whether an execution has begun."""
    return incident.model_dump(exclude={"status", "resolved_at"})


@given(st.permutations(STORY), st.lists(st.sampled_from(STORY), max_size=6))
def test_any_order_and_any_repetition_end_the_same(order: list[Alert], repeated: list[Alert]) -> None:
    end = told([*order, *repeated])
    assert facts(end) == facts(told(STORY))
    assert end.upstream_status is UpstreamStatus.RESOLVED
    assert end.acknowledged_at == STORY[4].occurred_at
    assert end.people_severity is Severity.P1
    assert end.born_severity is Severity.P3


MERGED = event(AlertEvent.MERGED, 3).model_copy(update={"merged_into": "pd-Q2"})
MERGED_AND = [
    ([STORY[0], MERGED], "pd-Q2"),
    ([STORY[0], MERGED, event(AlertEvent.REOPENED, 5)], None),
    ([STORY[0], MERGED, event(AlertEvent.REOPENED, 5), STORY[5]], None),
]


@given(st.data())
@pytest.mark.parametrize(("history", "merged_into"), MERGED_AND)
def test_a_merge_goes_with_the_last_word_in_any_order(
    history: list[Alert], merged_into: str | None, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(history))
    assert told([*order, *data.draw(st.lists(st.sampled_from(history), max_size=4))]).merged_into == merged_into


@given(st.permutations(STORY))
def test_whatever_comes_first_the_trigger_starts_one_workflow(order: list[Alert]) -> None:
    incident: Incident | None = None
    execution_number = 0
    for alert in order:
        incident = apply_alert(incident, alert)
        if starts_workflow(incident, alert, execution_number):
            execution_number = max(execution_number, 1)
    assert execution_number == 1


def test_a_machine_s_acknowledgement_is_not_a_person_s() -> None:
    machine = Person(id="PBOT001", is_human=False)
    incident = told([STORY[0], event(AlertEvent.ACKNOWLEDGED, 1, actor=machine)])
    assert incident.acknowledged_at is None
    assert incident.upstream_status is UpstreamStatus.ACKNOWLEDGED


def test_a_resolve_before_its_trigger_is_honoured() -> None:
    incident = told([STORY[5], STORY[0]])
    assert incident.status is IncidentStatus.RESOLVED
    assert incident.is_over_upstream


def test_a_reopen_after_the_end_opens_again_and_one_from_before_does_not() -> None:
    closed = told(STORY).model_copy(update={"status": IncidentStatus.RESOLVED, "opened_at": RECEIVED_AT})
    assert apply_alert(closed, event(AlertEvent.REOPENED, 8)).status is IncidentStatus.RESOLVED
    reopened = apply_alert(closed, event(AlertEvent.REOPENED, 12))
    assert reopened.status is IncidentStatus.OPEN
    assert starts_workflow(reopened, event(AlertEvent.REOPENED, 12), 1)


def test_a_stopped_workflow_stays_stopped_until_the_reopen() -> None:
    stopped = told(STORY[:2]).model_copy(update={"stopped": True})
    assert not starts_workflow(apply_alert(stopped, STORY[2]), STORY[2], 1)
    reopen = event(AlertEvent.REOPENED, 20)
    assert starts_workflow(apply_alert(stopped, reopen), reopen, 1)
