"""Which other incidents of the integration are open: thread, public notice and levers are shared with them."""

from responder.adapters.desk import Desk
from responder.incident import Incident
from responder.messages import Kind, Update
from responder.words import IncidentStatus


def others_open(desk: Desk) -> list[Incident]:
    """Read one by one, because the index that lists them may lag behind a close."""
    found = []
    for incident_id in desk.table.open_ids():
        kept = desk.table.find(incident_id) if incident_id != desk.incident.id else None
        if kept and kept.incident.status.is_open and kept.incident.integration == desk.incident.integration:
            found.append(kept.incident)
    return found


TOO_LATE = "the incident was over before this could be said"
# What may still be said of an incident that is over; a hand-over is never held back.
_AFTERWARDS = (Kind.HANDOVER, Kind.RESOLVED, Kind.REPORT, Kind.FAILED, Kind.FOLLOW_UP)


def is_too_late(desk: Desk, update: Update) -> bool:
    """Whether the incident ended while `update` was on its way: its news would be said after the end, as if it held."""
    if update.kind in _AFTERWARDS:
        return False
    kept = desk.table.find(desk.incident.id)
    return kept is not None and kept.incident.status is IncidentStatus.RESOLVED
