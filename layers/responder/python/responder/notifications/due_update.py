"""The update of each kind that the workflow publishes, where it is due, and what is remembered with it."""

from collections.abc import Callable
from typing import Any

from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.update import Update
from responder.notifications.context import notification_context, with_effect
from responder.notifications.escalation import escalation_update
from responder.notifications.human_tasks import reminder_update, settled_update, task_update, withdraw_open
from responder.notifications.messages.compose import announced, handed_over, in_progress, upstream_activity_update
from responder.notifications.messages.ending import mitigated
from responder.workflow import deadlines, escalation

# The update to send, if any, and the changes of the incident that go with it; None if nothing is due.
DueUpdate = Callable[[IncidentContext, dict[str, Any]], tuple[Update | None, dict[str, Any]] | None]


def _handover(ctx: IncidentContext, _: dict[str, Any]) -> tuple[Update | None, dict[str, Any]] | None:
    notification = notification_context(ctx)
    update, first = handed_over(notification), announced(notification)
    ctx.record("handed_over", "Handed over to people; the workflow goes on watching.", key=update.key)
    # If no action was tried, the announcement has said already what is left to people.
    at, reopened_at = ctx.incident.told_at, ctx.incident.reopened_at
    is_told = at is not None and (reopened_at is None or at >= reopened_at)
    is_said = is_told and not notification.actions and update.need_from_people == first.need_from_people
    return None if is_said else update, {"status": IncidentStatus.HANDED_OVER}


def _escalation(ctx: IncidentContext, event: dict[str, Any]) -> tuple[Update | None, dict[str, Any]] | None:
    level = int(event["level"])
    update = escalation_update(ctx, level)
    return (update, {"escalated_level": level}) if update else None


def _progress(ctx: IncidentContext, _: dict[str, Any]) -> tuple[Update | None, dict[str, Any]] | None:
    incident = ctx.incident
    due = incident.told_at and deadlines.next_update(ctx.runbook, escalation.severity_of(incident), incident.told_at)
    return (in_progress(notification_context(ctx)), {}) if due and now() >= due else None


def _mitigated(ctx: IncidentContext, _: dict[str, Any]) -> tuple[Update | None, dict[str, Any]] | None:
    if ctx.incident.status is IncidentStatus.MITIGATED:
        return None
    withdraw_open(ctx)
    update = mitigated(with_effect(ctx))
    ctx.record("mitigated", "The checks are good again; watching before it is closed.", key=update.key)
    at = now()
    return update, {"status": IncidentStatus.MITIGATED, "mitigated_at": at}


def _upstream_activity(ctx: IncidentContext, _: dict[str, Any]) -> tuple[Update | None, dict[str, Any]] | None:
    return (upstream_activity_update(notification_context(ctx)), {}) if ctx.incident.pending_upstream_activity else None


def without_notified(present: Incident, ctx: IncidentContext) -> Incident:
    """Keeps news that came while the message was being sent."""
    said = {one.key for one in ctx.incident.pending_upstream_activity}
    left = tuple(one for one in present.pending_upstream_activity if one.key not in said)
    return present.model_copy(update={"pending_upstream_activity": left, "upstream_activity_notified_at": now()})


def _of_task(compose: Callable[[IncidentContext, str], Update | None]) -> DueUpdate:
    """About the task that the event names; it changes nothing in the incident."""

    def due(ctx: IncidentContext, event: dict[str, Any]) -> tuple[Update | None, dict[str, Any]] | None:
        update = compose(ctx, str(event["task"]))
        return (update, {}) if update else None

    return due


DUE_UPDATES: dict[str, DueUpdate] = {
    "handover": _handover,
    "escalation": _escalation,
    "progress": _progress,
    "mitigated": _mitigated,
    "upstream_activity": _upstream_activity,
    "task": _of_task(task_update),
    "task_reminder": _of_task(reminder_update),
    "task_settled": _of_task(settled_update),
}
