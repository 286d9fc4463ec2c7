"""Our service's own health status (runbook S-15, S-27)"""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding
from responder.probes.health import check_health

NAME = "service_health"


async def probe(ctx: ProbeContext) -> Finding:
    return await check_health(ctx, NAME, ctx.runbook.endpoints.service.health_path)
