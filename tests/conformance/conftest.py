"""Strict third parties judge what the other tests recorded (tests/support/recorded.py), so these tests come last.

Several processes of one run (pytest-xdist) share what they record; the last tests of a run see nearly all of it.
"""

from collections.abc import Callable

import pytest

from tests.support import recorded

HERE = "tests/conformance/"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.nodeid.startswith(HERE))


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
