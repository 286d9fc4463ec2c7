"""Tells people of a handover, an escalation, the recovery or a task, or gives them the promised update."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.context import open_context
from responder.domain.clock import now
from responder.notifications.due_update import DUE_UPDATES, without_notified
from responder.notifications.human_tasks import mark_said
from responder.notify import deliver_undelivered, publish

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"incident_id", "execution_number", "kind", "level"?, "task"?}` → `{"kind", "sent": […]}`.

    A repeat sends nothing. `kind` is `undelivered` or one of DUE_UPDATES; any other raises KeyError.
    `task`: for kinds about tasks.
    """
    ctx = open_context(event)
    kind = str(event["kind"])
    logger.append_keys(incident_id=ctx.incident.id, kind=kind)
    if kind == "undelivered":
        return {"kind": kind, "sent": [one.channel for one in deliver_undelivered(ctx) if one.outcome == "sent"]}
    found = DUE_UPDATES[kind](ctx, event)
    if found is None:
        logger.info("nothing to send: it was sent before, or is not due any more")
        return {"kind": kind, "sent": []}
    update, changes = found
    deliveries = publish(ctx, update) if update else []
    # The next update is due later only if everybody got this one. The public does not get escalations.
    is_kept = kind in ("progress", "mitigated") or ctx.incident.told_at is None
    # The incident may have ended meanwhile.
    ctx.table.amend_open(ctx.incident.id, **({"told_at": now()} if is_kept else {}), **changes)
    if kind == "upstream_activity":
        ctx.table.edit(ctx.incident.id, lambda present: without_notified(present, ctx))
    if kind.startswith("task"):
        mark_said(ctx, kind, str(event["task"]))
    logger.info("published", extra={"deliveries": {one.channel: one.outcome for one in deliveries}})
    return {"kind": kind, "sent": [one.channel for one in deliveries if one.outcome == "sent"]}
