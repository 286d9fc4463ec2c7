"""TwinMind's remaining rate limit, read once per probe run before any optional call."""

from dataclasses import dataclass

from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext
from responder.integrations.twinmind.client import Reply, call_twinmind

# Calls with the key in every run: HEAD and GET of the health endpoint, the account, one standby key.
NEEDED = 4
# Without headers the limit is unknown; the smallest paid tier allows a burst of 15 (docs/twinmind.md#tiers).
UNKNOWN_SPARE = 6


@dataclass(frozen=True)
class RateLimit:
    """None for a header that is missing or not a number; the client's assumed 60 does not count."""

    reply: Reply
    limit: int | None
    remaining: int | None
    reset_in_seconds: int | None
    retry_after_seconds: int | None

    @property
    def is_used_up(self) -> bool:
        return self.reply.word == "limited" or self.remaining == 0


async def read_rate_limit(ctx: ProbeContext) -> RateLimit:
    """One HEAD on the health endpoint per probe run (runbook S-31)."""
    return await ctx.memo.get("quota", lambda: _read(ctx))


async def _read(ctx: ProbeContext) -> RateLimit:
    key = await ctx.key()
    reply = await call_twinmind(
        ctx, ctx.runbook.endpoints.twinmind.health_path, key=key, method="HEAD", limit=SHORT_TIMEOUT_SECONDS
    )
    headers = reply.answer.headers
    prefix = ctx.runbook.endpoints.twinmind.rate_limit_header_prefix.lower()
    reset = _whole(headers.get(f"{prefix}reset"))
    return RateLimit(
        reply=reply,
        limit=_whole(headers.get(f"{prefix}limit")),
        remaining=_whole(headers.get(f"{prefix}remaining")),
        reset_in_seconds=None if reset is None else max(0, reset - int(ctx.now.timestamp())),
        retry_after_seconds=_whole(headers.get("retry-after")),
    )


async def take_calls(ctx: ProbeContext, wanted: int, least: int = 1) -> int | str:
    """Takes up to `wanted` optional calls; or says why there are none: `limited`, `low`, `shared`.

    `shared`: this run's configured share is used up. Fewer than `least` calls are useless and not taken.
    """
    found = await read_rate_limit(ctx)
    if found.is_used_up:
        return "limited"
    if found.remaining is not None and found.remaining < ctx.runbook.thresholds.rate_limit_remaining_low:
        return "low"
    if ctx.memo.spare is None:
        share = ctx.runbook.probing.rate_limit_share
        ctx.memo.spare = UNKNOWN_SPARE if found.remaining is None else int(found.remaining * share) - NEEDED
    granted = min(wanted, ctx.memo.spare)
    if granted < least:
        return "shared"
    ctx.memo.spare -= granted
    return granted


SKIPPED = {
    "limited": "the rate limit is used up",
    "low": "little of the rate limit is left",
    "shared": "this probe run has spent its share of the rate limit",
}


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() and len(text) < 16 else None
