"""The guards around the tests hold: no real network, no user environment, no silent skips."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.network import RealNetworkError

ROOT = Path(__file__).parents[3]


def pytest_run(*arguments: str) -> subprocess.CompletedProcess[str]:
    # Without a root, it looks at everything in each folder on the way to the one that it shares with this checkout.
    options = ["-p", "no:cacheprovider", "-p", "xdist.plugin", "--rootdir", arguments[-1]]
    command = [sys.executable, "-m", "pytest", *options, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": arguments[-1]}
    return subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)


def test_another_machine_is_out_of_reach() -> None:
    with pytest.raises(RealNetworkError, match=r"192\.0\.2\.1"):
        httpx.get("http://192.0.2.1/", timeout=1)
    with pytest.raises(RealNetworkError, match=r"example\.com"):
        httpx.get("http://example.com/", timeout=1)


def test_another_machine_is_out_of_reach_asynchronously() -> None:
    async def call() -> None:
        async with httpx.AsyncClient() as client:
            await client.get("http://example.com/", timeout=1)

    with pytest.raises(RealNetworkError, match=r"example\.com"):
        asyncio.run(call())


def test_this_machine_is_in_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


def test_a_name_that_nobody_has_is_not_found() -> None:
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("nowhere.invalid", 80)


def test_the_users_aws_settings_are_gone() -> None:
    assert "AWS_PROFILE" not in os.environ
    assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"


SKIPS = {
    "test_whole.py": "import pytest\npytest.skip('all of it', allow_module_level=True)\n",
    "test_part.py": "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no time')\n",
}
here_and_spread = pytest.mark.parametrize("processes", ["0", "2"])


@here_and_spread
def test_a_skip_that_is_not_listed_fails_the_run(tmp_path: Path, processes: str) -> None:
    for name, text in SKIPS.items():
        (tmp_path / name).write_text(text)
    run = pytest_run("-p", "tests.support.skips", "-n", processes, str(tmp_path))
    unlisted = run.stdout.partition("without being listed")[2]
    assert (run.returncode, [name for name in SKIPS if name not in unlisted]) == (1, []), run.stdout


def test_a_run_without_skips_is_a_good_one(tmp_path: Path) -> None:
    (tmp_path / "test_body.py").write_text("def test_a(): pass\n")
    run = pytest_run("-p", "tests.support.skips", str(tmp_path))
    assert (run.returncode, "without being listed" in run.stdout) == (0, False), run.stdout


def test_a_clone_without_what_lies_beside_this_one_skips_only_what_is_listed(tmp_path: Path) -> None:
    """As a newcomer has it: there is no ../shared."""
    clone = tmp_path / "clone"
    clone.mkdir()
    for entry in ROOT.iterdir():
        (clone / entry.name).symlink_to(entry)
    files = ["tests/unit/test_exposition.py", "tests/unit/sources/test_real_payloads.py"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files]
    run = subprocess.run(command, check=False, cwd=clone, capture_output=True, text=True)
    assert (run.returncode, "skipped" in run.stdout) == (0, True), run.stdout


BUSY = """
import time
import pytest
@pytest.mark.parametrize("name", ["a", "b"])
def test_busy(name, record_property):
    record_property("histories", 21)
    until = time.process_time() + SECONDS
    while time.process_time() < until:
        pass
"""


@pytest.mark.parametrize(("seconds", "refused"), [("0", False), ("0.3", True)])
@here_and_spread
def test_a_file_that_costs_too_much_fails_the_run(tmp_path: Path, seconds: str, refused: bool, processes: str) -> None:
    (tmp_path / "strict.py").write_text("from tests.support import costs\ncosts.LIMIT_SECONDS = 0.5\n")
    (tmp_path / "test_busy.py").write_text(BUSY.replace("SECONDS", seconds))
    plugins = ("-p", "tests.support.spread", "-p", "tests.support.costs", "-p", "strict")
    run = pytest_run(*plugins, "-n", processes, str(tmp_path))
    assert "2 passed" in run.stdout, run.stderr
    assert (run.returncode, "test_busy.py took more than" in run.stdout) == (int(refused), refused), run.stdout
    assert "42 histories: test_busy.py 42" in run.stdout
