"""What the stack costs while nothing happens."""

import copy
import os
import subprocess
import sys
from typing import Any

import pytest

from local.idle_cost import MOST, QUIET_METRICS, idle
from tests.support import stack


def changed(change: dict[str, Any]) -> float:
    resources = copy.deepcopy(stack.expanded()["Resources"]) | change
    return sum(idle(resources).values())


def test_a_quiet_month_costs_no_more_than_was_promised() -> None:
    assert sum(idle(stack.expanded()["Resources"]).values()) <= MOST


@pytest.mark.parametrize(
    "more",
    [
        {"SecretA": {"Type": "AWS::SecretsManager::Secret"}, "SecretB": {"Type": "AWS::SecretsManager::Secret"}},
        {"AlwaysDashboard": {"Type": "AWS::CloudWatch::Dashboard"}},
        {f"Alarm{number}": {"Type": "AWS::CloudWatch::Alarm"} for number in range(6)},
    ],
)
def test_what_is_added_counts(more: dict[str, Any]) -> None:
    assert changed(more) > MOST


def test_what_schedules_call_is_counted_with_its_traces() -> None:
    resources = copy.deepcopy(stack.expanded()["Resources"])
    before = idle(resources)
    resources["AuditFunction"]["Properties"]["TracingConfig"] = {"Mode": "Active"}
    assert idle(resources)["their traces"] - before["their traces"] == pytest.approx(0.216)


def test_the_metrics_of_a_quiet_month_are_metrics_of_an_alarm() -> None:
    named = {alarm["MetricName"] for alarm in stack.resources("AWS::CloudWatch::Alarm").values()}
    assert set(QUIET_METRICS) <= named


def test_it_is_told_on_a_machine_without_aws_settings() -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    told = subprocess.run(
        [sys.executable, "-m", "local.idle_cost"], env=env | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    assert f"(at most ${MOST:.2f})" in told.stdout
