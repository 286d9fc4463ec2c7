"""Connectivity to TwinMind, step by step, and to another host (runbook S-47 to S-49, S-63, S-65)"""

import asyncio
from dataclasses import asdict

from responder.clients.connectivity import Connectivity, check_connectivity
from responder.contracts.probe import ProbeContext, in_thread, seconds
from responder.domain.finding import Finding, FindingStatus

STEP_SECONDS = 2.5
# For the three steps of one check; after it, a resolver that hangs is abandoned.
LINE_SECONDS = 7.5
_DAY = 86400

_FAULTS = {
    ("resolve", "dns"): "its name could not be resolved",
    ("resolve", "timeout"): "its name was not resolved in time",
    ("connect", "refused"): "its address refuses connections or cannot be routed to",
    ("connect", "timeout"): "no connection within the time limit",
    ("tls", "timeout"): "the TLS handshake did not end within the time limit",
}
_PROBLEMS = {
    "expired": "its certificate has expired",
    "not_yet_valid": "its certificate is not valid yet",
    "untrusted": "its certificate comes from nobody that we trust",
    "other_name": "its certificate is for another name",
}


async def probe(ctx: ProbeContext) -> Finding:
    control = ctx.runbook.endpoints.control_url
    ours = _check(ctx.runbook.endpoints.twinmind.base_url)
    connectivity, other = await asyncio.gather(ours, _check(control) if control else asyncio.sleep(0))
    ends = connectivity.certificate_ends
    days = None if ends is None else int((ends - ctx.now.timestamp()) // _DAY)
    steps = {name: value for name, value in asdict(connectivity).items() if name != "certificate_ends"}
    status, summary = _judged(ctx, connectivity, other, days)
    return ctx.saw(
        status,
        summary,
        **steps,
        certificate_days=days,
        control_configured=other is not None,
        control_answers=other.is_up if other else None,
        control_fault=other.fault if other else None,
        control_ms=_total(other) if other and other.is_up else None,
    )


async def _check(url: str) -> Connectivity:
    try:
        async with asyncio.timeout(LINE_SECONDS):
            return await in_thread(lambda: check_connectivity(url, STEP_SECONDS))
    except TimeoutError:  # only the resolver knows no limit
        return Connectivity(failed_step="resolve", fault="timeout")


def _total(connectivity: Connectivity) -> int:
    return sum(filter(None, (connectivity.resolve_ms, connectivity.connect_ms, connectivity.tls_ms)))


def _judged(
    ctx: ProbeContext, connectivity: Connectivity, other: Connectivity | None, days: int | None
) -> tuple[FindingStatus, str]:
    if connectivity.is_up:
        is_low = days is not None and days < ctx.runbook.thresholds.certificate_days_low
        warning = f"; its certificate ends in {days} day{'' if days == 1 else 's'}" if is_low else ""
        warning += "; the control host cannot be reached" if other and not other.is_up else ""
        return FindingStatus.OK, f"TwinMind's host can be reached in {seconds(_total(connectivity))}{warning}."
    why = _PROBLEMS.get(connectivity.certificate_problem or "") or _FAULTS.get(
        (connectivity.failed_step or "", connectivity.fault or ""), "the TLS handshake failed"
    )
    inside = ctx.runbook.endpoints.service.shares_network_with_probes
    place = "" if inside else " (seen from this function, which is outside the service's network)"
    return FindingStatus.FAILED, f"TwinMind's host cannot be reached: {why}; {_whose(other)}{place}."


def _whose(other: Connectivity | None) -> str:
    if other is None:
        return "no control host is configured to compare with"
    return "the control host answers, so our way out works" if other.is_up else "nor can the control host"
