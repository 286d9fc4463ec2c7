"""TwinMind's latency over several calls: one fast answer proves little (runbook S-50, S-53, S-57)."""

import asyncio
import math
import statistics

from responder.contracts.probe import ProbeContext, seconds
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import Reply, call_twinmind, is_slow
from responder.integrations.twinmind.spare_calls import SKIPPED, take_calls

# Seconds between the starts of the calls. They overlap, so that slow answers do not add up beyond the time limit.
APART = 0.15
LEAST = 2


async def probe(ctx: ProbeContext) -> Finding:
    wanted = ctx.runbook.probing.timing_calls
    granted = await take_calls(ctx, wanted, LEAST) if wanted else 0
    if isinstance(granted, str):
        summary = f"TwinMind's answers were not timed: {SKIPPED[granted]}."
        return ctx.saw(FindingStatus.OK, summary, skipped_for=granted, samples=0)
    if not granted:
        return ctx.saw(FindingStatus.OK, "Timing several calls is switched off.", samples=0)
    key = await ctx.key()

    async def sample(after: float) -> Reply:
        await asyncio.sleep(after)
        return await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.health_path, key=key)

    return _finding(ctx, await asyncio.gather(*[sample(number * APART) for number in range(granted)]))


def _finding(ctx: ProbeContext, replies: list[Reply]) -> Finding:
    # A proxy's web page is not TwinMind's answer.
    times = sorted(reply.answer.ms for reply in replies if reply.word not in ("silent", "unsent", "odd"))
    counts = {"samples": len(replies), "answered": len(times), "slow": sum(is_slow(ctx, reply) for reply in replies)}
    if not times:
        silent = all(reply.word == "silent" for reply in replies)
        status = FindingStatus.FAILED if silent else FindingStatus.UNKNOWN
        summary = f"None of {len(replies)} calls to TwinMind was answered."
        return ctx.saw(status, summary, **counts)
    median = round(statistics.median(times))
    measured = {
        "latency_min_ms": times[0],
        "latency_median_ms": median,
        "latency_p95_ms": times[math.ceil(0.95 * len(times)) - 1],
        "latency_max_ms": times[-1],
    }
    summary = f"{len(times)} of {len(replies)} calls to TwinMind were answered, half of them within {seconds(median)}"
    summary += f", the slowest in {seconds(times[-1])}."
    high = median > ctx.runbook.thresholds.latency_p95_seconds * 1000
    status = FindingStatus.DEGRADED if high or len(times) < len(replies) else FindingStatus.OK
    return ctx.saw(status, summary, **counts, **measured)
