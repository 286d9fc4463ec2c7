"""Each call that an action makes, to AWS or over HTTP, going wrong once: refused, refused for good, heard by nobody,
or the last thing that the function did. The state machine's own order, its repeats, and the executions that follow.

`BAD_DAYS=all` plays every history; without it the suite plays those about the outside world, and every few others.
"""

import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from responder.aws.incident_table import IncidentTable
from responder.aws.override_table import overrides_of
from tests.support.action_cases import ID, SCENES, Scene, budget_spent, found, labels
from tests.support.action_histories import Day, Theatre, stored, theatre
from tests.support.faulty_calls import Call
from tests.support.inprocess import SETTINGS, notices
from tests.support.playbook_run import FAILED

# Of the histories in which a call to our own table goes wrong, each so many-th is played in the suite.
ONE_IN = 1 if os.environ.get("BAD_DAYS") == "all" else 12


@pytest.fixture(scope="module")
def stage() -> Iterator[Theatre]:
    with theatre() as made:
        yield made


@pytest.mark.parametrize("name", SCENES)
def test_whatever_call_goes_wrong_the_end_is_known_and_nothing_is_done_twice(
    stage: Theatre, name: str, record_property: Callable[[str, object], None]
) -> None:
    scene = SCENES[name]
    good = stage.play(scene)
    assert broken_laws(stage, scene, good) == []
    assert scene.worked(stage.cloud) or scene.is_reverted, good
    histories = [one for one in stage.calls.histories() if _is_played(*one)]
    broken, missed = [], 0
    for call, fault in histories:
        day = stage.play(scene, (call, fault))
        laws = broken_laws(stage, scene, day)
        missed += not stage.calls.hit
        broken += [f"{fault}: {call}: {law}; {day.paths}" for law in laws]
    record_property("histories", len(histories))
    record_property("histories whose fault was not met", missed)
    # How often a restart is looked at depends on the machine; everything else is met each time.
    assert len(histories) >= 5
    assert missed <= len(histories) // 4
    assert broken == [], "\n".join(broken)


def _is_played(call: Call, fault: str) -> bool:
    is_outside = call.is_write and not call.what.startswith("dynamodb:")
    return is_outside or zlib.crc32(f"{call.what}{call.step}{fault}".encode()) % ONE_IN == 0


def broken_laws(stage: Theatre, scene: Scene, day: Day) -> list[str]:
    cloud, table = stage.cloud, IncidentTable(SETTINGS["TABLE_NAME"])
    laws = [f"{what} came before any plan" for what in day.unplanned]
    times = Counter(day.effects)
    laws += [f"{what} {times[what]} times" for what, most in scene.most.items() if times[what] > most]
    if day.ended == FAILED:
        laws.append("no execution came to a known end")
    if day.failed and not any("failed" in notice for notice in notices()):
        laws.append("an execution failed, and people were not told")
    worked = scene.worked(cloud)
    if not worked and not day.failed and not any("HandOver" in path for path in day.paths):
        laws.append("it did not work, and people were not told")
    # An execution that died leaves its record as it is, with people told; the next one has a record of its own.
    unfinished = [one.name for one in table.actions(ID) if one.outcome == "applying" and not day.failed]
    laws += [f"{name} is under way for ever" for name in unfinished]
    begun = [one for one in table.actions(ID) if one.outcome == "applying" and "not known" not in one.data["text"]]
    laws += [f"{one.name} is shown as done" for one in begun]
    if labels(cloud).count("AWSCURRENT") != 1 or "AWSPENDING" in labels(cloud):
        laws.append(f"the secret's labels are {labels(cloud)}")
    again = sum("RestartOnOldKey" in path for path in day.paths)
    acts = {"restart": len(day.paths) + again}
    spent = budget_spent(cloud).items()
    laws += [f"{name} was paid {paid} times" for name, paid in spent if paid > acts.get(name, len(day.paths))]
    for held in overrides_of(table, "twinmind").settings_overridden:
        # A write that was refused leaves the hold, which knows both values, to the end of the incident.
        if not held.explains(found(cloud, held.setting_key)):
            laws.append(f"{held.setting_key} is {found(cloud, held.setting_key)}, and held as {held.effective}")
    return laws + _back(stage, scene)


def _back(stage: Theatre, scene: Scene) -> list[str]:
    if not scene.is_reverted:
        return []
    outcome = stage.revert()
    laws = [] if outcome == "undone" else [f"given back: {outcome}"]
    if (
        stored().switched
        or scene.worked(stage.cloud)
        or overrides_of(IncidentTable(SETTINGS["TABLE_NAME"]), "twinmind").settings_overridden
    ):
        laws.append(
            f"still switched: {stored().switched}, {overrides_of(IncidentTable(SETTINGS['TABLE_NAME']), 'twinmind')}"
        )
    return laws
