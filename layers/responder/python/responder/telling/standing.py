"""Which other incidents of the integration are open: thread, public notice and levers are shared with them."""

from responder.adapters.desk import Desk
from responder.incident import Incident


def others_open(desk: Desk) -> list[Incident]:
    """Read one by one, because the index that lists them may lag behind a close."""
    found = []
    for incident_id in desk.table.open_ids():
        kept = desk.table.find(incident_id) if incident_id != desk.incident.id else None
        if kept and kept.incident.status.is_open and kept.incident.integration == desk.incident.integration:
            found.append(kept.incident)
    return found
