"""How does our own service call itself? (runbook S-15, S-27)"""

from responder.probes.health import look_at
from responder.probes.look import Look
from responder.words import Finding

NAME = "service_health"


async def probe(look: Look) -> Finding:
    return await look_at(look, NAME, look.runbook.endpoints.service.health_path)
