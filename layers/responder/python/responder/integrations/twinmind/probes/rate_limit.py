"""The remaining rate limit: headers of a HEAD on the health endpoint (runbook S-31, S-69)."""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.spare_calls import RateLimit, read_rate_limit

NAME = "twinmind_rate_limit"


async def probe(ctx: ProbeContext) -> Finding:
    """Measures `limit`, `remaining`, `reset_in_seconds`, `retry_after_seconds`, `answer`; absent without a header."""
    found = await read_rate_limit(ctx)
    status, summary = _judged(ctx, found)
    return ctx.saw(
        NAME,
        status,
        summary,
        limit=found.limit,
        remaining=found.remaining,
        reset_in_seconds=found.reset_in_seconds,
        retry_after_seconds=found.retry_after_seconds,
        **found.reply.measurements,
    )


def _judged(ctx: ProbeContext, found: RateLimit) -> tuple[FindingStatus, str]:
    limit = "an unknown number" if found.limit is None else found.limit
    left = f"{found.remaining} of {limit} requests are left in this minute"
    if found.is_used_up:
        return FindingStatus.FAILED, "TwinMind's rate limit is used up" + (
            "." if found.remaining is None else f": {left}."
        )
    if found.remaining is None:
        # The default of 60 for a missing header is an assumption, not a fact.
        said = found.reply.answer.said
        return FindingStatus.UNKNOWN, f"TwinMind did not say how much of the rate limit is left ({said})."
    if found.remaining < ctx.runbook.thresholds.rate_limit_remaining_low:
        return FindingStatus.DEGRADED, f"Only {left}."
    return FindingStatus.OK, f"{left[0].upper()}{left[1:]}."
