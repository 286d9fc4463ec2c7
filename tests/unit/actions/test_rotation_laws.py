"""The laws of a rotation, whatever call fails, is repeated, or works without an answer."""

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.rotation_driver import execution, one_step, run
from tests.support.rotation_world import FIRST, FOREIGN, RotationWorld, rotation_world
from tests.support.secret_model import PENDING, SecretModel
from tests.support.tables import empty_tables

FAULTS = ("fail", "lost", "repeat")
OLD = "tm_sk_old"
STANDBY = ["tm_sk_standby_a", "tm_sk_standby_b", "tm_sk_standby_c"]


@pytest.fixture(scope="module", autouse=True)
def tables() -> Iterator[None]:
    with empty_tables():
        yield


def a_world(
    *,
    old_works: bool = False,
    standby: tuple[bool, ...] = (True, True),
    faults: dict[int, str] | None = None,
    is_json: bool = False,
    foreign: bool = False,
) -> RotationWorld:
    text = json.dumps({"webhook_secret": "whsec_ö", "api_key": OLD, "n": 1}) if is_json else OLD
    model = SecretModel(FIRST, text)
    if foreign:
        model.texts[FOREIGN] = "tm_sk_of_somebody_else"
        model.labels[PENDING] = FOREIGN
    keys = {OLD: old_works} | dict(zip(STANDBY, standby, strict=False))
    return RotationWorld(model, keys, faults or {})


def staged_keys(world: RotationWorld) -> list[str]:
    return [key for key in STANDBY if key in world.keys]


def expected_end(world: RotationWorld, *, foreign: bool) -> str:
    """What one undisturbed execution must come to."""
    if world.works(world.current):
        return "already_done"
    if foreign:
        return "pending_elsewhere"
    return "promoted" if any(world.keys[key] for key in staged_keys(world)) else "no_standby_key"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    old_works=st.booleans(),
    old_comes_back=st.booleans(),
    standby=st.lists(st.booleans(), max_size=3).map(tuple),
    is_json=st.booleans(),
    foreign=st.sampled_from([False, False, False, True]),
    faults=st.dictionaries(st.integers(0, 200), st.sampled_from(FAULTS), max_size=6),
    tries=st.integers(1, 2),
    proven=st.booleans(),
)
@example(True, False, (True,), False, False, {5: "fail"}, 1, False)
@example(False, True, (False, True), True, False, {70: "lost", 110: "lost"}, 2, False)
def test_the_laws_hold_and_the_next_try_succeeds(
    old_works: bool,
    old_comes_back: bool,
    standby: tuple[bool, ...],
    is_json: bool,
    foreign: bool,
    faults: dict[int, str],
    tries: int,
    proven: bool,
) -> None:
    world = a_world(old_works=old_works, standby=standby, faults=faults, is_json=is_json, foreign=foreign)

    with rotation_world(world, staged_keys(world), json_field="api_key" if is_json else None):
        run(execution(world, tries=tries, proven=proven))
        assert world.broken_laws == []
        if old_comes_back:
            world.keys[OLD] = True
            run(execution(world, tries=tries, proven=proven))
        world.faults = {}
        expected = expected_end(world, foreign=foreign)
        last = run(execution(world))

        assert world.broken_laws == []
        assert world.model.labels.get(PENDING) == (FOREIGN if foreign else None)
        assert last["outcome"] == expected
        if old_works or (any(standby) and not foreign):
            assert world.works(world.current)
        if is_json:
            stored = json.loads(world.model.texts[world.current])
            assert stored | {"api_key": ""} == {"webhook_secret": "whsec_ö", "api_key": "", "n": 1}


def _writes_of_a_rotation() -> list[int]:
    """The numbers of the calls in an undisturbed rotation that change something or ask TwinMind."""
    world = a_world()
    with rotation_world(world, staged_keys(world)):
        assert run(execution(world))["outcome"] == "promoted"
    return [number for number, call in enumerate(world.calls) if call not in ("GetItem", "GetSecretValue")]


