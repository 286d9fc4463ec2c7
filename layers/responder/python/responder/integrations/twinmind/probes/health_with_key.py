"""TwinMind's health endpoint with our current key (runbook S-24, S-35)."""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import call_twinmind, finding_of

NAME = "twinmind_health_with_key"


async def probe(ctx: ProbeContext) -> Finding:
    key = await ctx.key()
    if key is None:
        return ctx.saw(NAME, FindingStatus.UNKNOWN, "There is no current key to ask with.", key_present=False)
    reply = await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.health_path, key=key)
    status, summary = finding_of(ctx, reply, "TwinMind's health endpoint, asked with our key,")
    if reply.word in ("refused", "forbidden"):
        status, summary = FindingStatus.FAILED, f"TwinMind's health endpoint refuses our key ({reply.status_text})."
    return ctx.saw(NAME, status, summary, key_present=True, **reply.measurements)
