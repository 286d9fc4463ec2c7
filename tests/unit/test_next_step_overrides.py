"""What the watch does about asks, about what waits, and about what is switched."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged
from responder.domain.alert import UpstreamStatus
from responder.domain.diagnosis import Cause, Diagnosis, Scenario, Severity
from responder.domain.finding import Finding, FindingStatus
from responder.domain.human_task import (
    LATE,
    Decision,
    HumanTask,
    decisions_to_act_on,
    overdue_tasks,
    with_acted,
    with_superseded,
)
from responder.domain.incident import Incident, IncidentStatus, LatestValue, WaitingFor
from responder.domain.monitoring_state import MonitoringState
from responder.workflow.diagnosis_news import judge
from responder.workflow.next_step import MOST_REVERTS, NextStep, next_step
from tests.support.webhooks import RECEIVED_AT as START

RUNBOOK = packaged()
RESOLVED = LatestValue(at=START, value=UpstreamStatus.RESOLVED.value)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def task(**changes: Any) -> HumanTask:
    """Told at once; a reminder after 7.5 of 15 minutes."""
    fields: dict[str, Any] = {
        "name": "approve-scale",
        "action": "scale",
        "plan_hash": "0123456789abcdef",
        "sentence": "Two more.",
        "requested_at": START,
        "told_at": START,
        "remind_at": at(7.5),
        "expires_at": at(15),
    }
    return HumanTask(**(fields | changes))


def incident(*human_tasks: HumanTask, **changes: Any) -> Incident:
    fields: dict[str, Any] = {
        "severity": Severity.P1,
        "cause": Cause.SERVICE_OVERLOADED,
        "told_at": START,
        "started_at": START,
        "acknowledgement": LatestValue(at=START, value=True),
        "human_tasks": human_tasks,
    }
    return Incident(id="pd-Q1", source="pagerduty", upstream_id="Q1", **(fields | changes))


def looked(minutes: float, **more: Any) -> MonitoringState:
    return MonitoringState(probed_at=at(minutes), runs=1, **more)


def good(minutes: float, since: float = 0) -> MonitoringState:
    return looked(minutes, good_runs=5, good_since=at(since))


def test_another_cause_takes_back_what_its_playbook_does_not_know() -> None:
    quota, revoke = task(name="approve-quota", action="quota"), task(name="revoke_key", action="contain", plan_hash="")
    staging = task(name="standby_key", action="rotate", plan_hash="")
    done = task(name="approve-model", action="model", decision="declined", decided_at=at(1))
    after = with_superseded((task(), quota, revoke, done, staging), ("quota", "queue"), at(2))
    assert [one.decision for one in after] == ["withdrawn", None, None, "declined", "withdrawn"]
    assert after[0].decided_at == at(2)


def test_an_end_by_a_clock_that_is_ahead_is_looked_at_once() -> None:
    ahead = incident(upstream=LatestValue(at=at(50), value=UpstreamStatus.RESOLVED.value))
    assert next_step(ahead, looked(0), RUNBOOK, at(1)).next == "probe"
    assert next_step(ahead, looked(1), RUNBOOK, at(1.1)).next == "close"


def test_the_same_plan_approved_a_second_time_is_another_answer() -> None:
    first = task(decision="approved", decided_at=at(1))
    acted = decisions_to_act_on((first,), (), at(2))
    again = task(requested_at=at(40), expires_at=at(55), decision="approved", decided_at=at(41))
    assert not with_acted((again,), acted, at(41))[0].acted_on
    assert next_step(incident(again), looked(41, acted=acted), RUNBOOK, at(41)).next == "act"


def test_a_question_that_nobody_was_told_of_goes_out_first() -> None:
    step = next_step(incident(task(told_at=None)), looked(1), RUNBOOK, at(1))
    assert (step.next, step.task, step.then) == ("task", "approve-scale", "monitoring")


@pytest.mark.parametrize(("decision", "minutes"), [("approved", 1), ("declined", 1), ("fulfilled", 1), (None, 15)])
def test_an_answer_and_its_absence_run_the_playbook_again_once(decision: Decision | None, minutes: float) -> None:
    decided = task(decision=decision, decided_at=at(1) if decision else None, outcome_told_at=at(1))
    monitoring = looked(minutes)
    assert next_step(incident(decided), monitoring, RUNBOOK, at(minutes)).next == "act"
    acted = monitoring.model_copy(update={"acted": decisions_to_act_on((decided,), (), at(minutes))})
    assert next_step(incident(decided), acted, RUNBOOK, at(minutes)).next != "act"
    (marked,) = with_acted((decided,), acted.acted, at(minutes))
    assert (marked.acted_on, marked.decision) == (True, decision or "expired")
    assert next_step(incident(marked), monitoring, RUNBOOK, at(minutes)).next != "act"


def test_what_has_recovered_is_not_acted_on_and_not_asked_about() -> None:
    for one in (task(decision="approved", outcome_told_at=START), task(told_at=None)):
        mitigated = incident(one, status=IncidentStatus.MITIGATED)
        assert next_step(mitigated, good(1), RUNBOOK, at(1)).next not in ("act", "task")


def test_a_withdrawn_ask_is_nobody_s_answer() -> None:
    withdrawn = task(decision="withdrawn", decided_at=at(1), outcome_told_at=at(1))
    assert next_step(incident(withdrawn), looked(1), RUNBOOK, at(1)).next != "act"


def test_a_reminder_is_said_when_it_is_due() -> None:
    assert next_step(incident(task()), looked(7), RUNBOOK, at(7)).next.startswith("wait")
    step = next_step(incident(task()), looked(7.5), RUNBOOK, at(7.5))
    assert (step.next, step.kind, step.task) == ("publish", "task_reminder", "approve-scale")
    assert next_step(incident(task(reminded_at=at(7.5))), looked(7.5), RUNBOOK, at(7.5)).kind is None


MINUTES = st.floats(min_value=0, max_value=14.9, allow_nan=False)


@given(now=MINUTES, remind=MINUTES, expires=st.floats(min_value=0.1, max_value=30), looked_ago=st.floats(0, 0.4))
def test_no_wait_oversleeps_what_was_promised_about_an_ask(
    now: float, remind: float, expires: float, looked_ago: float
) -> None:
    asked = task(remind_at=at(remind), expires_at=at(expires), reminded_at=at(now) if remind <= now else None)
    watched = incident(asked, acknowledgement=None)
    step = next_step(watched, looked(max(0.0, now - looked_ago)), RUNBOOK, at(now))
    if not step.next.startswith("wait"):
        return
    wakes = at(now) + timedelta(seconds=step.seconds or 0)
    promised = [moment for moment in (asked.expires_at, asked.remind_at) if moment and moment > at(now)]
    promised.append(at(15))  # level 2 of a P1 that nobody has acknowledged
    assert all(wakes <= moment + timedelta(seconds=1) for moment in promised)


def test_while_people_are_asked_the_machine_says_so() -> None:
    assert next_step(incident(task()), looked(1), RUNBOOK, at(1)) == NextStep("wait_for_approval", seconds=30)
    # Not for a moment that is nearer than that, and not while recovery waits to be confirmed.
    assert next_step(incident(task(remind_at=at(1.2))), looked(1), RUNBOOK, at(1)) == NextStep("wait_due", seconds=12)
    confirming = looked(1, good_runs=1, good_since=at(1))
    assert next_step(incident(task()), confirming, RUNBOOK, at(1)) == NextStep("wait", seconds=5)


SWITCHED: dict[str, Any] = {"switched": ("quota", "queue"), "status": IncidentStatus.MITIGATED}


def test_what_was_switched_is_given_back_once_recovery_is_told_and_before_it_is_closed() -> None:
    told = incident(**SWITCHED, told_at=at(100))
    assert next_step(told, good(100), RUNBOOK, at(100)).next == "revert"
    back = told.model_copy(update={"switched": (), "reverted_at": at(100)})
    assert next_step(back, good(109.9), RUNBOOK, at(109.9)).next.startswith("wait")
    assert next_step(back, good(110), RUNBOOK, at(110)).next == "close"


def test_giving_back_is_tried_again_later_and_not_for_ever() -> None:
    failed = incident(**SWITCHED, told_at=at(100), reverted_at=at(100), revert_failures=1)
    assert next_step(failed, good(100.1), RUNBOOK, at(100.1)).next.startswith("wait")
    assert next_step(failed, good(110), RUNBOOK, at(110)).next == "revert"
    given_up = failed.model_copy(update={"revert_failures": MOST_REVERTS})
    assert next_step(given_up, good(110), RUNBOOK, at(110)).next == "close"


def test_what_people_resolved_is_looked_at_given_back_and_closed() -> None:
    over = incident(**SWITCHED, upstream=RESOLVED)
    assert next_step(over, MonitoringState(), RUNBOOK, at(1)).next == "probe"
    assert next_step(over, looked(1), RUNBOOK, at(1)).next == "revert"
    assert next_step(over.model_copy(update={"switched": ()}), looked(1), RUNBOOK, at(1)).next == "close"


@given(
    switched=st.booleans(),
    failures=st.integers(0, MOST_REVERTS),
    status=st.sampled_from([IncidentStatus.OPEN, IncidentStatus.MITIGATED, IncidentStatus.HANDED_OVER]),
    over=st.booleans(),
    good_runs=st.integers(0, 3),
    now=st.floats(0, 500),
)
def test_nothing_is_closed_while_something_can_be_given_back(
    switched: bool, failures: int, status: IncidentStatus, over: bool, good_runs: int, now: float
) -> None:
    watched = incident(
        status=status,
        switched=("queue",) if switched else (),
        revert_failures=failures,
        reverted_at=START if failures else None,
        upstream=RESOLVED if over else None,
    )
    monitoring = looked(now, good_runs=good_runs, good_since=START if good_runs else None)
    if next_step(watched, monitoring, RUNBOOK, at(now)).next == "close":
        assert not switched or failures == MOST_REVERTS


def found(cause: Cause) -> Diagnosis:
    return Diagnosis(scenario=Scenario.OTHER, cause=cause, severity=Severity.P1, confidence=0.9, reasons=())


def standby(word: str) -> list[Finding]:
    return [
        Finding(
            probe="twinmind_standby_key",
            status=FindingStatus.OK,
            summary="Seen.",
            at=START,
            measurements={"standby": word},
        )
    ]


@pytest.mark.parametrize(
    ("waiting", "word", "news"),
    [
        ("no_standby_key", "none", "monitoring"),
        ("no_standby_key", "refused", "monitoring"),
        ("no_standby_key", "passing", "act"),
        ("busy", "none", "act"),
        ("pending_elsewhere", "none", "act"),
        (None, "passing", "monitoring"),
    ],
)
def test_work_that_waits_goes_on_by_itself(waiting: WaitingFor | None, word: str, news: str) -> None:
    rejected = incident(cause=Cause.KEY_REJECTED, waiting_for=waiting)
    monitoring = MonitoringState(runs=5, resumed=True)
    assert judge(found(Cause.KEY_REJECTED), rejected, monitoring, standby(word)) == news
    assert judge(found(Cause.UNKNOWN), rejected, monitoring, standby(word)) == "monitoring"


def test_another_cause_is_news_when_it_is_seen_twice_and_is_looked_for_soon() -> None:
    """A look into a change shows a mixture of before and after."""
    limited = incident(cause=Cause.RATE_LIMITED)
    once = MonitoringState(runs=5, resumed=True).seen("a", False, START, Cause.PROVIDER_SLOW)
    assert judge(found(Cause.PROVIDER_SLOW), limited, once) == "monitoring"
    assert next_step(limited, once, RUNBOOK, START + timedelta(seconds=6)).next == "probe"
    assert judge(found(Cause.PROVIDER_SLOW), limited, once.seen("b", False, START, Cause.PROVIDER_SLOW)) == "announce"
    flapping = once.seen("b", False, START, Cause.RATE_LIMITED).seen("c", False, START, Cause.PROVIDER_SLOW)
    assert judge(found(Cause.PROVIDER_SLOW), limited, flapping) == "monitoring"
    assert judge(found(Cause.PROVIDER_SLOW), incident(cause=Cause.UNKNOWN), once) == "announce"


def test_one_look_announces_nothing_doubtful() -> None:
    fresh = incident(cause=None, told_at=None)
    first = MonitoringState().seen("a", False, START, Cause.PROVIDER_OUTAGE)
    second = first.seen("b", False, START, Cause.PROVIDER_OUTAGE)
    assert judge(found(Cause.PROVIDER_OUTAGE), fresh, first) == "announce"
    assert judge(found(Cause.PROVIDER_OUTAGE), fresh, first, is_doubtful=True) == "recheck"
    assert judge(found(Cause.PROVIDER_OUTAGE), fresh, second, is_doubtful=True) == "announce"


def test_trouble_that_may_be_over_is_looked_at_a_third_time() -> None:
    """Well now and not before: one more look says more than "the cause is unknown" to people who are woken for it."""
    fresh = incident(cause=None, told_at=None)
    second = MonitoringState().seen("a", False, START, Cause.PROVIDER_OUTAGE).seen("b", True, START, Cause.UNKNOWN)
    assert judge(found(Cause.UNKNOWN), fresh, second) == "recheck"
    assert judge(found(Cause.NO_FAULT), fresh, second.seen("c", True, START, Cause.NO_FAULT)) == "announce"
    assert judge(found(Cause.PROVIDER_OUTAGE), fresh, second.seen("c", False, START)) == "announce"
    bad_twice = MonitoringState().seen("a", False, START).seen("b", False, START)
    assert judge(found(Cause.UNKNOWN), fresh, bad_twice) == "announce"


def test_an_ask_that_nobody_settled_long_after_its_time_is_overdue() -> None:
    assert overdue_tasks((task(),), at(15) + LATE) == ()
    assert overdue_tasks((task(),), at(15.1) + LATE) == (task(),)
    assert overdue_tasks((task(decision="expired"),), at(100)) == ()


def test_what_has_recovered_comes_back_only_with_a_look_that_is_not_well() -> None:
    """A revoked key keeps its marker on the alert: the same words in a round that is otherwise well are no news."""
    mitigated = incident(cause=Cause.KEY_LEAKED, status=IncidentStatus.MITIGATED)
    well = MonitoringState(runs=5, resumed=True).seen("a", True, START, Cause.KEY_LEAKED)
    assert judge(found(Cause.KEY_LEAKED), mitigated, well) == "monitoring"
    assert judge(found(Cause.KEY_LEAKED), mitigated, well.seen("b", False, START, Cause.KEY_LEAKED)) == "announce"
