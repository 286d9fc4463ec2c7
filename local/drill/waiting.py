"""The drill of the clock: a P1 that nobody answers, in real time, with a response time of a minute."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local.drill.acts import change_world
from local.drill.outside import Stack
from local.drill.promises import level_called, moment, promises
from local.drill.scenario import Act, Ended, Expected, Scenario

MINUTE = timedelta(minutes=1)
# Taken back after this long, in which nobody may be called.
PAUSE = timedelta(seconds=10)
WATCHED = "CheckRecovery"


def kept(ended: Ended) -> list[str]:
    """Every promise to people of this drill was kept in its time."""
    found = promises(ended.incident, ended.journal, MINUTE)
    return [f"{one.what}: due {one.due:%H:%M:%S}, {one.said_late}" for one in found if not one.is_kept]


def each_level_once(ended: Ended) -> list[str]:
    """2, 3 and 4 in turn, and the last one again once its acknowledgement was taken back."""
    calls = sorted(ended.journal, key=lambda call: str(call["at"]))
    called = [level for level in map(level_called, calls) if level]
    return [] if called == [2, 3, 4, 4] else [f"levels called: {called}, expected 2, 3, 4, and 4 again"]


def _called(times: int) -> Callable[[Stack, str], bool]:
    """Whether level 4 was called so often."""

    def is_so(stack: Stack, _: str) -> bool:
        return sum(level_called(call) == 4 for call in stack.journal()) >= times

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
            # As often as in production: a look every second would keep the clock by itself.
            "watch": {"poll_seconds": [[None, 30]]},
        },
        acts=(
            _acknowledge("the on-call engineer acknowledges", _called(1)),
            _acknowledge("the acknowledgement is taken back", _had_for_a_while, taken_back=True),
            _acknowledge("the on-call engineer acknowledges again", _called(2)),
            change_world(WATCHED, "TwinMind recovers", up),
        ),
        expected=Expected("provider_outage", "theirs", ("P1",), public_notice=True, checks=(kept, each_level_once)),
        limit_seconds=420,
    )
