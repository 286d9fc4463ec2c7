"""The escalation clock under any interleaving of what people and machines do upstream (S-96 to S-99)."""

from datetime import timedelta
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged
from responder.domain.alert import Alert, AlertEvent, Person
from responder.domain.apply_alert import apply_alert
from responder.domain.diagnosis import Cause, Severity
from responder.domain.incident import Incident, IncidentStatus
from responder.workflow import escalation
from tests.support.webhooks import RECEIVED_AT as START

RUNBOOK = packaged()
PERSON = Person(id="PUSER01", name="On Call", is_human=True)
BOT = Person(id="PRESPONDER", name="responder", is_human=False)
# Minutes after the clock's start at which a level of a P1 falls due, from the runbook and not from the code.
DUE = {2: 15, 3: 30, 4: 60}

HAPPENINGS = {
    "ack": (AlertEvent.ACKNOWLEDGED, PERSON),
    "machine_ack": (AlertEvent.ACKNOWLEDGED, BOT),
    "unack": (AlertEvent.UNACKNOWLEDGED, PERSON),
    "time_out": (AlertEvent.UNACKNOWLEDGED, Person()),
    "resolve": (AlertEvent.RESOLVED, PERSON),
    "reopen": (AlertEvent.REOPENED, PERSON),
}


class Step(NamedTuple):
    """What happens `minutes` after the step before; a tick is the watch or the audit looking at the clock."""

    minutes: int
    what: str


class Call(NamedTuple):
    minute: int
    level: int


STEPS = st.lists(
    st.builds(Step, st.integers(min_value=1, max_value=20), st.sampled_from([*HAPPENINGS, *["tick"] * 6])),
    max_size=40,
)


def alert(what: AlertEvent, minute: int, actor: Person) -> Alert:
    return Alert(
        source="pagerduty",
        event=what,
        event_type=f"incident.{what.value}",
        incident_id="pd-Q1",
        upstream_id="Q1",
        fingerprint=f"{what.value}-{minute}",
        occurred_at=START + timedelta(minutes=minute),
        actor=actor,
    )


def begun() -> Incident:
    diagnosed = {"severity": Severity.P1, "cause": Cause.PROVIDER_OUTAGE, "opened_at": START}
    return apply_alert(None, alert(AlertEvent.TRIGGERED, 0, Person())).model_copy(update=diagnosed)


class History:
    """What a person would say happened, kept apart from the code's own bookkeeping."""

    def __init__(self) -> None:
        self.acknowledged = self.resolved = False
        self.start = 0
        self.called: set[int] = set()

    def hear(self, what: str, minute: int) -> None:
        if what == "ack":
            self.acknowledged = True
        if what in ("unack", "time_out", "reopen"):
            self.called = set() if self.acknowledged or what == "reopen" else self.called
            self.acknowledged = False
        if what == "reopen":
            self.start = minute
        # Whatever is acknowledged or taken back after a resolve is open again, whether a reopen was sent or not.
        self.resolved = what == "resolve"

    def highest_due(self, minute: int) -> int:
        return max((level for level, due in DUE.items() if minute - self.start >= due), default=1)


@given(STEPS, st.booleans())
def test_no_level_is_called_early_twice_or_after_a_person_has_it_and_none_is_forgotten(
    steps: list[Step], repeats: bool
) -> None:
    incident, history, minute = begun(), History(), 0
    for step in steps:
        minute += step.minutes
        if step.what != "tick":
            event, actor = HAPPENINGS[step.what]
            for _ in range(2 if repeats else 1):
                incident = apply_alert(incident, alert(event, minute, actor))
            history.hear(step.what, minute)
            continue
        level = escalation.level_due(incident, RUNBOOK, START + timedelta(minutes=minute))
        owed = history.highest_due(minute)
        if level is None:
            quiet = history.acknowledged or history.resolved
            assert quiet or owed == 1 or owed <= max(history.called, default=1)
            continue
        assert not history.acknowledged
        assert not history.resolved
        assert level == owed
        assert level not in history.called
        history.called.add(level)
        incident = incident.model_copy(update={"escalated_level": level})


def later(incident: Incident, minute: int) -> int | None:
    return escalation.level_due(incident, RUNBOOK, START + timedelta(minutes=minute))


def test_an_acknowledgement_that_is_taken_back_calls_the_last_level_again() -> None:
    called = begun().model_copy(update={"escalated_level": 4})
    taken = apply_alert(called, alert(AlertEvent.ACKNOWLEDGED, 70, PERSON))
    assert later(taken, 80) is None
    assert later(apply_alert(taken, alert(AlertEvent.UNACKNOWLEDGED, 90, Person())), 91) == 4


def test_a_machine_s_acknowledgement_that_runs_out_calls_nobody_twice() -> None:
    called = begun().model_copy(update={"escalated_level": 2})
    silenced = apply_alert(called, alert(AlertEvent.ACKNOWLEDGED, 16, BOT))
    assert later(apply_alert(silenced, alert(AlertEvent.UNACKNOWLEDGED, 20, Person())), 21) is None


def test_a_reopen_starts_the_clock_anew() -> None:
    over = apply_alert(begun(), alert(AlertEvent.RESOLVED, 10, PERSON))
    closed = over.model_copy(update={"status": IncidentStatus.RESOLVED})
    again = apply_alert(closed, alert(AlertEvent.REOPENED, 600, PERSON))
    assert later(again, 614) is None
    assert later(again, 615) == 2


def test_people_s_priority_moves_the_clock_at_once_and_an_automation_s_does_not_lower_it() -> None:
    changed = {"priority": Severity.P3}
    by_person = alert(AlertEvent.PRIORITY_CHANGED, 5, PERSON).model_copy(update=changed)
    by_rule = alert(AlertEvent.PRIORITY_CHANGED, 5, Person()).model_copy(update=changed)
    assert later(apply_alert(begun(), by_person), 20) is None
    assert later(apply_alert(begun(), by_rule), 20) == 2
