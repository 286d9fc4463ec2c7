"""Closes an incident unless something happened meanwhile."""

from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.human_task import with_withdrawn
from responder.domain.incident import Incident, IncidentStatus


def close(ctx: IncidentContext, seen_seq: int, agree: bool | None) -> Incident | None:
    """Returns the closed incident; None, with nothing stored, if an event came after `seen_seq`.

    `agree`: whether our checks show that all is well; None if they do not say.
    Call it before people are told: an incident that has just come back must not be announced as resolved.
    """
    if ctx.incident.status is IncidentStatus.RESOLVED:
        return ctx.incident
    return ctx.table.change_if_quiet(ctx.incident.id, seen_seq, lambda present: _as_resolved(present, agree))


def _as_resolved(present: Incident, agree: bool | None) -> Incident:
    over_upstream = present.upstream.at if present.is_over_upstream and present.upstream else None
    at = max(over_upstream or now(), present.started_at)
    human_tasks = with_withdrawn(present.human_tasks, now())
    over = {"status": IncidentStatus.RESOLVED, "resolved_at": at, "checks_agree": agree, "human_tasks": human_tasks}
    return present.model_copy(update=over | {"waiting_for": None})
