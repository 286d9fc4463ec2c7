"""Two incidents rotate or contain at once, in random turns, while TwinMind and AWS fail as they like.

What must hold, in all 120 histories: no key becomes current that did not pass its test or does not work, a leaked key
neither becomes nor stays current, nothing is promoted twice for one fault or said twice, and each incident comes to an
end. The run prints its seed at the top; `--randomly-seed=…` plays the same 120 again.
"""

import logging
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from responder.actions.gate import Permission, allowed
from responder.actions.rotate_key import steps
from responder.aws.incident_table import incident_table
from responder.context import IncidentContext
from tests.support.rotation_driver import DIED, execution, run
from tests.support.rotation_histories import CASES, FAULTS, OLD
from tests.support.rotation_world import Outcome, RotationWorld, rotation_world
from tests.support.tables import empty_tables

HISTORIES = 120
INCIDENTS = ("pd-1", "pd-2")
# Calls of two executions, in which faults fall.
CALLS = 90
ENDED = {"promoted", "already_done", "kept", "no_standby_key", "declined", "needs_approval"}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def flapping(draw: random.Random) -> dict[int, str]:
    """A vendor that is away for a few calls, back for a few, and away again; and single calls of AWS that fail."""
    faults: dict[int, str] = {}
    place = draw.randrange(12)
    while place < CALLS:
        away = draw.randrange(1, 4)
        faults |= {place + each: draw.choice(FAULTS) for each in range(away)}
        place += away + draw.randrange(6, 30)
    return faults


def played(seed: int) -> list[str]:
    """The laws that the history of this seed breaks."""
    draw = random.Random(seed)
    case = draw.choice(CASES)
    world = case.world(flapping(draw))
    with rotation_world(world, case.staged, incidents=INCIDENTS, leaked=case.leaked):
        running = {name: _execution(world, name, draw.randrange(1, 4), case.purpose) for name in INCIDENTS}
        while running:
            name = draw.choice(sorted(running))
            if next(running[name], None) is None:
                del running[name]
        # The vendor is back; the audit starts the next execution of each. One that finds the other at work comes again.
        world.faults, ends = {}, dict.fromkeys(INCIDENTS, "busy")
        for name in (*INCIDENTS, *INCIDENTS):
            if ends[name] == "busy":
                ends[name] = str(run(_execution(world, name, 1, case.purpose))["outcome"])
        return world.broken_laws + _at_the_end(world, list(ends.values()), leaked=case.leaked) + _said_twice()


def _execution(world: RotationWorld, name: str, tries: int, purpose: str) -> Iterator[Outcome]:
    return execution(world, name, tries=tries, purpose=purpose)


def _at_the_end(world: RotationWorld, ends: list[str], *, leaked: bool) -> list[str]:
    found = [f"an incident ended as {one}" for one in ends if one not in ENDED]
    if not world.works(world.current):
        found.append("the current key does not work")
    if leaked and OLD in {world.key_in(version) for version in world.labelled}:
        found.append("a label leads to the leaked key")
    if len(world.promoted) != 1:
        found.append(f"promoted {len(world.promoted)} times")
    if len(world.promoted) != len(set(world.promoted)):
        found.append("one version was promoted twice")
    return found


def _said_twice() -> list[str]:
    """Of what was done or found, about one key. Tried again, it is planned again, and waits under AWSPENDING again."""
    found = [(name, entry) for name in INCIDENTS for entry in incident_table().timeline(name)]
    said = Counter(
        (name, one.data.get("version_id"), one.text)
        for name, one in found
        if one.kind != "action_planned" and "waits" not in one.text
    )
    return [f"said twice: {text}" for (*_, text), times in said.items() if times > 1]


def test_no_history_of_two_incidents_breaks_a_law() -> None:
    first = random.randrange(10**9)
    with empty_tables():
        broken = {seed: laws for seed in range(first, first + HISTORIES) if (laws := played(seed))}
    assert broken == {}, f"first seed {first}; seeds and laws: {broken}"


def test_one_that_spent_the_budget_and_died_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the budget and the promotion the first incident dies. The other one must not give up for the budget."""

    def dies(*_: object, **__: object) -> bool:
        raise EndpointConnectionError(endpoint_url="https://secretsmanager.example")

    first, second = INCIDENTS
    case = CASES[0]
    world = case.world({})
    with empty_tables(), rotation_world(world, case.staged, incidents=INCIDENTS):
        with monkeypatch.context() as cut_off:
            cut_off.setattr(steps, "_move_current", dies)
            assert run(_execution(world, first, 3, case.purpose)) is DIED
        assert run(_execution(world, second, 1, case.purpose))["outcome"] == "busy"
        assert run(_execution(world, first, 1, case.purpose))["outcome"] == "promoted"
        assert run(_execution(world, second, 1, case.purpose))["outcome"] == "already_done"


def test_one_that_ends_while_the_other_plans_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second incident has read the old key when the first one replaces it and spends the budget."""
    first, second = INCIDENTS
    case, seam = CASES[0], "responder.actions.rotate_key.stage.allowed"
    world = case.world({})

    def late(ctx: IncidentContext, action: str, **given: Any) -> Permission:
        monkeypatch.setattr(seam, allowed)
        assert run(_execution(world, first, 1, case.purpose))["outcome"] == "promoted"
        return allowed(ctx, action, **given)

    with empty_tables(), rotation_world(world, case.staged, incidents=INCIDENTS):
        monkeypatch.setattr(seam, late)
        assert run(_execution(world, second, 1, case.purpose))["outcome"] == "already_done"
