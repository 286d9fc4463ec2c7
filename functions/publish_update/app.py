"""Keeps people up to date: hands over, escalates, keeps the promised update, says that it recovered."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.incident import Incident, IncidentStatus
from responder.notifications.context import notification_context
from responder.notifications.escalation import escalation_update
from responder.notifications.human_tasks import mark_said, reminder_update, settled_update, task_update
from responder.notifications.messages import Update, handed_over, in_progress, mitigated, upstream_activity_update
from responder.notify import publish
from responder.workflow import deadlines, escalation

logger = Logger()

Changes = dict[str, Any]


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "kind", "level"?, "task"?}` → `{"kind", "sent": […]}`; nothing is said
    twice.

    `ask` is the name of the ask that ask, task_reminder and task_settled are about. Raises KeyError for a kind that is
    none of those, handover, escalation, progress, mitigated and heard.
    """
    ctx = open_context(event)
    kind = str(event["kind"])
    logger.append_keys(incident_id=ctx.incident.id, kind=kind)
    found = _KINDS[kind](ctx, event)
    if found is None:
        logger.info("nothing to say: it was said before, or is not due any more")
        return {"kind": kind, "sent": []}
    update, changes = found
    deliveries = publish(ctx, update)
    # Only what everybody hears who was promised an update puts the next one off: the public reads no escalation.
    is_kept = kind in ("progress", "mitigated") or ctx.incident.told_at is None
    # It may have ended while this went out.
    ctx.table.amend_open(ctx.incident.id, **({"told_at": now()} if is_kept else {}), **changes)
    if kind == "upstream_activity":
        ctx.table.change(ctx.incident.id, lambda present: _without_said(present, ctx))
    if kind.startswith("task"):
        mark_said(ctx, kind, str(event["task"]))
    logger.info("published", extra={"deliveries": {one.channel: one.outcome for one in deliveries}})
    return {"kind": kind, "sent": [one.channel for one in deliveries if one.outcome == "sent"]}


def _handover(ctx: IncidentContext, _: Changes) -> tuple[Update, Changes] | None:
    update = handed_over(notification_context(ctx))
    ctx.record("handed_over", "Handed over to people; the workflow goes on watching.", key=update.key)
    return update, {"status": IncidentStatus.HANDED_OVER}


def _escalation(ctx: IncidentContext, event: Changes) -> tuple[Update, Changes] | None:
    level = int(event["level"])
    update = escalation_update(ctx, level)
    return (update, {"escalated_level": level}) if update else None


def _progress(ctx: IncidentContext, _: Changes) -> tuple[Update, Changes] | None:
    incident = ctx.incident
    due = incident.told_at and deadlines.next_update(ctx.runbook, escalation.severity_of(incident), incident.told_at)
    return (in_progress(notification_context(ctx)), {}) if due and now() >= due else None


def _mitigated(ctx: IncidentContext, _: Changes) -> tuple[Update, Changes] | None:
    if ctx.incident.status is IncidentStatus.MITIGATED:
        return None
    update = mitigated(notification_context(ctx))
    ctx.record("mitigated", "The checks are good again; watching before it is closed.", key=update.key)
    at = now()
    return update, {"status": IncidentStatus.MITIGATED, "mitigated_at": at, "recovered_at": at}


def _ask(ctx: IncidentContext, event: Changes) -> tuple[Update, Changes] | None:
    return _with_nothing_else(task_update(ctx, str(event["task"])))


def _ask_reminder(ctx: IncidentContext, event: Changes) -> tuple[Update, Changes] | None:
    return _with_nothing_else(reminder_update(ctx, str(event["task"])))


def _ask_settled(ctx: IncidentContext, event: Changes) -> tuple[Update, Changes] | None:
    return _with_nothing_else(settled_update(ctx, str(event["task"])))


def _upstream_activity(ctx: IncidentContext, _: Changes) -> tuple[Update, Changes] | None:
    return (upstream_activity_update(notification_context(ctx)), {}) if ctx.incident.pending_upstream_activity else None


def _without_said(present: Incident | None, ctx: IncidentContext) -> Incident:
    """What came while the message went out stays to be said."""
    if present is None:
        raise LookupError(f"incident {ctx.incident.id} disappeared while it was told of")
    said = {one.key for one in ctx.incident.pending_upstream_activity}
    left = tuple(one for one in present.pending_upstream_activity if one.key not in said)
    return present.model_copy(update={"pending_upstream_activity": left, "upstream_activity_notified_at": now()})


def _with_nothing_else(update: Update | None) -> tuple[Update, Changes] | None:
    return (update, {}) if update else None


_KINDS: dict[str, Callable[[IncidentContext, Changes], tuple[Update, Changes] | None]] = {
    "handover": _handover,
    "escalation": _escalation,
    "progress": _progress,
    "mitigated": _mitigated,
    "upstream_activity": _upstream_activity,
    "task": _ask,
    "task_reminder": _ask_reminder,
    "task_settled": _ask_settled,
}
