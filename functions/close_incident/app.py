"""Closes the incident unless something happened meanwhile, and says so to everyone who was told of it."""

from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.resolve import resolve_by_policy
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.human_task_progress import with_withdrawn
from responder.domain.incident import Incident, IncidentStatus
from responder.notifications.context import notification_context
from responder.notifications.messages import resolved
from responder.notify import publish

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, bool]:
    """`{"incident_id", "execution_number", "seen_seq", "agree"}` → `{"closed"}`; false where an event came after
    `seen_seq`.

    `agree`: whether the last look found all well, or null where there was none.
    """
    ctx = open_context(event)
    logger.append_keys(incident_id=ctx.incident.id)
    closed = _closed(ctx, int(event["seen_seq"]), event.get("agree"))
    if closed is None:
        logger.info("not closed: something happened meanwhile")
        return {"closed": False}
    ctx = replace(ctx, incident=closed)
    at = closed.resolved_at or now()
    ctx.record("closed", _sentence(ctx), key=f"closed-{int(at.timestamp())}")
    # People who got no message about its start need none about its end.
    if closed.told_at:
        deliveries = publish(ctx, resolved(notification_context(ctx), at))
        logger.info("closed", extra={"deliveries": {one.channel: one.outcome for one in deliveries}})
    return {"closed": True}


def _closed(ctx: IncidentContext, seen_seq: int, agree: bool | None) -> Incident | None:
    """The write comes before the words: "resolved" must not be said of what has just come back."""
    if ctx.incident.status is IncidentStatus.RESOLVED:
        return ctx.incident
    return ctx.table.change_if_quiet(ctx.incident.id, seen_seq, lambda present: _as_resolved(present, agree))


def _as_resolved(present: Incident, agree: bool | None) -> Incident:
    over_upstream = present.upstream.at if present.is_over_upstream and present.upstream else None
    at = max(over_upstream or now(), present.started_at)
    human_tasks = with_withdrawn(present.human_tasks, now())
    over = {"status": IncidentStatus.RESOLVED, "resolved_at": at, "checks_agree": agree, "human_tasks": human_tasks}
    return present.model_copy(update=over | {"waiting_for": None})


def _sentence(ctx: IncidentContext) -> str:
    incident = ctx.incident
    if incident.merged_into:
        return f"Closed: the alert was merged into {incident.merged_into} upstream."
    if incident.is_over_upstream and incident.checks_agree is False:
        return "Closed: the alert was resolved upstream, but our checks still fail."
    if incident.is_over_upstream:
        return "Closed: the alert was resolved upstream."
    what = "nothing wrong was found" if incident.cause is Cause.NO_FAULT else "it recovered"
    why = resolve_by_policy(ctx)
    left = f"The alert upstream is left to people: {why}." if why else "The alert upstream is resolved too."
    return f"Closed: {what}, and it stayed so. {left}"