@pytest.mark.parametrize("fault", FAULTS)
def test_each_single_fault_leaves_the_next_try_a_way_to_a_working_key(
    fault: str, record_property: Callable[[str, object], None]
) -> None:
    numbers = _writes_of_a_rotation()
    record_property("histories", len(numbers))
    for number in numbers:
        world = a_world(faults={number: fault})
        with rotation_world(world, staged_keys(world)):
            first = run(execution(world))
            # What the SDK repeats by itself must not even be noticed.
            assert fault != "repeat" or first["outcome"] == "promoted", world.calls[number]
            world.faults = {}
            run(execution(world))
            assert (world.broken_laws, world.works(world.current)) == ([], True), world.calls[number]
            assert PENDING not in world.model.labels, f"{fault} of call {number}, {world.calls[number]}"
            assert len(world.promoted) == 1


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    turns=st.lists(st.sampled_from(["pd-1", "pd-2"]), max_size=12),
    faults=st.dictionaries(st.integers(0, 150), st.sampled_from(FAULTS), max_size=2),
)
def test_two_incidents_at_once_rotate_once(turns: list[str], faults: dict[int, str]) -> None:
    world = a_world(faults=faults)
    with rotation_world(world, staged_keys(world), incidents=("pd-1", "pd-2")):
        running = {incident: execution(world, incident) for incident in ("pd-1", "pd-2")}
        for incident in turns:
            next(running[incident], None)
        for steps in running.values():
            run(steps)
        world.faults = {}
        # Whoever holds the claim of a rotation that died goes on with it; the other one waits for that.
        ends = [run(execution(world, incident))["outcome"] for incident in ("pd-1", "pd-2", "pd-1", "pd-2")]

        assert world.broken_laws == []
        assert len(world.promoted) == 1
        assert set(ends[2:]) == {"already_done"}
        assert PENDING not in world.model.labels


STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret", "restoreSecret")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(st.sampled_from((*STEPS, "old key works", "old key is refused")), max_size=14),
    standby=st.lists(st.booleans(), min_size=1, max_size=3).map(tuple),
    faults=st.dictionaries(st.integers(0, 150), st.sampled_from(FAULTS), max_size=3),
)
@example(["createSecret", "finishSecret"], (False, True), {})
@example(["createSecret", "testSecret", "finishSecret", "finishSecret", "testSecret"], (True,), {})
def test_steps_in_any_order_break_no_law(steps: list[str], standby: tuple[bool, ...], faults: dict[int, str]) -> None:
    world = a_world(standby=standby, faults=faults)
    with rotation_world(world, staged_keys(world)):
        ids: dict[str, str | None] = {}
        for step in steps:
            if step in STEPS and (ids or step in ("createSecret", "restoreSecret")):
                outcome = one_step(world, "pd-1", step, 1, **ids)
                ids = ids if outcome["outcome"] != "staged" else {"version_id": outcome["version_id"]}
            elif step not in STEPS:
                world.keys[OLD] = step == "old key works"
        run(execution(world))
        world.faults = {}
        run(execution(world))
        assert world.broken_laws == []
        assert PENDING not in world.model.labels


def test_a_version_that_lost_its_label_is_followed_by_another() -> None:
    """AWS ignores a PutSecretValue with a token that it knows, and with it the label that it asks for."""
    world = a_world()
    with rotation_world(world, staged_keys(world)):
        assert world.step("pd-1", "createSecret")["outcome"] == "staged"
        world.keys[OLD] = True
        assert world.step("pd-1", "createSecret")["outcome"] == "already_done"
        assert PENDING not in world.model.labels
        world.keys[OLD] = False
        staged = world.step("pd-1", "createSecret")
        assert (staged["outcome"], staged["version_id"]) == ("staged", world.model.labels[PENDING])
        assert run(execution(world))["outcome"] == "promoted"
        assert world.broken_laws == []
