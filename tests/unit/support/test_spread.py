"""Tests are spread by units: what shares something expensive stays in one process, and the long ones start first."""

import os
from pathlib import Path

import pytest

from tests.support.spread import LAST, LONG, WALKS, unit_of

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("nodeid", "unit"),
    [
        ("tests/e2e/test_drills.py::test_a_drill_ends_as_it_must[revoked_key]", "tests/e2e"),
        ("tests/e2e/test_stack.py::test_every_function_loads", "tests/e2e"),
        ("tests/conformance/test_vendors.py::test_calls", "tests/conformance/test_vendors.py"),
        ("tests/unit/test_redact.py::test_a[x::y]", "tests/unit/test_redact.py"),
    ],
)
def test_the_unit_of_a_test(nodeid: str, unit: str) -> None:
    assert unit_of(nodeid) == unit


@pytest.mark.parametrize(("quick", "at_eight"), [(False, 16), (True, 10)])
def test_processes_wait_for_each_other_and_a_quick_run_has_few(
    pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch, quick: bool, at_eight: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(pytestconfig.option, "quick", quick)
    assert pytestconfig.hook.pytest_xdist_auto_num_workers(config=pytestconfig) == at_eight


def test_every_listed_unit_exists() -> None:
    """A list that goes on naming what was moved or made cheaper excuses nothing."""
    units = {unit_of(str(path.relative_to(ROOT))) for path in Path(ROOT, "tests").rglob("test_*.py")}
    assert [unit for unit in LONG.keys() | WALKS | set(LAST) if unit not in units] == []


def test_what_judges_recorded_calls_comes_last() -> None:
    judges = {
        str(path.relative_to(ROOT))
        for path in Path(ROOT, "tests").rglob("test_*.py")
        if "of_kind" in path.read_text("utf-8")
    }
    assert judges - {str(Path(__file__).relative_to(ROOT))} == set(LAST)
