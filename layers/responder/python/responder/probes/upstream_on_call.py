"""Who is on call now (runbook S-4, S-96; PagerDuty "List all of the on-calls", Opsgenie "Get On Calls")"""

from typing import Any

from responder.contracts.probe import ProbeContext, exchange
from responder.domain.finding import Finding, FindingStatus
from responder.domain.redact import redact_short
from responder.integrations.pager_readers import READERS

MOST_NAMES = 5


async def probe(ctx: ProbeContext) -> Finding:
    """Nobody is degraded."""
    source = ctx.incident.source
    reader = READERS[source].on_call if source in READERS else None
    found = await reader(ctx) if reader else None
    measured: dict[str, Any] = {"vendor": source}
    if found is None:
        summary = f"{source} was not asked who is on call: that is not configured."
        return ctx.saw(FindingStatus.OK, summary, configured=False, **measured)
    answer, people = found
    measured |= {"configured": True, **exchange(answer)}
    if people is None:
        summary = f"{source} could not be asked who is on call: {answer.said}."
        return ctx.saw(FindingStatus.UNKNOWN, summary, **measured)
    names = [redact_short(" ".join(name.split()), 40, is_contact=True) for name in people[:MOST_NAMES]]
    measured |= {"on_call": len(people), "on_call_names": names}
    if not people:
        return ctx.saw(FindingStatus.DEGRADED, f"{source} says that nobody is on call.", **measured)
    return ctx.saw(FindingStatus.OK, f"On call by {source}: {', '.join(names)}.", **measured)
