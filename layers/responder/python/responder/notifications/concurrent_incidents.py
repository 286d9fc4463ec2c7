"""Which other incidents of the integration are open: thread, public notice and levers are shared with them."""

from functools import partial

from responder.context import Desk
from responder.domain.incident import Incident, IncidentStatus
from responder.notifications.messages import Kind, Update


def others_open(desk: Desk) -> list[Incident]:
    """Read one by one, because the index that lists them may lag behind a close."""
    found = []
    for incident_id in desk.table.open_ids():
        kept = desk.table.find(incident_id) if incident_id != desk.incident.id else None
        if kept and kept.incident.status.is_open and kept.incident.integration == desk.incident.integration:
            found.append(kept.incident)
    return found


# In a storm each would write to each: beyond this many it is enough that the later one names the earlier.
MOST_MET = 10


def meet_others(desk: Desk) -> None:
    """Incidents of one integration that are open at the same time name each other, in page, API and both reports."""
    others = [other.id for other in others_open(desk)]
    meetings = [(desk.incident.id, others), *((other, [desk.incident.id]) for other in others[:MOST_MET])]
    for incident_id, met in meetings:
        desk.table.change(incident_id, partial(having_met, met=met))


def having_met(present: Incident | None, met: list[str]) -> Incident:
    if present is None:
        raise LookupError(f"an incident that was open beside {', '.join(met)} is gone")
    new = tuple(one for one in met if one not in present.related)
    return present.model_copy(update={"related": (*present.related, *new)}) if new else present


TOO_LATE = "the incident was over before this could be said"
# What may still be said of an incident that is over; a hand-over is never held back.
_AFTERWARDS = (Kind.HANDOVER, Kind.RESOLVED, Kind.REPORT, Kind.FAILED, Kind.FOLLOW_UP)


def is_over(desk: Desk) -> bool:
    """As the table has it: the incident may have ended while this step was on its way."""
    kept = desk.table.find(desk.incident.id)
    return kept is not None and kept.incident.status is IncidentStatus.RESOLVED


def is_too_late(desk: Desk, update: Update) -> bool:
    """Whether the incident ended while `update` was on its way: its news would be said after the end, as if it held."""
    return update.kind not in _AFTERWARDS and is_over(desk)
