"""Our service's view of TwinMind, with its own key (runbook S-28)"""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding
from responder.probes.health import check_health

NAME = "service_twinmind_health"


async def probe(ctx: ProbeContext) -> Finding:
    return await check_health(ctx, NAME, ctx.runbook.endpoints.service.twinmind_health_path)
