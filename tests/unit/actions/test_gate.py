import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

import responder.actions
from responder.actions import ACTIONS
from responder.actions.gate import allowed, may_undo, spend
from responder.adapters.aws import client
from responder.incident import Stamped
from responder.runbook import Modes, packaged
from responder.words import Cause, Mode, UpstreamStatus
from tests.support.tables import RUNBOOK_PARAMETER, STOP_PARAMETER, set_parameter
from tests.unit.actions.conftest import OpenDesk

HELPERS = {
    "__init__",
    "gate",
    "holds",
    "key_check",
    "place",
    "places",
    "plan",
    "prove",
    "rotation",
    "setting",
    "staging",
    "standby",
    "switching",
}
RESOLVED = Stamped(at=datetime(2026, 6, 2, tzinfo=UTC), value=UpstreamStatus.RESOLVED.value)


def set_budget(**budget: int) -> None:
    set_parameter(RUNBOOK_PARAMETER, json.dumps({"budgets": {"rotate": budget}}))


def test_each_action_has_a_file_and_a_mode() -> None:
    files = {path.stem for path in Path(responder.actions.__path__[0]).glob("*.py")}
    assert set(ACTIONS) == files - HELPERS
    assert set(ACTIONS) <= set(Modes.model_fields)


def test_a_clear_diagnosis_in_auto_is_granted(desk_of: OpenDesk) -> None:
    permission = allowed(desk_of(), "rotate")
    assert (permission.granted, permission.mode) == (True, Mode.AUTO)


@pytest.mark.parametrize("cause", [None, *Cause])
def test_only_the_listed_causes_pass(desk_of: OpenDesk, cause: Cause | None) -> None:
    permission = allowed(desk_of(cause=cause), "rotate")
    assert permission.granted is (cause is Cause.KEY_REJECTED)
    assert not permission.observes


def test_nothing_is_done_or_undone_once_it_is_resolved_upstream(desk_of: OpenDesk) -> None:
    desk = desk_of(upstream=RESOLVED)
    assert not allowed(desk, "rotate").granted
    assert not may_undo(desk, "rotate").granted


@pytest.mark.parametrize("switch", ["stop", "", "RUN!", "false"])
def test_anything_but_run_is_a_thrown_switch(desk_of: OpenDesk, switch: str) -> None:
    desk = desk_of()
    set_parameter(STOP_PARAMETER, switch or " ")
    assert allowed(desk, "rotate").observes
    assert may_undo(desk, "rotate").observes


def test_a_switch_that_cannot_be_read_counts_as_thrown(desk_of: OpenDesk) -> None:
    desk = desk_of()
    client("ssm").delete_parameter(Name=STOP_PARAMETER)
    assert allowed(desk, "rotate").observes


@pytest.mark.parametrize(
    ("pinned", "in_force", "expected"),
    [
        ("auto", "observe", Mode.OBSERVE),
        ("observe", "auto", Mode.OBSERVE),
        ("approve", "auto", Mode.APPROVE),
        ("auto", "approve", Mode.APPROVE),
        ("approve", "observe", Mode.OBSERVE),
        ("auto", "auto", Mode.AUTO),
    ],
)
def test_the_lower_of_the_pinned_mode_and_the_one_in_force_counts(
    desk_of: OpenDesk, pinned: str, in_force: str, expected: Mode
) -> None:
    runbook = packaged()
    modes = runbook.modes.model_copy(update={"rotate": Mode(pinned)})
    desk = desk_of()
    desk.table.pin_runbook("pd-1", runbook.model_copy(update={"modes": modes}))
    set_parameter(RUNBOOK_PARAMETER, f'{{"modes": {{"rotate": "{in_force}"}}}}')
    permission = allowed(desk_of(), "rotate")
    assert permission.mode is expected
    assert permission.granted is (expected is Mode.AUTO)
    if expected is Mode.APPROVE:
        assert permission.why == "needs approval: ask people"


def test_a_bad_override_means_observe(desk_of: OpenDesk) -> None:
    desk = desk_of()
    set_parameter(RUNBOOK_PARAMETER, "modes: {rotate: perhaps}")
    assert allowed(desk, "rotate").observes


def test_the_same_use_counts_once_and_is_not_refused_by_itself(desk_of: OpenDesk) -> None:
    desk = desk_of()
    assert spend(desk, "rotate", "a")
    assert spend(desk, "rotate", "a")
    assert allowed(desk, "rotate", use="a").granted
    assert not allowed(desk, "rotate", use="b").granted


def test_a_second_use_in_one_incident_is_over_budget(desk_of: OpenDesk) -> None:
    set_budget(per_incident=1, per_day=9, cooldown_minutes=0)
    desk = desk_of()
    spend(desk, "rotate", "a")
    assert "1 for this incident" in allowed(desk, "rotate", use="b").why
    assert not spend(desk, "rotate", "b")
    assert allowed(desk_of("pd-2"), "rotate", use="c").granted


def test_the_day_is_counted_over_all_incidents(desk_of: OpenDesk) -> None:
    set_budget(per_incident=9, per_day=2, cooldown_minutes=0)
    assert spend(desk_of("pd-1"), "rotate", "a")
    assert spend(desk_of("pd-2"), "rotate", "b")
    assert "2 within 24 hours" in allowed(desk_of("pd-3"), "rotate", use="c").why
    assert not spend(desk_of("pd-3"), "rotate", "c")


def test_the_cooldown_is_the_integrations(desk_of: OpenDesk) -> None:
    spend(desk_of("pd-1"), "rotate", "a")
    assert "30 minutes" in allowed(desk_of("pd-2"), "rotate", use="b").why
    assert may_undo(desk_of("pd-1"), "rotate").granted
