"""Waits within the state ClassifyIncident while nothing is due: one state where the usual way takes four."""

from typing import Any

from responder.aws.step_functions import CHECK
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.monitoring_state import MonitoringState
from responder.workflow.next_step import next_step

WAITS_HERE = "wait_here"


def wait_quietly(ctx: IncidentContext, monitoring: MonitoringState, event: dict[str, Any]) -> dict[str, Any]:
    """Waits here if nothing is due before the state's time is over; otherwise returns what the machine does next."""
    step = next_step(ctx.incident, monitoring, ctx.runbook, now())
    if not step.next.startswith("wait"):
        return dict(CHECK)
    fits = step.next == "wait" and (step.seconds or 0) >= int(event["seconds"])
    if fits and ctx.table.store_wait_token(ctx.incident.id, event["token"], ctx.event_seq):
        return {"next": WAITS_HERE}
    return dict(CHECK) if fits else step.dump() | {"seen_seq": ctx.event_seq}
