"""Said at the end of a run: what the files cost, in seconds of CPU, and how many cases were played inside of tests.

CPU counts and not the time that passed, so that the answer hardly depends on what else the machine does. What passed
without CPU stands beside it: the file waited for something, or the machine was busy. Processes that a test starts
count once they have been waited for. A unit of tests over the limit that is not in `spread.LONG` fails the run.

A test that plays cases in a loop records how many: `record_property("histories", 312)`. Examples that Hypothesis drew
are counted here.
"""

import os
import re
import time
from collections import Counter, defaultdict
from collections.abc import Generator

import pytest

from tests.support.spread import LONG, unit_of

LIMIT_SECONDS = 30
SHOWN = 12
CPU = "cpu seconds"
PASSED = "seconds passed"
EXAMPLES = "examples drawn"

_began = pytest.StashKey[tuple[float, float]]()
_tally = pytest.StashKey["Tally"]()


def cpu_seconds() -> float:
    """Of this process, and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


class Tally:
    """Sums over the reports of all processes."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.passed: defaultdict[str, float] = defaultdict(float)
        self.cases: dict[str, Counter[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "teardown":
            return
        for name, value in report.user_properties:
            if name in (CPU, PASSED):
                seconds = self.cpu if name == CPU else self.passed
                seconds[unit_of(report.nodeid)] += float(str(value))
            elif isinstance(value, int):
                self.cases.setdefault(name, Counter())[report.nodeid.split("::")[0]] += value

    def over_the_limit(self) -> list[str]:
        return [unit for unit, seconds in self.cpu.items() if seconds > LIMIT_SECONDS and unit not in LONG]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_tally] = Tally()
    config.pluginmanager.register(config.stash[_tally], "tally")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    item.stash[_began] = (cpu_seconds(), time.perf_counter())
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "teardown":
        cpu, clock = item.stash[_began]
        report.user_properties += [(CPU, cpu_seconds() - cpu), (PASSED, time.perf_counter() - clock)]
        drawn = re.findall(r"(\d+) passing, (\d+) failing", getattr(item, "hypothesis_statistics", ""))
        report.user_properties += [(EXAMPLES, int(passing) + int(failing)) for passing, failing in drawn]
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    is_good = session.exitstatus == pytest.ExitCode.OK
    if is_good and _limit_counts(session.config) and session.config.stash[_tally].over_the_limit():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    tally = config.stash[_tally]
    whole = sum(tally.cpu.values())
    terminalreporter.section(f"{whole:.0f} s of CPU, most of it in")
    waited = {unit: tally.passed[unit] - seconds for unit, seconds in tally.cpu.items()}
    for unit, seconds in sorted(tally.cpu.items(), key=lambda one: -one[1])[:SHOWN]:
        terminalreporter.write_line(f"{seconds:7.1f} s  {unit}, and {max(waited[unit], 0):.1f} s without CPU")
    terminalreporter.section(f"{sum(waited.values()):.0f} s without CPU, most of it in")
    for unit, seconds in sorted(waited.items(), key=lambda one: -one[1])[:SHOWN]:
        terminalreporter.write_line(f"{seconds:7.1f} s  {unit}")
    for kind, files in sorted(tally.cases.items()):
        where = ", ".join(f"{file.rsplit('/', 1)[-1]} {count}" for file, count in files.most_common())
        terminalreporter.write_line(f"{sum(files.values()):7d} {kind}: {where}")
    for unit in tally.over_the_limit() if _limit_counts(config) else []:
        terminalreporter.write_line(
            f"{unit} took more than {LIMIT_SECONDS} s of CPU: make it cheaper, or say why in tests/support/spread.py",
            red=True,
        )


def _limit_counts(config: pytest.Config) -> bool:
    """Not while each line is traced for coverage."""
    return not config.getoption("cov_source", None)
