"""Our queries in PromQL, judged by a real Prometheus (Debian's) that scrapes the sandbox."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from local.sandbox import Sandbox
from responder.clients.exposition import read_text
from responder.domain.clock import now
from responder.domain.finding import FindingStatus
from responder.domain.incident import Incident
from tests.support.probe_runs import look_at, runbook
from tests.support.skips import needs_prometheus

pytestmark = needs_prometheus
CONFIG = """global: {{scrape_interval: 250ms, scrape_timeout: 200ms}}
scrape_configs:
- {{job_name: service, metrics_path: /service/metrics, static_configs: [{{targets: ["{target}"]}}]}}
"""


@pytest.fixture(scope="module")
def world() -> Iterator[Sandbox]:
    load = {"requests_per_minute": 6000, "queue": 7}
    service = {"load": load, "errors": {"ratio": 0.25, "type": "DatabaseError"}}
    with Sandbox({"service": service, "twinmind": {"rate_limit": {"limit": 10**6}}}) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def prometheus(world: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    room = tmp_path_factory.mktemp("prometheus")
    config = room / "prometheus.yml"
    config.write_text(CONFIG.format(target=world.url.removeprefix("http://")), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(shutil.which("prometheus")), f"--config.file={config}", f"--storage.tsdb.path={room / 'data'}",
               f"--web.listen-address=127.0.0.1:{port}", "--log.level=error"]  # fmt: skip
    with Path(room / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield _has_scraped(f"http://127.0.0.1:{port}", process)
        finally:
            process.terminate()
            process.wait(10)


def _has_scraped(url: str, process: "subprocess.Popen[bytes]") -> str:
    """Until there are some samples of our counters; that takes a second or two."""
    query = {"query": "count_over_time(twinmind_transcriptions_total{status='error'}[1m]) > 5"}
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/api/v1/query", params=query, timeout=2).json()["data"]["result"]:
                return url
        except (httpx.HTTPError, ValueError, KeyError):
            pass
        time.sleep(0.2)
    raise AssertionError(f"Prometheus did not scrape the sandbox: it ended with {process.poll()}")


def look(url: str, more: dict[str, Any] | None = None) -> Any:
    metrics = {"source": "prometheus", "prometheus": {"url": url, "window_seconds": 60} | (more or {})}
    about = Incident(id="pd-Q1", source="pagerduty", upstream_id="Q1", started_at=now() - timedelta(minutes=1))
    book = runbook("http://127.0.0.1:9", {"endpoints": {"service": {"metrics": metrics}}})
    return look_at(book, "service_metrics", about=about)["service_metrics"]


def test_a_real_prometheus_answers_every_shipped_query(prometheus: str) -> None:
    finding = look(prometheus)
    measured = finding.measurements
    assert finding.status is FindingStatus.DEGRADED, finding.summary
    assert "Of the queries" not in finding.summary
    assert measured["error_ratio"] == pytest.approx(0.25, abs=0.06)
    assert measured["transcriptions"] > 50
    assert measured["requests_per_minute"] > 50
    assert 0 < measured["latency_p95_seconds"] < 5
    assert measured["transcription_p95_seconds"] > 0
    assert (measured["queue_depth"], measured["auth_failed"], measured["rate_limited"]) == (7, 0, 0)
    assert measured["since_transcriptions_failed"] > 10
    assert "usual_error_ratio" not in measured


def test_the_page_of_a_go_service_is_read_as_the_library_reads_it(prometheus: str) -> None:
    """Prometheus' own page, written by Go's client library."""
    text = httpx.get(f"{prometheus}/metrics").text
    families = list(text_string_to_metric_families(text))
    found = read_text(text, {one.name + ("_total" if one.type == "counter" else "") for one in families}, is_open=False)
    read = {key: value for one in found.values() for key, (value, _) in one.samples.items()}
    samples = [sample for family in families for sample in family.samples]
    expected = {(one.name, tuple(sorted(one.labels.items()))): one.value for one in samples if one.value == one.value}
    assert len(expected) > 300
    assert read == expected
    assert not any(one.odd for one in found.values())


def test_a_real_prometheus_says_what_is_wrong_with_a_query(prometheus: str) -> None:
    finding = look(prometheus, {"queries": {"cpu_ratio": "rate($cpu_seconds)", "memory_ratio": "up{job='nobody'}"}})
    assert "Of the queries, cpu_ratio: Prometheus answers HTTP 400" in finding.summary
    assert "memory_ratio" not in finding.measurements
    assert look(prometheus, {"queries": {"transcriptions": "sum("}}).status is FindingStatus.UNKNOWN
