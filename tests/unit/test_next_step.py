"""What happens next while an incident is watched: escalation by the clock, recovery, looks, rest."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from responder.config.runbook import packaged, with_override
from responder.domain.alert import UpstreamStatus
from responder.domain.diagnosis import Cause, Severity
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from responder.domain.monitoring_state import MonitoringState
from responder.workflow import deadlines, escalation
from responder.workflow.next_step import NextStep, next_step
from tests.support.webhooks import RECEIVED_AT as START

RUNBOOK = packaged()


def incident(**changes: Any) -> Incident:
    """An open P1 about a TwinMind outage, told just now, acknowledged by nobody."""
    fields: dict[str, Any] = {
        "severity": Severity.P1,
        "cause": Cause.PROVIDER_OUTAGE,
        "told_at": START,
        "started_at": START,
    }
    return Incident(id="pd-Q1", source="pagerduty", upstream_id="Q1", **(fields | changes))


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def looked(minutes: float, **more: Any) -> MonitoringState:
    return MonitoringState(probed_at=at(minutes), runs=1, **more)


@pytest.mark.parametrize(
    ("severity", "minutes"),
    [
        (Severity.P1, {2: 15, 3: 30, 4: 60}),
        (Severity.P2, {2: 60, 3: 120, 4: None}),
        (Severity.P3, {2: 240, 3: None, 4: None}),
        (Severity.P4, {2: None, 3: None, 4: None}),
    ],
)
def test_levels_fall_due_at_one_two_and_four_response_times(severity: Severity, minutes: dict[int, int | None]) -> None:
    """The runbook's 15, 30 and 60 minutes for P1 (S-97 to S-99); less urgent ones later, and not as far."""
    for level, expected in minutes.items():
        due = escalation.due_at(incident(severity=severity), RUNBOOK, level)
        assert due == (at(expected) if expected else None)


@pytest.mark.parametrize(("minutes", "level"), [(14.9, None), (15, 2), (29.9, 2), (30, 3), (60, 4), (600, 4)])
def test_the_clock_calls_the_level_that_is_due(minutes: float, level: int | None) -> None:
    step = next_step(incident(told_at=at(minutes)), looked(minutes), RUNBOOK, at(minutes))
    assert (step.level, step.kind) == ((level, "escalation") if level else (None, None))


def test_a_level_is_called_once() -> None:
    step = next_step(incident(escalated_level=2, told_at=at(16)), looked(16), RUNBOOK, at(16))
    assert step.kind is None


def test_a_person_s_acknowledgement_stops_the_clock_and_taking_it_back_starts_it_again() -> None:
    acked = incident(acknowledgement=LatestValue(at=at(5), value=True), told_at=at(20))
    assert next_step(acked, looked(20), RUNBOOK, at(20)).kind is None
    taken_back = incident(acknowledgement=LatestValue(at=at(10), value=False), told_at=at(20))
    assert next_step(taken_back, looked(20), RUNBOOK, at(20)).kind == "escalation"


def test_a_machine_s_acknowledgement_does_not_stop_the_clock() -> None:
    machine = incident(machine_acknowledged_at=at(1), told_at=at(20))
    assert next_step(machine, looked(20), RUNBOOK, at(20)).kind == "escalation"


@pytest.mark.parametrize("calm", [{"status": IncidentStatus.MITIGATED}, {"cause": Cause.NO_FAULT}])
def test_nobody_is_fetched_for_what_has_recovered_or_never_was(calm: dict[str, Any]) -> None:
    assert next_step(incident(told_at=at(100), **calm), looked(100), RUNBOOK, at(100)).kind is None


def test_a_resolve_upstream_looks_once_more_and_closes() -> None:
    resolved = LatestValue(at=at(7), value=UpstreamStatus.RESOLVED.value)
    assert next_step(incident(upstream=resolved), looked(6), RUNBOOK, at(8)).next == "probe"
    assert next_step(incident(upstream=resolved), looked(7.5), RUNBOOK, at(8)).next == "close"


def test_the_promised_update_is_kept() -> None:
    assert (
        next_step(incident(acknowledgement=LatestValue(at=START, value=True)), looked(20), RUNBOOK, at(20)).kind
        == "progress"
    )


def test_recovery_is_believed_after_the_configured_rounds_told_and_closed_when_it_lasts() -> None:
    once = looked(3, good_runs=1, good_since=at(3))
    assert next_step(incident(told_at=at(3)), once, RUNBOOK, at(3)) == NextStep("wait", seconds=5)
    twice = looked(4, good_runs=2, good_since=at(3))
    assert next_step(incident(told_at=at(3)), twice, RUNBOOK, at(4)).kind == "mitigated"
    told = incident(status=IncidentStatus.MITIGATED, told_at=at(4))
    assert next_step(told, looked(12.9, good_runs=9, good_since=at(3)), RUNBOOK, at(12.9)).next.startswith("wait")
    assert next_step(told, looked(13, good_runs=9, good_since=at(3)), RUNBOOK, at(13)).next == "close"


