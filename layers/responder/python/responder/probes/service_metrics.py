"""Our service's own counters, in scrapes about a second apart (runbook S-30, S-32, S-53 to S-56)."""

import asyncio
import time

from responder.clients.http import NoAnswer, Response
from responder.clients.prometheus import Change, Scrape, parse
from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext, exchange
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.probes import readings

NAME = "service_metrics"
APART = 1.0
SCRAPES = 4
# Fewer calls give no reliable ratio, so a quiet service is watched longer.
ENOUGH = 3
# Tolerated clock difference to the service, in seconds.
CLOCKS_DIFFER = 2.0


async def probe(ctx: ProbeContext) -> Finding:
    """Measures what `readings.measured` lists, and `several_processes`, `processes` where more than one answers;
    `configured`, `http_status` or `fault`, `latency_ms`."""
    service = ctx.runbook.endpoints.service
    if service.base_url is None:
        summary = "Our service's address is not configured, so this was skipped."
        return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=False)
    scrapes: list[Scrape] = []
    began = now().timestamp()
    while True:
        answer = await ctx.call("GET", service.base_url + service.metrics_path, seconds=SHORT_TIMEOUT_SECONDS)
        scrape = _scrape(answer)
        if scrape is None:
            return _unreadable(ctx, answer)
        scrapes.append(scrape)
        change = _change(scrapes, began)
        if change and (readings.calls(change) >= ENOUGH or len(scrapes) >= SCRAPES):
            return _finding(ctx, change, answer, _processes(scrapes, began))
        if len(scrapes) >= SCRAPES:
            summary = "Each look at our service's metrics met another process, so nothing can be compared."
            several = {"several_processes": True, "processes": max(2, _processes(scrapes, began))}
            return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=True, **several, **exchange(answer))
        await asyncio.sleep(APART)


def _scrape(answer: Response | NoAnswer) -> Scrape | None:
    if isinstance(answer, NoAnswer) or not answer.ok:
        return None
    scrape = parse(answer.text, time.monotonic())
    return scrape if scrape.samples else None


def _change(scrapes: list[Scrape], began: float) -> Change | None:
    """The longest interval that ends now and is of one process, or of one that started during the probe.

    Behind a load balancer each scrape can reach another pod, whose counters are not comparable.
    """
    last = scrapes[-1]
    for first in scrapes[:-1]:
        change = Change(first, last)
        same = first.process == last.process and (last.process is not None or not change.was_reset)
        if same or (first.process is not None and _is_born_since(last, began)):
            return change
    return None


def _is_born_since(scrape: Scrape, began: float) -> bool:
    return scrape.process is not None and scrape.process >= began - CLOCKS_DIFFER


def _processes(scrapes: list[Scrape], began: float) -> int:
    """Processes that were running before the probe: a restart is not a second one."""
    return len({scrape.process for scrape in scrapes if not _is_born_since(scrape, began)})


def _unreadable(ctx: ProbeContext, answer: Response | NoAnswer) -> Finding:
    why = answer.sentence if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
    summary = f"Our service's metrics could not be read: {why}."
    return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=True, **exchange(answer))


def _finding(ctx: ProbeContext, change: Change, answer: Response | NoAnswer, processes: int) -> Finding:
    measured = readings.measured(ctx.runbook, change)
    status, summary = readings.judged(ctx.runbook, measured)
    several = {"several_processes": True, "processes": processes} if processes > 1 else {}
    if several:
        summary += f" These are the numbers of one of at least {processes} processes behind this address."
    return ctx.saw(NAME, status, summary, configured=True, **several, **measured, **exchange(answer))
