"""What do our service's own counters say? Scrapes about a second apart (runbook S-30, S-32, S-53 to S-56)."""

import asyncio
import time

from responder.adapters.http import Answer, NoAnswer
from responder.probes import readings
from responder.probes.look import BRISK, Look, exchange
from responder.probes.prometheus import Change, Scrape, parse
from responder.words import Finding, FindingStatus

NAME = "service_metrics"
APART = 1.0
SCRAPES = 4
# Fewer calls than this say little about a ratio, so a quiet service is watched a little longer.
ENOUGH = 3


async def probe(look: Look) -> Finding:
    """Measures what `readings.measured` lists, and `configured`, `http_status` or `fault`, `latency_ms`."""
    service = look.runbook.endpoints.service
    if service.base_url is None:
        summary = "Our service's address is not configured, so this was skipped."
        return look.saw(NAME, FindingStatus.UNKNOWN, summary, configured=False)
    scrapes: list[Scrape] = []
    while True:
        answer = await look.call("GET", service.base_url + service.metrics_path, seconds=BRISK)
        scrape = _scrape(answer)
        if scrape is None:
            return _unreadable(look, answer)
        scrapes.append(scrape)
        change = _change(scrapes)
        if change and (readings.calls(change) >= ENOUGH or len(scrapes) >= SCRAPES):
            return _finding(look, change, answer)
        if len(scrapes) >= SCRAPES:
            summary = "Each look at our service's metrics met another process, so nothing can be compared."
            return look.saw(NAME, FindingStatus.UNKNOWN, summary, several_processes=True, **exchange(answer))
        await asyncio.sleep(APART)


def _scrape(answer: Answer | NoAnswer) -> Scrape | None:
    if isinstance(answer, NoAnswer) or not answer.ok:
        return None
    scrape = parse(answer.text, time.monotonic())
    return scrape if scrape.samples else None


def _change(scrapes: list[Scrape]) -> Change | None:
    """The longest stretch that ends now. A later start is a restart; an earlier one is another pod, and useless."""
    last = scrapes[-1]
    for first in scrapes[:-1]:
        if first.process == last.process or (first.process and last.process and first.process < last.process):
            return Change(first, last)
    return None


def _unreadable(look: Look, answer: Answer | NoAnswer) -> Finding:
    why = answer.sentence if isinstance(answer, NoAnswer) else f"HTTP {answer.status}"
    summary = f"Our service's metrics could not be read: {why}."
    return look.saw(NAME, FindingStatus.UNKNOWN, summary, configured=True, **exchange(answer))


def _finding(look: Look, change: Change, answer: Answer | NoAnswer) -> Finding:
    measured = readings.measured(look.runbook, change)
    status, summary = readings.judged(look.runbook, measured)
    return look.saw(NAME, status, summary, configured=True, **measured, **exchange(answer))
