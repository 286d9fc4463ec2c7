"""Every probe of the registry: names itself, is bounded, never raises, never shows a credential, whatever it meets."""

import asyncio
import json
import re
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from local.sandbox import Sandbox
from responder import integrations, probes
from responder.contracts.probe import Probe, ProbeContext, Readers
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.probes import timing as twinmind_timing
from responder.probes import PROBES, service_metrics
from tests.support.probe_runs import BUSY, CREDENTIAL, EVERYTHING, KEY, STANDBY, look_at, runbook
from tests.support.probe_table import COMMON, MEASURED

NAMES = list(PROBES)
NOWHERE = runbook("http://127.0.0.1:9", EVERYTHING)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_metrics, "APART", 0.05)
    monkeypatch.setattr(twinmind_timing, "APART", 0.01)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(BUSY) as box:
        yield box


def test_every_probe_of_the_folder_is_in_the_registry() -> None:
    rooms = (Path(probes.__path__[0]), Path(integrations.__path__[0]))
    files = [file for room in rooms for file in room.rglob("*.py")]
    probe = re.compile(r"^async def (\w+)\(ctx: ProbeContext\) -> Finding:$", re.MULTILINE)
    written = {(file, name) for file in files for name in probe.findall(file.read_text(encoding="utf-8"))}
    runs = [probe.run.__code__ for probe in PROBES.values()]
    assert sorted(written) == sorted((Path(run.co_filename), run.co_name) for run in runs)


@pytest.mark.parametrize("name", NAMES)
def test_a_healthy_world_is_ok(name: str, sandbox: Sandbox) -> None:
    finding = look_at(runbook(sandbox.url, EVERYTHING), name)[name]
    assert finding.status is FindingStatus.OK, finding.summary
    assert_presentable(finding)


class Dripping(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.01)


def _caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


def _gaierror() -> Exception:
    return _caused(httpx.ConnectError("x"), type("gaierror", (OSError,), {})("no such name"))


FAULTS = {
    "dns": _gaierror(),
    "refused": httpx.ConnectError("refused by " + KEY),
    "timeout": httpx.ReadTimeout("slow"),
    "tls": _caused(httpx.ConnectError("x"), ssl.SSLError("bad certificate")),
    "broken": httpx.RemoteProtocolError("bye"),
    "loop": httpx.TooManyRedirects("probe_run"),
}
ANSWERS = {
    "html": httpx.Response(200, html="<h1>Please log in</h1>"),
    "empty": httpx.Response(200),
    "null": httpx.Response(200, text="null"),
    "list": httpx.Response(200, json=[1, "x"]),
    "odd objects": httpx.Response(
        200,
        json={
            "status": {"indicator": 7},
            "checks": [3, {"name": None, "status": []}],
            "incidents": "none",
            "incident": {"service": [], "status": {}},
            "alerts": [{"body": 1}],
            "data": {"tags": 3, "details": [[{}]]},
        },
    ),
    "not utf-8": httpx.Response(200, content=b"\xff\xfe\x00{"),
    "metrics of nonsense": httpx.Response(
        200, text='twinmind_transcriptions_total{status="a\\"} NaN\n}{ 1 1 1\nx 1e999'
    ),
    "redirect": httpx.Response(302, headers={"location": "https://elsewhere.example"}),
    "bad request": httpx.Response(400),
    "refused": httpx.Response(401, json={"message": "Invalid API key " + KEY}),
    "forbidden": httpx.Response(403),
    "absent": httpx.Response(404),
    "limited": httpx.Response(429, headers={"x-ratelimit-remaining": "minus one", "retry-after": "Wed, 21 Oct 2026"}),
    "failing": httpx.Response(500, text=f"trace with {KEY} and {CREDENTIAL}"),
    "away": httpx.Response(503),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_answer_is_a_finding_that_is_not_ok(fault: str) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise FAULTS[fault]

    reports: list[str] = []
    findings = look_at(NOWHERE, transport=httpx.MockTransport(refuse), report=lambda *told: reports.append(str(told)))
    assert list(findings) == NAMES
    for finding in findings.values():
        configured = finding.measurements.get("configured", True)
        assert finding.status in (FindingStatus.UNKNOWN, FindingStatus.FAILED) or not configured
        assert_presentable(finding)
    assert reports == []
    assert findings["twinmind_health"].status is FindingStatus.FAILED
    assert findings["twinmind_status_page"].status is FindingStatus.UNKNOWN


@pytest.mark.parametrize("answer", ANSWERS)
def test_any_answer_is_a_finding(answer: str) -> None:
    reports: list[str] = []
    transport = httpx.MockTransport(lambda _: ANSWERS[answer])
    findings = look_at(NOWHERE, transport=transport, report=lambda *told: reports.append(str(told)))
    assert list(findings) == NAMES
    for finding in findings.values():
        assert_presentable(finding)
    assert reports == []


def test_a_web_page_in_front_of_twinmind_proves_nothing() -> None:
    findings = look_at(NOWHERE, transport=httpx.MockTransport(lambda _: ANSWERS["html"]))
    assert {findings[name].status for name in NAMES if name.startswith("twinmind_")} == {FindingStatus.UNKNOWN}


def test_bytes_that_drip_in_do_not_stretch_a_call() -> None:
    async def probe(look: ProbeContext) -> Finding:
        answer = await look.call("GET", "http://127.0.0.1:9/", seconds=0.1)
        return look.saw(FindingStatus.UNKNOWN, str(answer))

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping()))
    finding = look_at(NOWHERE, transport=transport, probes={"dripping": Probe(probe, limit=5)})["dripping"]
    assert "timeout" in finding.summary
    assert finding.duration_ms < 2000


