"""Rounds of real probes, against the sandbox or against whatever a test puts at the HTTP boundary."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import httpx

from responder.clients.http import AsyncHttp
from responder.config.runbook import Runbook, merge, with_override
from responder.contracts.probe import Probe, ProbeContext, Readers
from responder.domain.alert import Source
from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.integrations.twinmind.probes import timing
from responder.probes import PROBES
from responder.probes.runner import run_probes

KEY = "tm_sk_sandbox_primary"
STANDBY = ("tm_sk_sandbox_standby-1", "tm_sk_sandbox_standby-2")
CREDENTIAL = "vendor-credential-0001"
READERS = Readers(lambda: KEY, lambda: STANDBY, lambda _: CREDENTIAL)
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
# A world with enough traffic for a verdict within moments.
BUSY: dict[str, Any] = {
    "service": {"load": {"requests_per_minute": 6000}},
    "twinmind": {"rate_limit": {"limit": 10**6}},
}

# Everything that only some deployments have, switched on.
EVERYTHING: dict[str, Any] = {
    "endpoints": {
        "twinmind": {
            "limits_path": "/v1/account/limits",
            "test_transcription": {"enabled": True, "audio_url": "https://example.com/test.mp3"},
        },
        "service": {"platform": {"kind": "kubernetes"}},
    }
}


def runbook(base: str, override: dict[str, Any] | None = None) -> Runbook:
    """The packaged runbook with every address under `base`."""
    places = {
        "endpoints": {
            "twinmind": {"base_url": f"{base}/twinmind"},
            "status_page_url": f"{base}/twinmind-status",
            "service": {
                "base_url": f"{base}/service",
                "platform": {"kubernetes": {"api_url": f"{base}/kubernetes"}},
            },
        },
        "vendors": {
            "pagerduty": {"api_url": f"{base}/pagerduty"},
            "opsgenie": {"api_url": f"{base}/opsgenie", "enabled": True},
            "jsm": {"api_url": f"{base}/jsm", "enabled": True},
        },
    }
    return with_override(json.dumps(merge(places, override or {})))


def incident(source: Source = "pagerduty", upstream_id: str = "Q1") -> Incident:
    return Incident(id=f"x-{upstream_id}", source=source, upstream_id=upstream_id, started_at=NOW)


def look_at(
    book: Runbook,
    *names: str,
    about: Incident | None = None,
    readers: Readers = READERS,
    transport: httpx.AsyncBaseTransport | None = None,
    report: Callable[[str, str], None] = lambda *_: None,
    probes: dict[str, Probe] | None = None,
) -> dict[str, Finding]:
    """One round of the named probes (all without names), by name."""
    chosen = probes or {name: PROBES[name] for name in names or PROBES}

    async def go() -> list[Finding]:
        async with AsyncHttp(transport) as http:
            ctx = ProbeContext(book, about or incident(), http, readers, NOW)
            return await run_probes(ctx, report, chosen)

    with patch.object(timing, "APART", 0.0):
        return {finding.probe: finding for finding in asyncio.run(go())}
