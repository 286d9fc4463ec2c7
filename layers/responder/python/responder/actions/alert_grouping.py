"""Limits the executions that many alerts at once can start (docs/adr/0022-an-alert-storm-is-grouped.md).

The first incidents of an integration get an execution each. While all of these run, a further alert is grouped under
one of them, its leader. The grouped alert has its own timeline and its own end, but no execution.
"""

from functools import partial

from responder.aws.execution_slots import take_slot
from responder.aws.incident_table import IncidentTable, WriteConflict
from responder.aws.step_functions import resume
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.grouped_alerts import grouped_here, with_grouped
from responder.domain.incident import Incident, TimelineEntry


def group(table: IncidentTable, incident: Incident, runbook: Runbook) -> str | None:
    """The id of the leader under which `incident` is grouped; None if it gets its own execution. Safe to repeat.

    Raises WriteConflict if three leaders in a row ended at that moment.
    """
    for _ in range(3):
        running = take_slot(table, runbook.integration, incident.id, runbook.monitoring.most_executions)
        if not running:
            if incident.grouped_under:
                table.amend(incident.id, grouped_under=None, grouped_at=None)
            return None
        if not incident.status.is_open:
            return running[0]  # It ended before it was handled: there is nothing to tell people.
        # Its present leader comes first, so that people are not told twice.
        for leader in sorted(running, key=lambda each: each != incident.grouped_under):
            if _is_under(table, leader, incident):
                return leader
    raise WriteConflict(f"each incident that could take {incident.id} ended at that moment")


def _is_under(table: IncidentTable, leader: str, incident: Incident) -> bool:
    """Tries to group `incident` under `leader`; False if the leader is over.

    It counts as an event of the leader first, so the leader cannot close on checks from before this alert.
    """
    token = table.count_event(leader)
    after = table.edit(leader, partial(with_grouped, member=incident))
    is_taken = after.status.is_open and not after.stopped
    if is_taken:
        at = incident.grouped_at or now()
        member = table.amend_open(incident.id, grouped_under=leader, grouped_at=at)
        table.record(leader, grouped_here(member))
        text = f"Many alerts at once: this one goes on under {leader}, and has its own end."
        entry = TimelineEntry(at=at, kind="alert_grouped", actor="workflow", text=text, key=f"grouped-under-{leader}")
        table.record(incident.id, entry)
    if token:
        resume(token)
    return is_taken
