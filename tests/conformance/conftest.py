"""Strict third parties judge what the other tests recorded (tests/support/recorded.py).

So most of these tests come last (tests/support/spread.py). Several processes of one run (pytest-xdist) share what they
record; the last tests of a run see nearly all of it.
"""

from collections.abc import Callable

import pytest

from tests.support import recorded


@pytest.fixture(scope="session")
def count() -> Callable[[str], None]:
    """Prints a line of figures at the end of the run."""
    return recorded.figure


@pytest.fixture(scope="session")
def of_kind() -> Callable[[str], list[recorded.Call]]:
    """What was recorded; `make conformance` first runs the tests that record the most."""

    def read(kind: str) -> list[recorded.Call]:
        found = recorded.read(kind)
        assert found, f"no {kind} was recorded: run make conformance, or these tests after all others"
        return found

    return read
