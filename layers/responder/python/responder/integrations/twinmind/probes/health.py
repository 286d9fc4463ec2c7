"""TwinMind's health endpoint, without and with our current key (S-24, S-25, S-35; docs/twinmind.md#disagreements)."""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import call_twinmind, finding_of

NAME, NAME_WITH_KEY = "twinmind_health", "twinmind_health_with_key"


async def probe(ctx: ProbeContext) -> Finding:
    """Measures `answer`, `http_status` or `fault`, `latency_ms`. `refused`: it is up but requires a key."""
    reply = await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.health_path)
    status, summary = finding_of(ctx, reply, "TwinMind's health endpoint, asked without a key,")
    if reply.word in ("refused", "forbidden"):
        status = FindingStatus.OK
        summary = f"TwinMind is up: its health endpoint refuses calls without a key ({reply.answer.said})."
    return ctx.saw(NAME, status, summary, **reply.measurements)


async def probe_with_key(ctx: ProbeContext) -> Finding:
    """Measures `key_present`, `answer`, `http_status` or `fault`, `latency_ms`."""
    key = await ctx.key()
    if key is None:
        return ctx.saw(NAME_WITH_KEY, FindingStatus.UNKNOWN, "There is no current key to ask with.", key_present=False)
    reply = await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.health_path, key=key)
    status, summary = finding_of(ctx, reply, "TwinMind's health endpoint, asked with our key,")
    if reply.word in ("refused", "forbidden"):
        status, summary = FindingStatus.FAILED, f"TwinMind's health endpoint refuses our key ({reply.answer.said})."
    return ctx.saw(NAME_WITH_KEY, status, summary, key_present=True, **reply.measurements)
