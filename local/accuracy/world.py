"""Runs a case: its world through the real probes, or its findings as they stand, and then the classification."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from local.accuracy.case import Case, well
from local.accuracy.clock import BEGAN, Clock, Loop, in_force
from local.accuracy.wire import CONTROL, HOST, HeldTime, Wire, lines
from local.sandbox.app import create_app
from local.sandbox.vendors import Outside
from local.sandbox.world import World
from responder.clients.http import AsyncHttp
from responder.config.runbook import Runbook, merge, with_override
from responder.contracts.probe import ProbeContext, Readers
from responder.diagnosis.classify import classify
from responder.domain.diagnosis import Diagnosis
from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.probes.runner import run_probes

UPSTREAM = "QCASE"
AT = datetime.fromtimestamp(BEGAN, UTC)
PLACES = {
    "endpoints": {
        "twinmind": {"base_url": f"{HOST}/twinmind"},
        "status_page_url": f"{HOST}/twinmind-status",
        "service": {"base_url": f"{HOST}/service"},
    },
    "vendors": {"pagerduty": {"api_url": f"{HOST}/pagerduty"}},
}
# Enough calls for a meaningful ratio, and far below the account's limit in a minute.
USUAL = {"service": {"load": {"requests_per_minute": 600}}, "twinmind": {"rate_limit": {"limit": 3000}}}

# Seconds after which the new version of a deployment serves.
ROLLED_OUT = 3.0


@dataclass(frozen=True)
class Looked:
    """The findings of both probe runs (one run: no earlier ones), and the diagnosis."""

    runbook: Runbook
    alerted_at: datetime
    earlier: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    diagnosis: Diagnosis


def run_case(case: Case) -> Looked:
    control = {"endpoints": {"control_url": CONTROL}} if case.control else {}
    book = with_override(json.dumps(merge(merge(PLACES, control), case.override)))
    alerted_at = AT + timedelta(seconds=(case.deployed or case.wait) if case.world is not None else 0)
    incident = Incident(id=f"pd-{UPSTREAM}", source="pagerduty", upstream_id=UPSTREAM, started_at=alerted_at)
    earlier, findings = _looked(case, book, incident) if case.world is not None else _told(case)
    diagnosis = classify(findings, earlier=earlier, runbook=book, incident=incident)
    return Looked(book, alerted_at, tuple(earlier), tuple(findings), diagnosis)


def _looked(case: Case, book: Runbook, incident: Incident) -> tuple[list[Finding], list[Finding]]:
    clock, held = Clock(), HeldTime()
    with _outside(case, clock, held) as outside, lines(case.line, case.control == "up"):
        wire = Wire(create_app(outside), held, case.line)
        runs: list[list[Finding]] = []
        if case.deployed:
            wire.deploy()
            clock.pass_by(ROLLED_OUT)
            outside.advance()
        clock.pass_by(case.deployed - ROLLED_OUT if case.deployed else case.wait)
        while len(runs) < case.rounds:
            if runs:
                _between(case, book, clock, outside, is_second=len(runs) == 1)
            keys = _keys(case, outside.world)
            before = {one.probe: one for one in runs[-1]} if runs else {}
            runs.append(_round(book, incident, clock, wire, keys, before))
    return (runs[-2] if case.rounds > 1 else []), runs[-1]


@contextmanager
def _outside(case: Case, clock: Clock, held: HeldTime) -> Iterator[Outside]:
    outside = Outside(World(merge(USUAL, case.world or {}), clock.unix, held))
    try:
        yield outside
    finally:
        outside.stop()


def _between(case: Case, book: Runbook, clock: Clock, outside: Outside, *, is_second: bool) -> None:
    outside.advance()
    outside.world.patch(case.then or {} if is_second else {})
    if case.restart and is_second:
        key = outside.world["twinmind"]["keys"]["primary"]["key"]
        next(vendor for vendor in outside.vendors if vendor.name == "service").replace(lambda: key)  # type: ignore[attr-defined]
    clock.pass_by(book.monitoring.recheck_seconds)


def _keys(case: Case, world: World) -> tuple[str | None, tuple[str, ...]]:
    known = {label: entry["key"] for label, entry in world["twinmind"]["keys"].items()}
    current = known.get(case.key, f"tm_sk_unknown_{case.key}") if case.key else None
    return current, tuple(known[label] for label in case.standby)


def _round(
    book: Runbook,
    incident: Incident,
    clock: Clock,
    wire: Wire,
    keys: tuple[str | None, tuple[str, ...]],
    before: dict[str, Finding],
) -> list[Finding]:
    """`before`: the previous round's findings by probe, as the incident's record keeps them."""

    async def go() -> list[Finding]:
        async with AsyncHttp(wire) as http:
            readers = Readers(lambda: keys[0], lambda: keys[1], lambda _: "vendor-credential-0001", previous=before.get)
            look = ProbeContext(book, incident, http, readers, clock.now())
            return await run_probes(look, lambda *_: None)

    with in_force(clock), asyncio.Runner(loop_factory=lambda: Loop(clock)) as runner:
        return runner.run(go())


def _told(case: Case) -> tuple[list[Finding], list[Finding]]:
    findings = case.findings or {}
    now = _findings(findings)
    return (_findings(findings if case.earlier is None else case.earlier) if case.rounds > 1 else []), now


def _findings(changes: dict[str, Any]) -> list[Finding]:
    """`changes` merged over the findings of a world without trouble. Texts are no evidence, so they are left empty."""
    normal = well()
    told = {name: changes.get(name, {}) for name in (*normal, *(name for name in changes if name not in normal))}
    return [_finding(name, normal.get(name, {}), change) for name, change in told.items() if change is not None]


def _finding(name: str, normal: dict[str, Any], change: Any) -> Finding:
    if change == "blind":
        return Finding(probe=name, status="unknown", summary="Could not look.", at=AT)
    measured = {key: value for key, value in merge(normal, change).items() if value is not None}
    status, seen_from = measured.pop("status"), measured.pop("seen_from", "function")
    summary = f"{name.replace('_', ' ').capitalize()} was {status}."
    return Finding(probe=name, status=status, summary=summary, measurements=measured, seen_from=seen_from, at=AT)
