"""A part of what `make laws` walks through: containment with each write lost, people who interfere, turns; and a draw.

The draw is another one each time. The run prints its seed at the top; `--randomly-seed=…` plays it again.
"""

import random
from collections.abc import Callable, Iterable

import pytest

from tests.support.rotation_histories import (
    CASES,
    Case,
    History,
    calls_of,
    families,
    two_at_once,
    with_faults,
    with_people,
)
from tests.support.tables import empty_tables

UNPROVEN, CONTAIN = CASES[2], CASES[3]
READS = ("GetItem", "GetSecretValue", "Query", "DescribeSecret")
Broken = Callable[[Iterable[History]], dict[History, list[str]]]


@pytest.fixture
def broken(record_property: Callable[[str, object], None]) -> Broken:
    """Those that break a law, with the laws; how many there were is told at the end of the run."""

    def played(histories: Iterable[History]) -> dict[History, list[str]]:
        with empty_tables():
            laws = {history: history.broken() for history in histories}
        record_property("histories", len(laws))
        return {history: found for history, found in laws.items() if found}

    return played


@pytest.mark.parametrize("fault", ["fail", "lost"])
def test_a_containment_survives_the_loss_of_each_call_that_changes_something(broken: Broken, fault: str) -> None:
    with empty_tables():
        calls = calls_of(CONTAIN)
    writes = [number for number, call in enumerate(calls) if call not in READS]
    assert len(writes) > 20
    assert broken(History(CONTAIN, ((number, fault),)) for number in writes) == {}


@pytest.mark.parametrize("case", [CONTAIN, UNPROVEN])
def test_people_who_interfere_between_two_steps_break_no_law_of_ours(broken: Broken, case: Case) -> None:
    assert broken(with_people(case)) == {}


def test_two_incidents_contain_once_in_any_order_of_their_first_turns(broken: Broken) -> None:
    assert broken(two_at_once(CONTAIN, 4)) == {}


def test_histories_drawn_from_all_that_make_laws_plays(broken: Broken) -> None:
    with empty_tables():
        every = [history for _, family in families(deep=False) for history in family]
    assert len(every) > 2000
    assert broken(random.sample(every, 40)) == {}


def test_two_calls_at_fault_drawn_from_all_pairs(broken: Broken) -> None:
    with empty_tables():
        pairs = list(with_faults(random.choice(CASES), 2))
    assert broken(random.sample(pairs, 12)) == {}
