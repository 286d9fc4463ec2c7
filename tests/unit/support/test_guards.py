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


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ("def test_a() -> None: pass\n", False),
        ("import pytest\ndef test_a() -> None: pass\ndef test_b() -> None: pytest.skip('no time')\n", True),
        ("import pytest\npytest.skip('all of it', allow_module_level=True)\n", True),
    ],
)
def test_a_skip_that_is_not_listed_fails_the_run(tmp_path: Path, body: str, refused: bool) -> None:
    (tmp_path / "test_body.py").write_text(body)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.skips", "-p", "no:cacheprovider", str(tmp_path)]
    environment = os.environ | {"PYTEST_ADDOPTS": ""}
    run = subprocess.run(command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (run.returncode != 0) == refused, run.stdout
    assert ("test_body.py" in run.stdout.partition("without being listed")[2]) == refused
