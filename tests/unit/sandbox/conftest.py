"""One sandbox for these tests, reset before each; its clock and the key in the secret are set by hand."""

from collections.abc import Iterator

import httpx
import pytest

from local.sandbox import Sandbox
from tests.support.sandbox_client import Outside


@pytest.fixture(scope="session")
def running() -> Iterator[Outside]:
    outside = Outside()
    quick = {"twinmind": {"latency_ms": 0}, "service": {"latency_ms": 0, "restart_seconds": 0}}
    outside.sandbox = Sandbox(
        quick,
        clock=lambda: outside.now,
        load_key=lambda: outside.secret,
        read_service_flags=lambda: outside.service_flags,
    )
    with outside.sandbox, httpx.Client(base_url=outside.sandbox.url, timeout=5) as outside.http:
        yield outside


@pytest.fixture
def outside(running: Outside) -> Outside:
    running.sandbox.world.reset()
    running.secret = running.key()
    running.service_flags = None
    running.sandbox.reset()
    return running
