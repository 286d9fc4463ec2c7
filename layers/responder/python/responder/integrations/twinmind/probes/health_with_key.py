"""TwinMind's health endpoint with our current key (runbook S-24, S-35)."""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import ask, judged

NAME = "twinmind_health_with_key"


async def probe(look: ProbeContext) -> Finding:
    """Measures `key_present`, `answer`, `http_status` or `fault`, `latency_ms`."""
    key = await look.key.get()
    if key is None:
        return look.saw(NAME, FindingStatus.UNKNOWN, "There is no current key to ask with.", key_present=False)
    reply = await ask(look, look.runbook.endpoints.twinmind.health_path, key=key)
    status, summary = judged(look, reply, "TwinMind's health endpoint, asked with our key,")
    if reply.word in ("refused", "forbidden"):
        status, summary = FindingStatus.FAILED, f"TwinMind's health endpoint refuses our key ({reply.status_text})."
    return look.saw(NAME, status, summary, key_present=True, **reply.measurements)
