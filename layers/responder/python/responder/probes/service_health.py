"""How does our own service call itself? (runbook S-15, S-27)"""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding
from responder.probes.health import look_at

NAME = "service_health"


async def probe(look: ProbeContext) -> Finding:
    return await look_at(look, NAME, look.runbook.endpoints.service.health_path)
