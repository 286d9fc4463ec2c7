"""Drills of the deadlines, in real time with a response time of a minute: kept by an execution, and by the audit."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local.drill.events import change_world
from local.drill.promises import AUDIT_WITHIN, Promise, level_called, moment, promises
from local.drill.scenario import Act, Check, Ended, Expected, Scenario
from local.drill.stack import Stack

MINUTE = timedelta(minutes=1)
# The acknowledgement is taken back after this time; until then nobody may be called.
PAUSE = timedelta(seconds=10)
WATCHED = "CheckRecovery"


def kept(ended: Ended) -> list[str]:
    """Every promise to people in this drill was kept in time."""
    found = promises(ended.incident, ended.journal, MINUTE)
    return _broken(found)


def _broken(found: list[Promise]) -> list[str]:
    return [f"{one.what}: due by {one.due:%H:%M:%S}, kept {one.said_late}" for one in found if not one.is_kept]


def kept_by_the_audit(ended: Ended) -> list[str]:
    """As `kept`, but each level may be a minute and the time of its call late; and the incident was handed over."""
    found = promises(ended.incident, ended.journal, MINUTE, AUDIT_WITHIN)
    return _broken(found)


def levels(*expected: int) -> Check:
    """Exactly these were called, in this order."""

    def check(ended: Ended) -> list[str]:
        calls = sorted(ended.journal, key=lambda call: str(call["at"]))
        called = tuple(level for level in map(level_called, calls) if level)
        return [] if called == expected else [f"levels called: {called}, expected {expected}"]

    return check


def _called(number: int, times: int = 1) -> Callable[[Stack, str], bool]:
    """Whether this level was called that often."""

    def is_so(stack: Stack, _: str) -> bool:
        return sum(level_called(call) == number for call in stack.journal()) >= times

    return is_so


def _had_for_a_while(stack: Stack, incident_id: str) -> bool:
    at = (stack.incident(incident_id) or {}).get("acknowledged_at")
    return at is not None and datetime.now(UTC) - moment(at) >= PAUSE


def _acknowledge(says: str, ready: Callable[[Stack, str], bool], *, taken_back: bool = False) -> Act:
    def does(stack: Stack, incident_id: str) -> None:
        stack.acknowledge(incident_id, taken_back=taken_back)

    return Act(WATCHED, says, does, ready)


def nobody_answers(down: dict[str, object], up: dict[str, object]) -> Scenario:
    """`down` and `up`: the world without TwinMind, and with it again."""
    return Scenario(
        name="nobody_answers",
        story="TwinMind is down and nobody acknowledges: a level is called at 1, 2 and 4 response times (of a minute).",
        title="TwinMindTranscriptionFailures: no transcription succeeds",
        world=down,
        override={
            "severities": {"P1": {"response_minutes": 1}},
            "updates": {"every_minutes": {"P1": 2}},
            # As often as in production: a probe run every second would hide a clock that does not work.
            "monitoring": {"poll_seconds": [[None, 30]]},
        },
        acts=(
            _acknowledge("the on-call engineer acknowledges", _called(4)),
            _acknowledge("the acknowledgement is taken back", _had_for_a_while, taken_back=True),
            _acknowledge("the on-call engineer acknowledges again", _called(4, times=2)),
            change_world(WATCHED, "TwinMind recovers", up),
        ),
        expected=Expected("provider_outage", "theirs", ("P1",), public_notice=True, checks=(kept, levels(2, 3, 4, 4))),
        limit_seconds=420,
    )


def execution_stopped(down: dict[str, object]) -> Scenario:
    """`down`: the world without TwinMind."""
    return Scenario(
        name="execution_stopped",
        story="Somebody stops the execution: the audit calls each level within a minute, until a person resolves.",
        title="TwinMindTranscriptionFailures: no transcription succeeds",
        world=down,
        override={"severities": {"P1": {"response_minutes": 1}}},
        acts=(
            Act(WATCHED, "somebody stops the execution", _stop),
            Act(WATCHED, "a person resolves the alert", _resolve, _called(3)),
        ),
        expected=Expected(
            "provider_outage", "theirs", ("P1",), public_notice=True, checks=(kept_by_the_audit, levels(2, 3))
        ),
        limit_seconds=300,
        ends_as="ABORTED",
    )


def _stop(stack: Stack, incident_id: str) -> None:
    stack.aws("stepfunctions").stop_execution(executionArn=stack.execution_arn(incident_id))


def _resolve(stack: Stack, incident_id: str) -> None:
    """Without an execution, the event itself closes the incident, after the queue."""
    stack.resolve(incident_id)
    deadline = time.monotonic() + 20
    while (stack.incident(incident_id) or {}).get("status") != "resolved" and time.monotonic() < deadline:
        time.sleep(0.5)
