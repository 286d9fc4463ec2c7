"""Our service's own counters, in scrapes about a second apart (runbook S-30, S-32, S-53 to S-56)."""

import asyncio
import time

from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import NoAnswer, Response
from responder.clients.scrapes import Change, Scrape
from responder.config.metrics import MetricNames
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
    """Measures what `readings.measured` lists, `faults_of_page`, and `several_processes`, `processes` where more than
    one answers; `configured`, `http_status` or `fault`, `latency_ms`."""
    service = ctx.runbook.endpoints.service
    names = service.metrics.names
    if service.base_url is None:
        summary = "Our service's address is not configured, so this was skipped."
        return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=False)
    scrapes: list[Scrape] = []
    began = now().timestamp()
    while True:
        url, headers = service.base_url + service.metrics_path, {"Accept": ACCEPT}
        answer = await ctx.call("GET", url, headers=headers, seconds=SHORT_TIMEOUT_SECONDS)
        scrape = read_page(answer, names, time.monotonic())
        why = scrape.why if isinstance(scrape, Unreadable) else _says_nothing(scrape, names)
        if isinstance(scrape, Unreadable) or why:
            return _unknown(ctx, f"Our service's metrics could not be read: {why}.", answer)
        scrapes.append(scrape)
        change = _change(scrapes, began, names)
        if change and (readings.calls(ctx.runbook, change) >= ENOUGH or len(scrapes) >= SCRAPES):
            return _finding(ctx, change, answer, _processes(scrapes, began))
        if len(scrapes) >= SCRAPES:
            summary = "Each look at our service's metrics met another process, so nothing can be compared."
            several = {"several_processes": True, "processes": max(2, _processes(scrapes, began))}
            return _unknown(ctx, summary, answer, **several)
        await asyncio.sleep(APART)


def _says_nothing(scrape: Scrape, names: MetricNames) -> str | None:
    if scrape.present & names.of_calls:
        return None
    lacking = f"the page has none of the metrics that count calls, such as {names.transcriptions}"
    return "; ".join([f"{lacking} (endpoints.service.metrics.names)", *scrape.faults])


def _change(scrapes: list[Scrape], began: float, names: MetricNames) -> Change | None:
    """The longest interval that ends now and is of one process, or of one that started during the probe.

    Behind a load balancer each scrape can reach another pod, whose counters are not comparable.
    """
    last = scrapes[-1]
    for first in scrapes[:-1]:
        change = Change(first, last)
        same = change.is_same_process and (bool(last.starts) or not readings.was_reset(names, change))
        if same or (bool(first.starts) and _is_born_since(last, began)):
            return change
    return None


def _is_born_since(scrape: Scrape, began: float) -> bool:
    return scrape.process is not None and scrape.process >= began - CLOCKS_DIFFER


def _processes(scrapes: list[Scrape], began: float) -> int:
    """Processes that were running before the probe: a restart is not a second one."""
    return len({scrape.starts for scrape in scrapes if not _is_born_since(scrape, began)})


def _unknown(ctx: ProbeContext, summary: str, answer: Response | NoAnswer, **measured: object) -> Finding:
    return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=True, **measured, **exchange(answer))


def _finding(ctx: ProbeContext, change: Change, answer: Response | NoAnswer, processes: int) -> Finding:
    measured = readings.measured(ctx.runbook, change)
    status, summary = readings.judged(ctx.runbook, measured)
    several = {"several_processes": True, "processes": processes} if processes > 1 else {}
    if several:
        summary += f" These are the numbers of one of at least {processes} processes behind this address."
    faults = change.last.faults
    if faults:
        summary += f" Of the page: {'; '.join(faults)}."
    return ctx.saw(
        NAME,
        status,
        summary,
        configured=True,
        faults_of_page=len(faults) or None,
        **several,
        **measured,
        **exchange(answer),
    )
