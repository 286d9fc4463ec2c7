"""Tells people the diagnosis and the next steps, then acknowledges the alert in the pager if the policy says so."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions import playbook_branch
from responder.actions.acknowledge import acknowledge_by_policy
from responder.aws.keep_warm import answers_keep_warm
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.notifications.concurrent_incidents import others_open
from responder.notifications.context import for_announcement
from responder.notifications.delivery import Delivery
from responder.notifications.merged_incidents import link
from responder.notifications.messages.compose import announced
from responder.notify import has_announced, publish, request_approvals

logger = Logger()


@answers_keep_warm
def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """`{"incident_id", "execution_number"}` → `{"branch"}`, one of those in responder.actions.playbook_branch."""
    ctx = open_context(event)
    logger.append_keys(incident_id=ctx.incident.id)
    link(ctx.table, ctx.incident.id, [other.id for other in others_open(ctx)])
    deliveries = publish(ctx, announced(for_announcement(ctx)))
    logger.info("announced", extra={"deliveries": {one.channel: one.outcome for one in deliveries}})
    _record(ctx, deliveries)
    request_approvals(ctx)
    why = acknowledge_by_policy(ctx)
    logger.info("acknowledgement", extra={"not_acknowledged_because": why})
    return {"branch": playbook_branch(ctx.incident.cause)}


def _record(ctx: IncidentContext, deliveries: list[Delivery]) -> None:
    """`announced_at`: when somebody could first read it. `told_at`: the next update is due some time after this."""
    at = now()
    changes: dict[str, Any] = {"told_at": at}
    if has_announced(deliveries):
        changes["announced_at"] = ctx.incident.announced_at or at
    ctx.table.amend(ctx.incident.id, **changes)
    if ctx.incident.status is IncidentStatus.MITIGATED:
        ctx.table.amend_open(ctx.incident.id, status=IncidentStatus.OPEN)
