"""Which other incidents of the integration are open: thread, public notice and service flags are shared with them."""

from responder.context import IncidentContext
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.update import Kind, Update


def others_open(ctx: IncidentContext) -> list[Incident]:
    """Read one by one, because the index that lists them may lag behind a close."""
    found = []
    for incident_id in ctx.table.open_ids():
        stored = ctx.table.find(incident_id) if incident_id != ctx.incident.id else None
        if stored and stored.incident.status.is_open and stored.incident.integration == ctx.incident.integration:
            # A grouped alert has neither thread nor notice: nothing is kept for it.
            found += [] if stored.incident.grouped_under else [stored.incident]
    return found


TOO_LATE = "the incident was over before this could be said"
# Kinds that are still sent when the incident is over; a hand-over is never held back.
_AFTERWARDS = (Kind.HANDOVER, Kind.RESOLVED, Kind.REPORT, Kind.FAILED, Kind.FOLLOW_UP)


def is_over(ctx: IncidentContext) -> bool:
    """Whether the table says that it is over: the incident may have ended while this step was running."""
    stored = ctx.table.find(ctx.incident.id)
    return stored is not None and stored.incident.status is IncidentStatus.RESOLVED


def is_too_late(ctx: IncidentContext, update: Update) -> bool:
    """Whether the incident ended before `update` could be sent: what the update says is then no longer true."""
    return update.kind not in _AFTERWARDS and is_over(ctx)
