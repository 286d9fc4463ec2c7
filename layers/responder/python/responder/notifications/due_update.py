"""The update of each kind that the workflow publishes, where it is due, and what is remembered with it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from responder.aws.sns import has_subscriber
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.update import Update
from responder.notifications.context import notification_context, with_effect
from responder.notifications.human_tasks import reminder_update, settled_update, task_update, withdraw_open
from responder.notifications.messages.compose import (
    announced,
    escalated,
    handed_over,
    in_progress,
    upstream_activity_update,
)
from responder.notifications.messages.ending import mitigated
from responder.workflow import deadlines, escalation

# The update to send, if any, and the changes of the incident that go with it; None if nothing is due.
Due = tuple[Update | None, dict[str, Any]] | None


def escalation_update(ctx: IncidentContext, level: int) -> Update | None:
    """The call to `level`, written to the timeline; None where it was called, or a person has acknowledged."""
    if level <= ctx.incident.escalated_level or ctx.incident.acknowledged_at:
        return None
    update = escalated(replace(notification_context(ctx), unreached=_unreached(ctx, level)), level)
    text = f"Escalated to level {level}, {ctx.runbook.escalation[level].who}: no person has acknowledged."
    ctx.record("escalation", text, key=update.key, level=level)
    return update


def _unreached(ctx: IncidentContext, number: int) -> tuple[str, ...]:
    """A warning if the call to this level reaches nobody new; else nothing."""
    level, before = ctx.runbook.escalation[number], [ctx.runbook.escalation[one] for one in range(1, number)]
    is_named = level.slack_mention not in {None, *(one.slack_mention for one in before)} and ctx.runbook.vendors.chats
    if level.upstream or is_named:
        return ()
    has_topic = level.topic_arn not in {None, ctx.settings.topic_arn, *(one.topic_arn for one in before)}
    if has_topic and has_subscriber(str(level.topic_arn)) is not False:
        return ()
    why = "nobody has confirmed a subscription of its topic" if has_topic else "it has no contact of its own"
    return (f"This call reaches nobody new at level {number}: {why}. Call {level.who} yourself.",)


def _handover(ctx: IncidentContext, _: dict[str, Any]) -> Due:
    notification = notification_context(ctx)
    update, first = handed_over(notification), announced(notification)
    ctx.record("handed_over", "Handed over to people; the workflow goes on watching.", key=update.key)
    # If no action was tried, the announcement has said already what is left to people.
    at, reopened_at = ctx.incident.told_at, ctx.incident.reopened_at
    is_told = at is not None and (reopened_at is None or at >= reopened_at)
    is_said = is_told and not notification.actions and update.need_from_people == first.need_from_people
    return None if is_said else update, {"status": IncidentStatus.HANDED_OVER}


def _escalation(ctx: IncidentContext, event: dict[str, Any]) -> Due:
    level = int(event["level"])
    update = escalation_update(ctx, level)
    return (update, {"escalated_level": level}) if update else None


def _progress(ctx: IncidentContext, _: dict[str, Any]) -> Due:
    incident = ctx.incident
    due = incident.told_at and deadlines.next_update(ctx.runbook, escalation.severity_of(incident), incident.told_at)
    return (in_progress(notification_context(ctx)), {}) if due and now() >= due else None


def _mitigated(ctx: IncidentContext, _: dict[str, Any]) -> Due:
    if ctx.incident.status is IncidentStatus.MITIGATED:
        return None
    withdraw_open(ctx)
    update = mitigated(with_effect(ctx))
    ctx.record("mitigated", "The checks are good again; watching before it is closed.", key=update.key)
    at = now()
    return update, {"status": IncidentStatus.MITIGATED, "mitigated_at": at}


def _upstream_activity(ctx: IncidentContext, _: dict[str, Any]) -> Due:
    return (upstream_activity_update(notification_context(ctx)), {}) if ctx.incident.pending_upstream_activity else None


def without_notified(present: Incident, ctx: IncidentContext) -> Incident:
    """Keeps news that came while the message was being sent."""
    said = {one.key for one in ctx.incident.pending_upstream_activity}
    left = tuple(one for one in present.pending_upstream_activity if one.key not in said)
    return present.model_copy(update={"pending_upstream_activity": left, "upstream_activity_notified_at": now()})


def _alone(update: Update | None) -> Due:
    """It changes nothing in the incident."""
    return (update, {}) if update else None


DUE_UPDATES: dict[str, Callable[[IncidentContext, dict[str, Any]], Due]] = {
    "handover": _handover,
    "escalation": _escalation,
    "progress": _progress,
    "mitigated": _mitigated,
    "upstream_activity": _upstream_activity,
    "task": lambda ctx, event: _alone(task_update(ctx, str(event["task"]))),
    "task_reminder": lambda ctx, event: _alone(reminder_update(ctx, str(event["task"]))),
    "task_settled": lambda ctx, event: _alone(settled_update(ctx, str(event["task"]))),
}
