"""The way to TwinMind, step by step: each kind of bad line is told from the others, and ours from theirs."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.sandbox import Sandbox
from local.sandbox.bad_addresses import Lines
from responder.config.runbook import merge
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.probes import network
from tests.support.probe_runs import look_at, runbook

FAULTS = {
    "refused": ("connect", "refused", "refuses connections"),
    "unresolvable": ("resolve", "dns", "could not be resolved"),
    "blackhole": ("connect", "timeout", "no connection within"),
    "expired_certificate": ("tls", "tls", "has expired"),
    "untrusted_certificate": ("tls", "tls", "nobody that we trust"),
    "other_name": ("tls", "tls", "for another name"),
}


@pytest.fixture(scope="module")
def lines() -> Iterator[Lines]:
    with Sandbox() as sandbox:
        yield sandbox.lines


@pytest.fixture(autouse=True)
def _trusting(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", lines.authority)
    monkeypatch.setattr(network, "STEP_SECONDS", 1.0)


def seen(lines: Lines, line: str, control: str | None = None, more: dict[str, Any] | None = None) -> Finding:
    places = {"twinmind": {"base_url": lines.urls[line]}, "control_url": lines.urls[control] if control else None}
    book = runbook("http://127.0.0.1:9", merge({"endpoints": places}, more or {}))
    return look_at(book, "network")["network"]


def test_a_good_line_is_timed_and_its_certificate_read(lines: Lines) -> None:
    found = seen(lines, "ok", "ok")
    assert found.status is FindingStatus.OK, found.summary
    assert {"resolve_ms", "connect_ms", "tls_ms", "control_ms"} <= found.measurements.keys()
    assert found.measurements["control_answers"] is True


@pytest.mark.parametrize("line", FAULTS)
def test_each_bad_line_is_named(lines: Lines, line: str) -> None:
    step, fault, words = FAULTS[line]
    found = seen(lines, line, "ok")
    assert found.status is FindingStatus.FAILED
    assert (found.measurements["failed_step"], found.measurements["fault"]) == (step, fault)
    assert words in found.summary
    assert "our way out works" in found.summary
    assert "outside the service's network" in found.summary


def test_a_certificate_that_ends_soon_is_said_and_is_no_fault(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.support.probe_runs.NOW", now())
    found = seen(lines, "ends_soon")
    assert found.status is FindingStatus.OK
    assert found.measurements["certificate_days"] in (4, 5)
    assert "its certificate ends in" in found.summary


def test_neither_line_works_and_the_function_shares_the_services_network(lines: Lines) -> None:
    inside = {"endpoints": {"service": {"shares_network_with_probes": True}}}
    found = seen(lines, "blackhole", "unresolvable", inside)
    assert found.seen_from == "service_network"
    assert "nor can the control host" in found.summary
    assert "outside" not in found.summary
    assert found.measurements["control_fault"] == "dns"


def test_without_a_control_host_it_says_so(lines: Lines) -> None:
    found = seen(lines, "refused")
    assert found.measurements["control_configured"] is False
    assert "no control host is configured" in found.summary


def test_a_resolver_that_hangs_is_given_up(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "LINE_SECONDS", 0.2)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: time.sleep(1))
    found = seen(lines, "ok")
    assert (found.measurements["failed_step"], found.measurements["fault"]) == ("resolve", "timeout")


@pytest.mark.parametrize(("line", "fault"), [
    ("refused", "refused"), ("unresolvable", "dns"), ("blackhole", "timeout"), ("untrusted_certificate", "tls"),
    ("expired_certificate", "tls"), ("dripping", "timeout"),
])  # fmt: skip
def test_the_other_probes_meet_the_same_fault(lines: Lines, line: str, fault: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("responder.integrations.twinmind.client.call_twinmind.__kwdefaults__", {
        "key": None, "method": "GET", "json": None, "limit": 0.5
    })  # fmt: skip
    book = runbook("http://127.0.0.1:9", {"endpoints": {"twinmind": {"base_url": lines.urls[line]}}})
    found = look_at(book, "twinmind_health")["twinmind_health"]
    assert found.measurements["fault"] == fault


def test_the_sandbox_tells_its_lines() -> None:
    with Sandbox() as sandbox:
        told = httpx.get(f"{sandbox.url}/_lines").json()
        assert told == {"urls": sandbox.lines.urls, "authority": sandbox.lines.authority}
        assert Path(told["authority"]).read_text(encoding="utf-8").startswith("-----BEGIN CERTIFICATE")
