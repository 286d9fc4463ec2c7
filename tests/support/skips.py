"""A run in which more tests were skipped than the listed ones is a failed run."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.browser import CHROMIUM

ROOT = Path(__file__).parents[2]
PAYLOADS = ROOT.parent / "shared" / "payloads"
OPENAPI = ROOT.parent / "shared" / "vectors" / "openapi"
OPENMETRICS_PARSERS = OPENAPI.parent / "openmetrics" / "parsers"
NODE_PACKAGES = ROOT / "tests" / "conformance" / "node" / "node_modules"
JIRA_RENDERER = ROOT / ".jira-renderer"
CHECKOV = ROOT / ".checkov" / "bin" / "checkov"
NEEDS_PAYLOADS = "needs ../shared/payloads, which is not beside this checkout"

NEEDS_BROWSER = "needs a browser: Debian's chromium, which .ci/run installs where it can"

NEEDS_NODE = "needs Node.js, and the packages that make conformance installs for it"
NEEDS_JIRA_RENDERER = "needs Jira's own renderer (2.8 GB, some minutes), which make jira-renderer installs"
NEEDS_CHECKOV = "needs checkov, which make conformance installs"
NEEDS_OPENAPI = "needs ../shared/vectors/openapi, which is not beside this checkout"
NEEDS_OPENMETRICS = "needs ../shared/vectors/openmetrics, which is not beside this checkout"
NEEDS_PROMETHEUS = "needs Debian's prometheus, which .ci/run installs where it can"

LAMBDA_IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
NEEDS_LAMBDA_IMAGE = "needs Docker, and Lambda's image there (docs/sam-local.md)"


def _has_lambda_image() -> bool:
    docker = shutil.which("docker")
    command = (str(docker), "image", "inspect", LAMBDA_IMAGE)
    return docker is not None and subprocess.run(command, capture_output=True, check=False).returncode == 0


# Why a test may be skipped, and whether that is so here.
LISTED = {
    NEEDS_BROWSER: CHROMIUM is None,
    NEEDS_PAYLOADS: not PAYLOADS.is_dir(),
    NEEDS_NODE: shutil.which("node") is None or not NODE_PACKAGES.is_dir(),
    NEEDS_JIRA_RENDERER: not (JIRA_RENDERER / "renderer.js").is_file(),
    NEEDS_CHECKOV: not CHECKOV.is_file(),
    NEEDS_OPENAPI: not OPENAPI.is_dir(),
    NEEDS_PROMETHEUS: shutil.which("prometheus") is None,
    NEEDS_OPENMETRICS: not OPENMETRICS_PARSERS.is_dir(),
    NEEDS_LAMBDA_IMAGE: not _has_lambda_image(),
}

needs_node = pytest.mark.skipif(LISTED[NEEDS_NODE], reason=NEEDS_NODE)
needs_jira_renderer = pytest.mark.skipif(LISTED[NEEDS_JIRA_RENDERER], reason=NEEDS_JIRA_RENDERER)
needs_checkov = pytest.mark.skipif(LISTED[NEEDS_CHECKOV], reason=NEEDS_CHECKOV)
needs_openapi = pytest.mark.skipif(LISTED[NEEDS_OPENAPI], reason=NEEDS_OPENAPI)
needs_prometheus = pytest.mark.skipif(LISTED[NEEDS_PROMETHEUS], reason=NEEDS_PROMETHEUS)
needs_openmetrics = pytest.mark.skipif(LISTED[NEEDS_OPENMETRICS], reason=NEEDS_OPENMETRICS)
needs_lambda_image = pytest.mark.skipif(LISTED[NEEDS_LAMBDA_IMAGE], reason=NEEDS_LAMBDA_IMAGE)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_BROWSER)
needs_payloads = pytest.mark.skipif(not PAYLOADS.is_dir(), reason=NEEDS_PAYLOADS)

COLLECTED = "unlisted skips"
_skipped = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_skipped] = []
    config.pluginmanager.register(_Counter(config.stash[_skipped]), "counted-skips")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """What was skipped while a process of pytest-xdist collected is known to that process alone."""
    found: list[str] = getattr(node, "workeroutput", {}).get(COLLECTED, [])
    unlisted = node.config.stash[_skipped]
    unlisted += [one for one in found if one not in unlisted]


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput[COLLECTED] = session.config.stash[_skipped]
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
    return any(listed in reason for listed, is_so in LISTED.items() if is_so)
