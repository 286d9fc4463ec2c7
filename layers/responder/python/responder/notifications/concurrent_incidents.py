"""Which other incidents of the integration are open: thread, public notice and service flags are shared with them."""

from functools import partial

from responder.context import IncidentContext
from responder.domain.incident import Incident, IncidentStatus, with_links
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


# In a storm each incident would write to each: beyond this many, only the later one names the earlier ones.
MOST_MET = 10


def link_concurrent(ctx: IncidentContext) -> None:
    """Incidents of one integration that are open at the same time name each other, in page, API and both reports."""
    link(ctx, [other.id for other in others_open(ctx)])


def link(ctx: IncidentContext, others: list[str]) -> None:
    if not others:
        return
    meetings = [(ctx.incident.id, others), *((other, [ctx.incident.id]) for other in others[:MOST_MET])]
    for incident_id, met in meetings:
        ctx.table.edit(incident_id, partial(with_links, met=met))


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
