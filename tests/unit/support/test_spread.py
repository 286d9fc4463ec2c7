"""Tests are spread by units: what shares something expensive stays in one process, and the long ones start first."""

import os
from pathlib import Path

import pytest

from tests.support.spread import LONG, ROOT, unit_of


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/e2e/test_drills.py::test_a_drill_ends_as_it_must[revoked_key]", "tests/e2e"),
        ("tests/e2e/test_stack.py::test_every_function_loads", "tests/e2e"),
        ("tests/conformance/test_vendors.py::test_calls", "tests/conformance"),
        ("tests/unit/test_redact.py::test_a[x::y]", "tests/unit/test_redact.py"),
    ],
)
def test_the_unit_of_a_test(nodeid: str, unit: str) -> None:
    assert unit_of(nodeid) == unit


@pytest.mark.parametrize(("path", "more"), [("tests", 1), ("tests/e2e/test_stack.py::test_a", 1), ("tests/unit", 0)])
def test_the_tests_that_mostly_wait_have_a_process_of_their_own(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, path: str, more: int
) -> None:
    monkeypatch.setattr(pytestconfig, "args", [str(ROOT / path)])
    processes = pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig)
    assert processes == (os.cpu_count() or 1) + more


def test_every_long_unit_exists() -> None:
    """A list that goes on naming what was moved or made cheaper excuses nothing."""
    units = {unit_of(str(path.relative_to(ROOT))) for path in Path(ROOT, "tests").rglob("test_*.py")}
    assert [unit for unit in LONG if unit not in units] == []
