"""Closes the incident unless something happened meanwhile, and tells everybody who was told of its start."""

from dataclasses import replace
from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.close import close
from responder.actions.resolve import left_upstream
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.integrations.pagers import status_now
from responder.notifications.context import with_effect
from responder.notifications.messages.ending import resolved
from responder.notify import publish

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, bool]:
    """`{"incident_id", "execution_number", "seen_seq", "agree"}` → `{"closed"}`; false if an event came after
    `seen_seq`.

    `agree`: whether the last probe run found all well; null if there was none.
    """
    ctx = open_context(event)
    logger.append_keys(incident_id=ctx.incident.id)
    closed = close(ctx, int(event["seen_seq"]), event.get("agree"))
    if closed is None:
        logger.info("not closed: something happened meanwhile")
        return {"closed": False}
    ctx = replace(ctx, incident=closed)
    at = closed.resolved_at or now()
    ctx.record("closed", _sentence(ctx), key=f"closed-{int(at.timestamp())}")
    # Somebody who got no message about the start needs none about the end.
    if closed.told_at:
        upstream = None if closed.is_over_upstream else status_now(ctx)
        deliveries = publish(ctx, resolved(with_effect(ctx), at, upstream))
        logger.info("closed", extra={"deliveries": {one.channel: one.outcome for one in deliveries}})
    return {"closed": True}


def _sentence(ctx: IncidentContext) -> str:
    incident = ctx.incident
    if incident.merged_into:
        return f"Closed: the alert was merged into {incident.merged_into} upstream."
    if incident.is_over_upstream and incident.checks_agree is False:
        return "Closed: the alert was resolved upstream, but our checks still fail."
    if incident.is_over_upstream:
        return "Closed: the alert was resolved upstream."
    what = "nothing wrong was found" if incident.cause is Cause.NO_FAULT else "it recovered"
    return f"Closed: {what}, and it stayed so. {left_upstream(ctx)}"
