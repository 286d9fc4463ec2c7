"""How the tests are spread over processes: by whole files, in a new order each time, the long ones first.

What is expensive in a file (a cloud, a sandbox) is made once a file, so no file is shared between processes. Files that
share what they make are one unit. The seed of the order is printed; `--randomly-seed=…` plays it again.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
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
# Left out by `--quick` as well: they play or draw very many cases, wait for restarts, polls and limits, or take a
# browser, Prometheus or a copy of the tree.
WALKS = {
    f"tests/{name}.py"
    for name in (
        "contract/actions/test_consumers",
        "contract/actions/test_restart",
        "contract/actions/test_restart_kubernetes",
        "contract/actions/test_review_leak",
        "contract/actions/test_service_flag_actions",
        "contract/test_channel_faults",
        "contract/test_command_line",
        "contract/test_command_mistakes",
        "contract/test_diagnosis",
        "contract/test_doctor",
        "contract/test_many_alerts",
        "contract/test_near_aws",
        "contract/test_page_in_a_browser",
        "contract/test_real_prometheus",
        "contract/test_sample_events",
        "contract/test_sparing_probes",
        "contract/test_teams",
        "contract/test_ticket",
        "template/test_additions",
        "template/test_idle_cost",
        "unit/actions/test_gate",
        "unit/actions/test_override_laws",
        "unit/actions/test_rotation_histories",
        "unit/actions/test_rotation_laws",
        "unit/report/test_escaping",
        "unit/sources/test_any_json",
        "unit/support/test_guards",
        "unit/test_classify_laws",
        "unit/test_cold_start",
        "unit/test_escalation_laws",
    )
}
# What a law draws in a quick run, and where Hypothesis keeps it: it has no public way to draw fewer than a test says.
QUICK_EXAMPLES = 20
DRAWS = "_hypothesis_internal_use_settings"
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
    return cores + 2 if config.getoption("quick") else 2 * cores


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="leave out what takes long: LONG and WALKS")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """What a quick run leaves out is not even imported."""
    place = collection_path.relative_to(config.rootpath).as_posix()
    return True if config.getoption("quick") and place in LONG.keys() | WALKS else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    rank = {unit: number for number, unit in enumerate(LONG)}
    rank |= {unit: len(LONG) + number for number, unit in enumerate(LAST, 1)}
    items.sort(key=lambda item: rank.get(unit_of(item.nodeid), len(LONG)))
    if config.getoption("quick"):
        for test in {getattr(item, "obj", None) for item in items}:
            if drawn := getattr(test, DRAWS, None):
                setattr(test, DRAWS, settings(drawn, max_examples=min(drawn.max_examples, QUICK_EXAMPLES)))
