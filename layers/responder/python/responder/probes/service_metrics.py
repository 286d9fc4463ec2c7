"""Our service's own counters (runbook S-30, S-32, S-53 to S-56): scrapes about a second apart, or a back end."""

import asyncio
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from responder.clients.exposition import ACCEPT, Unreadable, read_page
from responder.clients.http import NoAnswer, Response
from responder.clients.scrapes import Scrape, ScrapeDelta
from responder.config.metrics import MetricNames
from responder.contracts.metrics import Figures, MetricsSource, NoFigures
from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext, exchange
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.probes import readings
from responder.probes.metrics import cloudwatch, earlier_runs, prometheus, quiet

APART = 1.0
SCRAPES = 4
# Fewer calls give no reliable ratio, so a quiet service is watched longer.
ENOUGH = 3
# Tolerated clock difference to the service, in seconds.
CLOCKS_DIFFER = 2.0
# A run longer ago than this is not compared.
LONGEST_SECONDS = 3600.0


async def probe(ctx: ProbeContext) -> Finding:
    source = ctx.runbook.endpoints.service.metrics.source
    if source == "scrape" and ctx.runbook.endpoints.service.base_url is None:
        summary = "Our service's address is not configured, so this was skipped."
        return ctx.saw(FindingStatus.UNKNOWN, summary, configured=False, source=source)
    found = await SOURCES[source](ctx)
    about: dict[str, Any] = {"configured": True, "source": source}
    if isinstance(found, NoFigures):
        return ctx.saw(FindingStatus.UNKNOWN, found.summary, **about, **found.measured)
    status, summary = readings.judge(ctx.runbook, dict(found.measured))
    finding = ctx.saw(status, " ".join((summary, *found.notes)), **about, **found.measured)
    return finding.model_copy(update={"baseline": dict(found.baseline)})


async def scrape(ctx: ProbeContext) -> Figures | NoFigures:
    service = ctx.runbook.endpoints.service
    names = service.metrics.names
    scrapes: list[Scrape] = []
    began = now().timestamp()
    while True:
        url, headers = f"{service.base_url}{service.metrics_path}", {"Accept": ACCEPT}
        answer = await ctx.call("GET", url, headers=headers, seconds=SHORT_TIMEOUT_SECONDS)
        page = read_page(answer, names, time.monotonic())
        why = page.why if isinstance(page, Unreadable) else _says_nothing(page, names)
        if isinstance(page, Unreadable) or why:
            return NoFigures(f"Our service's metrics could not be read: {why}.", exchange(answer))
        scrapes.append(page)
        change = _change(scrapes, began, names)
        if change and (readings.calls(ctx.runbook, change) >= ENOUGH or len(scrapes) >= SCRAPES):
            return await _figures(ctx, change, answer, _processes(scrapes, began))
        if len(scrapes) >= SCRAPES:
            summary = "Each read of our service's metrics reached another process, so nothing can be compared."
            several = {"several_processes": True, "processes": max(2, _processes(scrapes, began))}
            return NoFigures(summary, several | exchange(answer))
        await asyncio.sleep(APART)


def _says_nothing(scrape: Scrape, names: MetricNames) -> str | None:
    if scrape.present & names.of_calls:
        return None
    lacking = f"the page has none of the metrics that count calls, such as {names.transcriptions}"
    return "; ".join([f"{lacking} (endpoints.service.metrics.names)", *scrape.faults])


def _change(scrapes: list[Scrape], began: float, names: MetricNames) -> ScrapeDelta | None:
    """The longest interval until now of one process, or of a process that started during the probe.

    Behind a load balancer each scrape can reach another pod, whose counters are not comparable.
    """
    changes = (ScrapeDelta(first, scrapes[-1]) for first in scrapes[:-1])
    return next((change for change in changes if _is_of_one(names, change, began)), None)


def _is_of_one(names: MetricNames, change: ScrapeDelta, since: float) -> bool:
    """Whether both scrapes are of one process, or the last one's process started after `since`."""
    same = change.is_same_process and (bool(change.last.starts) or not readings.was_reset(names, change))
    return same or (bool(change.first.starts) and _is_born_since(change.last, since))


def _is_born_since(scrape: Scrape, began: float) -> bool:
    return scrape.process is not None and scrape.process >= began - CLOCKS_DIFFER


def _processes(scrapes: list[Scrape], began: float) -> int:
    """Processes that were running before the probe: a restart is not a second one."""
    return len({scrape.starts for scrape in scrapes if not _is_born_since(scrape, began)})


async def _figures(ctx: ProbeContext, change: ScrapeDelta, answer: Response | NoAnswer, processes: int) -> Figures:
    at, names = now(), ctx.runbook.endpoints.service.metrics.names
    baseline = earlier_runs.keep_counters(names, change.last, at.timestamp())
    before = await ctx.previous()
    longer = _longer(names, before, baseline)
    whole = readings.measure(ctx.runbook, longer or change, change)
    # What came before our last action says nothing about its effect.
    acted = await ctx.last_action_at()
    since = max(at.timestamp() - LONGEST_SECONDS, acted.timestamp() if acted else 0.0)
    longer = longer if longer and longer.first.at > since else None
    newest = readings.count(ctx.runbook, change)
    rest = [quiet.rest_of(readings.count(ctx.runbook, longer), newest)] if longer else []
    stretches = quiet.add_up(newest, [*rest, *quiet.restore(before.baseline if before else {}, since)])
    chosen = _longer_if_quiet(ctx, change, longer)
    notes, measured = [], readings.measure(ctx.runbook, chosen, change, quiet.total_of(stretches))
    baseline |= quiet.keep(stretches, at.timestamp())
    first, process = at - timedelta(seconds=whole["window_seconds"]), change.last.process
    measured["process_age_seconds"] = None if process is None else max(0, round(at.timestamp() - process))
    measured |= earlier_runs.compare_with(before, measured["window_seconds"])
    measured |= earlier_runs.count_since_first_run(before, first, whole)
    if processes > 1:
        measured |= {"several_processes": True, "processes": processes}
        notes.append(f"These are the numbers of one of at least {processes} processes behind this address.")
    faults = change.last.faults
    if faults:
        measured["faults_of_page"] = len(faults)
        notes.append(f"On the page: {'; '.join(faults)}.")
    notes += earlier_runs.describe_trend(whole | earlier_runs.compare_with(before, whole["window_seconds"]))
    return Figures(measured | exchange(answer), tuple(notes), baseline)


def _longer(names: MetricNames, before: Finding | None, baseline: dict[str, float]) -> ScrapeDelta | None:
    """Since the previous run's last scrape. For the first run: since the process started. None if too long ago."""
    last = earlier_runs.restore_scrape(baseline)
    first = earlier_runs.restore_scrape(before.baseline) if before else None
    if last and last.process is not None and not before:
        first = Scrape({}, last.process, starts=last.starts)
    if first is None or last is None:
        return None
    change = ScrapeDelta(first, last)
    return change if 0 < change.seconds <= LONGEST_SECONDS and _is_of_one(names, change, first.at) else None


def _longer_if_quiet(ctx: ProbeContext, change: ScrapeDelta, longer: ScrapeDelta | None) -> ScrapeDelta:
    """The stretch that call times are taken from: the longer one only if the short one has too few calls."""
    seen = readings.calls(ctx.runbook, change)
    if longer is None or seen >= ENOUGH or (seen and not longer.first.samples):
        return change
    return longer if readings.calls(ctx.runbook, longer) > seen else change


SOURCES: Mapping[str, MetricsSource] = {"scrape": scrape, "prometheus": prometheus.read, "cloudwatch": cloudwatch.read}
