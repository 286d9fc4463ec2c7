"""`python -m local.idle_cost`: what the stack costs in a month without any incident, from the template.

List prices of us-east-1 in US dollars, without free tiers, of November 2025; not read from anywhere. What the template
cannot say (how long a run takes, how much it logs and reads) is assumed in RUNS, rather too high than too low.
"""

import os
import sys
from dataclasses import dataclass
from typing import Any

DAYS = 30
MINUTES = DAYS * 24 * 60
SECRET, ALARM, DASHBOARD, METRIC = 0.40, 0.10, 3.00, 0.30
GB_SECOND, INVOCATION = 0.0000133334, 0.20 / 1_000_000  # arm64
TRACE, LOG_GB, READ_UNIT = 5.00 / 1_000_000, 0.50, 0.125 / 1_000_000
FIFO_CALL, POLLERS, POLL_SECONDS = 0.50 / 1_000_000, 5, 20
# Lambda's own lines for an invocation, as JSON, with a line of ours now and then.
LOGGED_KB = 1.5
MOST = 4.50


@dataclass(frozen=True)
class Run:
    seconds: float
    read_units: int = 0


KEPT_WARM = Run(0.02)
RUNS = {
    "AuditFunction": Run(0.5, 6),
    "ReviewLeakFunction": Run(0.5, 4),
    "TestStandbyKeysFunction": Run(5, 4),
    "DoctorFunction": Run(15, 10),
}
# Custom metrics that a quiet stack writes, each with the hours of a month that have a value: four runs a day.
QUIET_METRICS = {"WorkingStandbyKeys": 4 * DAYS}


def idle(resources: dict[str, Any]) -> dict[str, float]:
    """Dollars a month by purpose; `resources`: of the expanded template with default parameters."""
    kinds = [each["Type"] for each in resources.values()]
    dashboards = [each for each in resources.values() if each["Type"] == "AWS::CloudWatch::Dashboard"]
    by_rule = [_schedule(resources, name) for name, each in resources.items() if _is_schedule(each)]
    return {
        "secrets": SECRET * kinds.count("AWS::SecretsManager::Secret"),
        "alarms": ALARM * kinds.count("AWS::CloudWatch::Alarm"),
        "dashboard": DASHBOARD * len([each for each in dashboards if each.get("Condition") != "HasDashboard"]),
        "metrics": sum(METRIC * hours / (DAYS * 24) for hours in QUIET_METRICS.values()),
        "queue": FIFO_CALL * POLLERS * DAYS * 86_400 / POLL_SECONDS,
        "scheduled functions": sum(one["functions"] for one in by_rule),
        "their reads": sum(one["reads"] for one in by_rule),
        "their logs": sum(one["logs"] for one in by_rule),
        "their traces": sum(one["traces"] for one in by_rule),
    }


def _is_schedule(resource: dict[str, Any]) -> bool:
    return resource["Type"] == "AWS::Events::Rule" and "ScheduleExpression" in resource["Properties"]


def _schedule(resources: dict[str, Any], rule: str) -> dict[str, float]:
    times = MINUTES / _minutes(resources[rule]["Properties"]["ScheduleExpression"])
    name = rule[: rule.index("Function") + len("Function")]
    function = resources[name]["Properties"]
    run = KEPT_WARM if rule.endswith("KeepWarm") else RUNS[name]
    return {
        "functions": times * (INVOCATION + run.seconds * function["MemorySize"] / 1024 * GB_SECOND),
        "reads": times * run.read_units * READ_UNIT,
        "logs": times * LOGGED_KB / 1024**2 * LOG_GB,
        "traces": times * TRACE if function["TracingConfig"]["Mode"] == "Active" else 0.0,
    }


def _minutes(expression: str) -> int:
    number, unit = expression.removeprefix("rate(").removesuffix(")").split()
    return int(number) * {"minute": 1, "hour": 60, "day": 1440}[unit.removesuffix("s")]


def main() -> int:
    os.environ["AWS_DEFAULT_REGION"] = "us-east-1"  # the translator wants one; the prices are those of this one
    from tests.support import stack  # noqa: PLC0415 - SAM's translator, which takes a moment

    parts = idle(stack.expanded()["Resources"])
    for name, dollars in parts.items():
        print(f"  {name:20} ${dollars:.2f}")
    print(f"idle: ${sum(parts.values()):.2f} a month (at most ${MOST:.2f})")
    return int(sum(parts.values()) > MOST)


if __name__ == "__main__":
    sys.exit(main())
