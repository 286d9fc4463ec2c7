"""How does our service find TwinMind, with the key that it holds? (runbook S-28)"""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding
from responder.probes.health import look_at

NAME = "service_twinmind_health"


async def probe(look: ProbeContext) -> Finding:
    return await look_at(look, NAME, look.runbook.endpoints.service.twinmind_health_path)
