"""`make bench`: what the probes cost, as ratios measured side by side in one run, so that the machine's speed cancels
out. Nothing here is a test: on a loaded machine every number is worse."""

import asyncio
import os
import statistics
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
from moto import mock_aws

from local import cold_starts as cold_start
from local.sandbox import Sandbox
from responder.aws.probe_run_table import ProbeRunTable
from responder.clients.http import AsyncHttp
from responder.config.runbook import Runbook, with_override
from responder.contracts.probe import Probe, ProbeContext, Readers
from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.probes import PROBES
from responder.probes.runner import run_and_wait, run_probes
from responder.probes.shared_runs import share_run

TABLE = "bench"
REPEATS = 5
WORLD: dict[str, Any] = {
    "service": {"load": {"requests_per_minute": 6000}},
    "twinmind": {"rate_limit": {"limit": 10**6}},
}
READERS = Readers(lambda: "tm_sk_sandbox_primary", lambda: ("tm_sk_sandbox_standby-1",), lambda _: "credential")


def runbook(url: str) -> Runbook:
    """Everything that the sandbox can fake, switched on."""
    return with_override(f"""
endpoints:
  twinmind:
    base_url: {url}/twinmind
    limits_path: /v1/account/limits
    test_transcription: {{enabled: true}}
  status_page_url: {url}/twinmind-status
  control_url: {url}
  service:
    base_url: {url}/service
    platform: {{kind: kubernetes, kubernetes: {{api_url: {url}/kubernetes}}}}
vendors:
  pagerduty: {{api_url: {url}/pagerduty}}
""")


def incident(name: str = "Q1") -> Incident:
    return Incident(id=f"pd-{name}", source="pagerduty", upstream_id=name, started_at=datetime.now(UTC))


def a_round(book: Runbook, probes: dict[str, Probe]) -> tuple[float, list[Finding]]:
    """The seconds that the probe run took, without making the HTTP client, and its findings."""

    async def go() -> tuple[float, list[Finding]]:
        async with AsyncHttp() as http:
            look = ProbeContext(book, incident(), http, READERS, datetime.now(UTC))
            started = time.monotonic()
            found = await run_probes(look, lambda *_: None, probes)
            return time.monotonic() - started, found

    return asyncio.run(go())


def runs(book: Runbook) -> None:
    ratios, speedups, slowest = [], [], ""
    for _ in range(REPEATS):
        took, found = a_round(book, dict(PROBES))
        slow = max(found, key=lambda one: one.duration_ms)
        ratios.append(took * 1000 / slow.duration_ms)
        alone = sum(a_round(book, {name: probe})[0] for name, probe in PROBES.items())
        speedups.append(alone / took)
        slowest = f"{slow.probe}, {slow.duration_ms} ms"
    show("round / its slowest probe", ratios, f"at most 1.10; slowest: {slowest}")
    show("probes one after the other / side by side", speedups, f"{len(PROBES)} probes")


def sharing(book: Runbook) -> None:
    with table():
        ratios = []
        for number in range(REPEATS):
            fresh = timed(partial(looked, book, f"A{number}", after=datetime.now(UTC)))
            ratios.append(timed(partial(looked, book, f"B{number}", after=None)) / fresh)
        show("round shared with another incident / fresh round", ratios, "DynamoDB played by moto in this process")


def looked(book: Runbook, name: str, after: datetime | None) -> list[Finding]:
    """`after`: earlier findings are not wanted."""

    def look() -> list[Finding]:
        return run_and_wait(book, incident(name), READERS, lambda *_: None, PROBES)

    return share_run(ProbeRunTable(TABLE), f"pd-{name}", after, book, look)


@contextmanager
def table() -> Any:
    os.environ.update(AWS_DEFAULT_REGION="us-east-1", AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none")
    with mock_aws():
        boto3.client("dynamodb").create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        )
        yield


def cold_starts() -> None:
    print("\nCold starts, by seconds of CPU. The goal is for what is imported; the first call makes a client, too.")
    for what, ratios in cold_start.ratios():
        goal = "at most 1.30" if what.endswith("imported") else "no goal"
        show(f"{what} / boto3 with one client", ratios, goal)


def timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def show(what: str, ratios: list[float], note: str) -> None:
    print(f"{what:58} median {statistics.median(ratios):6.2f}   worst {max(ratios):6.2f}   ({note})", flush=True)


def main() -> None:
    with Sandbox(WORLD) as sandbox:
        book = runbook(sandbox.url)
        runs(book)
        sharing(book)
    cold_starts()


if __name__ == "__main__":
    main()