def test_the_round_takes_as_long_as_the_slowest_limit() -> None:
    async def hangs(look: ProbeContext) -> Finding:
        await asyncio.sleep(60)
        raise AssertionError

    reports: list[str] = []
    started = time.monotonic()
    probes = {f"hangs{number}": Probe(hangs, limit=0.3) for number in range(10)}
    findings = look_at(NOWHERE, probes=probes, report=lambda probe, _: reports.append(probe))
    assert time.monotonic() - started < 2
    assert {finding.status for finding in findings.values()} == {FindingStatus.UNKNOWN}
    assert sorted(reports) == sorted(probes)


def test_a_secret_store_that_hangs_does_not_hold_up_the_round() -> None:
    def slow() -> str | None:
        time.sleep(1.5)
        return None

    readers = Readers(slow, lambda: (), lambda _: None)
    started = time.monotonic()
    found = look_at(NOWHERE, readers=readers, probes={"x": Probe(PROBES["twinmind_account"].run, limit=0.2)})["x"]
    assert time.monotonic() - started < 1
    assert found.status is FindingStatus.UNKNOWN


def test_a_reader_that_fails_becomes_findings_and_reports_without_its_text() -> None:
    def broken() -> str | None:
        raise RuntimeError(f"could not decode {KEY}")

    reports: list[tuple[str, str]] = []
    readers = Readers(broken, lambda: STANDBY, lambda _: CREDENTIAL)
    names = ("twinmind_account", "twinmind_rate_limit", "twinmind_health_with_key", "twinmind_standby_key")
    findings = look_at(NOWHERE, *names, readers=readers, report=lambda *told: reports.append(told))
    for finding in findings.values():
        assert finding.status is FindingStatus.UNKNOWN
        assert "RuntimeError" in finding.summary
        assert_presentable(finding)
    assert {probe for probe, _ in reports} == set(names)
    assert all("RuntimeError at" in fault and KEY not in fault for _, fault in reports)


def assert_presentable(finding: Finding) -> None:
    """Serialisable, one plain line, and without any credential that the probes were given."""
    text = json.dumps(finding.dump())
    assert Finding.load(json.loads(text)) == finding
    assert not any(secret in text for secret in (KEY, *STANDBY, CREDENTIAL))
    assert finding.summary.endswith(".")
    assert "\n" not in finding.summary
    assert all(_is_short(value) for value in finding.measurements.values()), finding.measurements
    assert finding.measurements.keys() - COMMON - MEASURED[finding.probe] == set()


def _is_short(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(item, str) and len(item) < 60 for item in value)
    return isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= 40)