def test_a_very_long_watch_is_renewed() -> None:
    assert next_step(incident(), MonitoringState(iteration=600), RUNBOOK, START).next == "renew"
    assert next_step(incident(), looked(0, iteration=599), RUNBOOK, START).next == "renew"
    assert next_step(incident(), looked(0, iteration=598), RUNBOOK, START).next == "wait"


MOMENTS = st.floats(min_value=0, max_value=3000, allow_nan=False)


@given(
    severity=st.sampled_from(Severity),
    now=MOMENTS,
    looked_ago=st.floats(min_value=0, max_value=10),
    reached=st.integers(min_value=1, max_value=4),
)
def test_no_wait_oversleeps_an_escalation_by_more_than_a_second(
    severity: Severity, now: float, looked_ago: float, reached: int
) -> None:
    watched = incident(severity=severity, escalated_level=reached, told_at=at(now))
    step = next_step(watched, looked(max(0.0, now - looked_ago)), RUNBOOK, at(now))
    if not step.next.startswith("wait"):
        return
    wakes = at(now) + timedelta(seconds=step.seconds or 0)
    due = escalation.following_due(watched, RUNBOOK, at(now))
    assert due is None or wakes <= due + timedelta(seconds=1)


@given(now=MOMENTS)
def test_polling_slows_down_with_age(now: float) -> None:
    young, old = timedelta(minutes=now), timedelta(minutes=now + 1)
    assert deadlines.poll_interval(RUNBOOK, young) <= deadlines.poll_interval(RUNBOOK, old)


@given(now=MOMENTS, looked_ago=st.floats(min_value=0, max_value=400))
def test_a_wait_ends_with_the_next_look_or_with_a_promise_before_it(now: float, looked_ago: float) -> None:
    """Neither sooner, which would cost a turn for nothing, nor later."""
    watched = incident(told_at=at(now), acknowledgement=LatestValue(at=START, value=True))
    seen = at(now) - timedelta(seconds=looked_ago)
    step = next_step(watched, MonitoringState(probed_at=seen, runs=1), RUNBOOK, at(now))
    look = seen + deadlines.poll_interval(RUNBOOK, timedelta(minutes=now))
    if look <= at(now):
        assert step.next == "probe"
        return
    assert step.next == "wait"
    assert 0 <= (step.seconds or 0) - (look - at(now)).total_seconds() < 1


@pytest.mark.parametrize(("minutes", "seconds"), [(5, 30), (20, 60), (90, 300)])
def test_right_after_a_look_the_whole_interval_is_waited(minutes: float, seconds: int) -> None:
    """A turn comes tenths of a second after the look: that must not make the wait a short one."""
    watched = incident(told_at=at(minutes), acknowledgement=LatestValue(at=START, value=True))
    step = next_step(watched, looked(minutes), RUNBOOK, at(minutes) + timedelta(seconds=0.4))
    assert step == NextStep("wait", seconds=seconds)
    assert deadlines.quiet_wait(RUNBOOK, timedelta(minutes=minutes)).total_seconds() == seconds


def test_a_promise_before_the_look_is_waited_for_and_decided_on() -> None:
    told = incident(told_at=at(5), acknowledgement=LatestValue(at=START, value=True))
    assert next_step(told, looked(24), RUNBOOK, at(24.2)) == NextStep("wait_due", seconds=18)


def test_no_wait_is_longer_than_the_machine_s_time_out_allows_for() -> None:
    rarely = with_override(json.dumps({"monitoring": {"poll_seconds": [[None, 3000]]}}))
    told = incident(told_at=at(5), acknowledgement=LatestValue(at=START, value=True))
    assert next_step(told, looked(5), rarely, at(5)) == NextStep("wait_due", seconds=300)
    assert deadlines.quiet_wait(rarely, timedelta(0)).total_seconds() == 300


def test_what_is_over_already_is_not_waited_for() -> None:
    """Closing waits until all is switched back: its own moment may have passed, and is no reason for turns."""
    switched = incident(
        status=IncidentStatus.MITIGATED, told_at=at(14), switched=("queue",), reverted_at=at(14),
        revert_failures=1,
    )  # fmt: skip
    step = next_step(switched, looked(14, good_runs=20, good_since=at(0)), RUNBOOK, at(14) + timedelta(seconds=1))
    assert step.next.startswith("wait")
    assert step.seconds == 29
