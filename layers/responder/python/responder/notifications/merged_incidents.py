"""Links incidents: those that are open at the same time, and those that PagerDuty merged, in any order."""

from functools import partial

from responder.aws.incident_table import IncidentTable
from responder.domain.alert import Alert, AlertEvent
from responder.domain.incident import Incident, with_links
from responder.domain.timeline_text import MERGED_HERE, merged_here
from responder.domain.upstream_activity import with_merge


def link_merged(table: IncidentTable, alert: Alert, *, is_new: bool) -> str | None:
    """Call after `alert` was applied to its incident. → The id of another incident to wake, if that got news.

    The entry is written first, and then looked for: of two deliveries at once at least one sees both incidents.
    """
    target = alert.merged_into
    if target and target != alert.incident_id:
        table.record(target, merged_here(alert))
        if table.find(target) is None:
            return None
        link(table, alert.incident_id, [target])
        table.edit(target, partial(_with_activity, alert=alert))
        return target
    if is_new or alert.event is AlertEvent.TRIGGERED:
        for entry in table.timeline(alert.incident_id):
            if entry.kind == MERGED_HERE:
                link(table, str(entry.data["incident_id"]), [alert.incident_id])
    return None


# In a storm each incident would write to each: beyond this many, only the later one names the earlier ones.
MOST_MET = 10


def link(table: IncidentTable, incident_id: str, others: list[str]) -> None:
    """The incident and the others name each other, in page, API and reports."""
    if others:
        table.edit(incident_id, partial(with_links, met=others))
    for other in others[:MOST_MET]:
        table.edit(other, partial(with_links, met=[incident_id]))


def _with_activity(present: Incident, alert: Alert) -> Incident:
    if not present.status.is_open:
        return present
    return present.model_copy(
        update={"pending_upstream_activity": with_merge(present.pending_upstream_activity, alert)}
    )
