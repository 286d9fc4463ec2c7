"""The laws of holding: nothing that somebody needs is given back, and at the end all is as people had it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from responder.actions.overrides import apply
from responder.actions.overrides.apply import Switch
from responder.aws import override_table
from responder.aws.incident_records import IncidentRecords
from responder.aws.lease import Lease
from responder.aws.override_table import OverrideStore
from responder.contracts.action import ActionResult
from responder.domain.overrides import Override, Overrides
from tests.support.override_world import CutOffError, Fault, HoldWorld

START = datetime(2026, 6, 1, tzinfo=UTC)
INCIDENTS = ("pd-1", "og-2", "jsm-3")
BASELINES = st.fixed_dictionaries(
    {"queue": st.sampled_from([None, False, True]), "limit": st.sampled_from([None, 200])}
)
FAULTS = st.none() | st.tuples(st.integers(1, 12), st.sampled_from(["before", "after", "trouble", "unheard"]))


@pytest.fixture(autouse=True, scope="module")
def _no_waiting() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(override_table, "WAIT_SECONDS", 0.0)
        patch.setattr(apply, "_PAUSE_SECONDS", 0.0)
        yield


@dataclass
class Story:
    world: HoldWorld
    needs: dict[str, int] = field(default_factory=dict)
    minute: int = 0

    def switch(self) -> Switch:
        # The world plays the part of the table that overrides use.
        store = OverrideStore(cast("IncidentRecords", self.world), "twinmind")
        return Switch(store, self.world, "test", "a test")

    def on(self, incident: str, limit: int, fault: Fault | None = None) -> ActionResult | None:
        self.minute += 1
        if incident in self.needs:
            # A wish that is cut off may be recorded or not: only the milder of the two is certain.
            self.needs[incident] = max(limit, self.needs[incident])
        override = Override(
            incident_id=incident, action="quota", desired=None, at=START + timedelta(minutes=self.minute)
        )
        self.world.step(fault)
        try:
            desired = {"queue": True, "limit": limit}
            changes = {
                f"flag:{name}": {"before": self.world.values[name], "after": value, "desired": value}
                for name, value in desired.items()
            }
            done = self.switch().apply(changes, override)
        except CutOffError:
            return None
        if done.outcome == "applied":
            self.needs[incident] = limit
        return done

    def back(self, incident: str, fault: Fault | None = None) -> ActionResult | None:
        self.needs.pop(incident, None)
        self.world.step(fault)
        try:
            return self.switch().revert(incident)
        except CutOffError:
            return None

    def expire(self) -> None:
        self.world.lease = None

    def check(self) -> None:
        for incident, limit in self.needs.items():
            assert self.world.values["queue"] is True, incident
            assert self.world.values["limit"] is not None
            assert self.world.values["limit"] <= limit, incident

    def end(self) -> None:
        """Everybody gives back until there is nothing left to give, as retries and the audit do."""
        self.expire()
        for incident in INCIDENTS:
            given = self.back(incident)
            assert given is not None
            assert given.outcome != "failed", given
            self.check()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["on", "on", "back"]),
        st.sampled_from(INCIDENTS),
        st.sampled_from([100, 160, 240]),
        FAULTS,
        st.booleans(),
    ),
    max_size=8,
)


@settings(max_examples=600, deadline=None)
@given(BASELINES, STEPS)
def test_all_give_back_to_what_people_had_and_nobody_loses_what_is_needed(
    baseline: dict[str, Any], steps: list[tuple[str, str, int, Fault | None, bool]]
) -> None:
    history = Story(HoldWorld(dict(baseline)))
    for kind, incident, limit, fault, lease_is_over in steps:
        if lease_is_over:
            history.expire()
        answer = history.on(incident, limit, fault) if kind == "on" else history.back(incident, fault)
        event("cut off" if answer is None else "went through")
        history.check()
    history.end()
    assert history.world.values == baseline
    assert history.world.record[0] in (None, Overrides())


@settings(max_examples=300, deadline=None)
@given(STEPS, st.lists(st.tuples(st.sampled_from(INCIDENTS), FAULTS), max_size=6), st.sampled_from([50, 201, None]))
def test_what_people_set_while_it_was_switched_is_left_to_them(
    steps: list[tuple[str, str, int, Fault | None, bool]], backs: list[tuple[str, Fault | None]], chosen: int | None
) -> None:
    history = Story(HoldWorld({"queue": False, "limit": 200}))
    for kind, incident, limit, _, _ in steps:
        history.on(incident, limit) if kind == "on" else history.back(incident)
    history.world.values["limit"] = chosen
    history.needs.clear()
    history.world.writes.clear()
    for incident, fault in backs:
        history.expire()
        history.back(incident, fault)
    history.end()
    assert history.world.values == {"queue": False, "limit": chosen}
    assert all("limit" not in write for write in history.world.writes)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 14), st.sampled_from(["before", "after"]), st.integers(0, 3))
def test_a_step_that_was_cut_off_is_finished_by_its_repeat(call: int, moment: str, repeats: int) -> None:
    history = Story(HoldWorld({"queue": None, "limit": None}))
    history.on("pd-1", 240, (call, moment))
    for _ in range(repeats + 1):
        done = history.on("pd-1", 240)
        assert done is not None
        assert done.outcome == "applied", done
    assert history.world.values == {"queue": True, "limit": 240}
    assert len(history.world.writes) == 1
    history.back("pd-1", (call, moment))
    for _ in range(repeats + 1):
        given_back = history.back("pd-1")
        assert given_back is not None
        assert given_back.outcome == "undone", given_back
    assert history.world.values == {"queue": None, "limit": None}
    assert len(history.world.writes) == 2


def test_while_one_is_switching_another_changes_nothing() -> None:
    history = Story(HoldWorld({"queue": None, "limit": None}, lease=Lease(by="somebody")))
    done = history.on("pd-1", 240)
    assert done is not None
    assert done.outcome == "failed"
    assert "another incident" in done.text
    assert history.world.writes == []
    assert history.world.record == (None, 0)


def test_the_stricter_limit_wins_and_the_last_one_restores() -> None:
    history = Story(HoldWorld({"queue": True, "limit": 200}))
    history.on("pd-1", 160)
    history.on("og-2", 100)
    assert history.world.values["limit"] == 100
    first = history.back("og-2")
    assert history.world.values == {"queue": True, "limit": 160}
    assert first is not None
    assert first.text == "Flag:limit is still held by pd-1; flag:queue is still held by pd-1."
    second = history.back("pd-1")
    assert history.world.values == {"queue": True, "limit": 200}
    assert second is not None
    assert second.text == "Switched back: flag:limit = 200, flag:queue = on."


def test_a_person_who_set_it_after_us_is_not_overruled_by_a_repeat() -> None:
    history = Story(HoldWorld({"queue": None, "limit": None}))
    history.on("pd-1", 240)
    history.world.values["limit"] = 30
    done = history.on("pd-1", 240)
    assert done is not None
    assert (done.outcome, history.world.values["limit"]) == ("failed", 30)
    assert "somebody set flag:limit to 30 since" in done.text
