"""How the tests are spread over processes: by whole files, in a new order each time, the long ones first.

What is expensive in a file (a cloud, a sandbox) is made once a file, so no file is shared between processes. Files that
share what they make are one unit. The seed of the order is printed; `--randomly-seed=…` plays it again.
"""

import os
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# Units that take long → why they may. They start first, in this order, so that no process is left alone with one.
LONG = {
    "tests/e2e": "builds, deploys and drills the real stack on a local cloud; most of its time is waiting",
    "tests/contract/actions/test_every_call.py": "each call of each action goes wrong in each way",
    "tests/workflow/test_roles.py": "what every function calls in every story, and in what comes after its failure",
    "tests/workflow/test_failures.py": "each task of the real state machine fails once, from the alert to the end",
    "tests/workflow/test_bad_days.py": "whole incidents on days on which several things go wrong",
    "tests/attack/test_hostile_readings.py": "pages with lines of a million characters, through every reader",
    "tests/unit/test_classify_laws.py": "laws of the verdict over thousands of drawn findings",
    "tests/conformance/test_templates.py": "four runs of linters that first load some thousand rules",
    "tests/unit/sources/test_any_json.py": "any JSON that Hypothesis draws; how large it is differs from run to run",
    "tests/accuracy/test_accuracy.py": "every labelled case through the real probes, twice",
}
# Left out by `--quick` as well: they play or draw very many cases, or take a browser or a copy of the whole tree.
WALKS = {
    f"tests/{name}.py"
    for name in (
        "contract/test_channel_faults",
        "contract/test_many_alerts",
        "contract/test_page_in_a_browser",
        "contract/test_teams",
        "template/test_additions",
        "unit/actions/test_gate",
        "unit/actions/test_override_laws",
        "unit/actions/test_rotation_histories",
        "unit/actions/test_rotation_laws",
        "unit/sources/test_any_json",
        "unit/support/test_guards",
        "unit/test_classify_laws",
        "unit/test_escalation_laws",
    )
}
# They judge what all the others recorded.
LAST = tuple(f"tests/conformance/test_{name}.py" for name in ("aws_calls", "vendors", "expressions", "dynamodb"))


def unit_of(nodeid: str) -> str:
    """What one process runs as a whole: a file, or a folder whose files share what is expensive."""
    file = nodeid.split("::", maxsplit=1)[0]
    return "tests/e2e" if file.startswith("tests/e2e/") else file


class ByUnit(LoadScopeScheduling):  # type: ignore[misc]  # published without types
    """Hands out units in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByUnit:
    config.option.loadscopereorder = False
    return ByUnit(config, log)


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two a core: many tests wait for threads, and those on the local cloud for cold functions.

    Few in a quick run: each process first collects every test.
    """
    cores = os.cpu_count() or 1
    return cores + 1 if config.getoption("quick") else 2 * cores


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out what takes long: LONG and WALKS")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rank = {unit: number for number, unit in enumerate(LONG)}
    rank |= {unit: len(LONG) + number for number, unit in enumerate(LAST, 1)}
    items.sort(key=lambda item: rank.get(unit_of(item.nodeid), len(LONG)))
    if config.getoption("quick"):
        long = [item for item in items if unit_of(item.nodeid) in LONG.keys() | WALKS]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
