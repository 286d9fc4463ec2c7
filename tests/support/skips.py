"""A run in which more tests were skipped than the listed ones is a failed run."""

from pathlib import Path

import pytest

from tests.support.browser import CHROMIUM

PAYLOADS = Path(__file__).parents[3] / "shared" / "payloads"
NEEDS_PAYLOADS = "needs ../shared/payloads, which is not beside this checkout"

NEEDS_BROWSER = "needs a browser: Debian's chromium, which .ci/run installs where it can"

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_BROWSER)
needs_payloads = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=NEEDS_PAYLOADS)

_skipped = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skipped] = []
    config.pluginmanager.register(_Counter(config.stash[_skipped]), "counted-skips")


def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.config.stash[_skipped] and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for line in config.stash[_skipped]:
        terminalreporter.write_line(f"skipped without being listed in tests/support/skips.py: {line}", red=True)


class _Counter:
    def __init__(self, unlisted: list[str]) -> None:
        self.unlisted = unlisted

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._count(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._count(report)

    def _count(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail") and not _is_listed(str(report.longrepr)):
            self.unlisted.append(report.nodeid)


def _is_listed(reason: str) -> bool:
    without_browser = NEEDS_BROWSER in reason and CHROMIUM is None
    return without_browser or (NEEDS_PAYLOADS in reason and not PAYLOADS.is_dir())
