"""TwinMind's health endpoint without a key (runbook S-25; docs/twinmind.md#disagreements)."""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import call_twinmind, finding_of

NAME = "twinmind_health"


async def probe(ctx: ProbeContext) -> Finding:
    """TwinMind is up even if it requires a key."""
    reply = await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.health_path)
    status, summary = finding_of(ctx, reply, "TwinMind's health endpoint, asked without a key,")
    if reply.word in ("refused", "forbidden"):
        status = FindingStatus.OK
        summary = f"TwinMind is up: its health endpoint refuses calls without a key ({reply.status_text})."
    return ctx.saw(NAME, status, summary, **reply.measurements)
