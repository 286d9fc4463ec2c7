"""Tells people what was found and what is done about it, then acknowledges upstream where policy allows."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.acknowledge import acknowledge_by_policy
from responder.context import Desk, open_desk
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.integrations.statuspage.policy import ask_before_posting
from responder.notifications.concurrent_incidents import meet_others
from responder.notifications.context import situation_of
from responder.notifications.delivery import Delivery
from responder.notifications.messages import announced
from responder.notify import CHANNELS, publish
from responder.workflow.playbook_branch import answer_to

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """`{"incident_id", "generation"}` → `{"answer": "rotate"|"restart"|"hand_over"|"watch"}`."""
    desk = open_desk(event)
    logger.append_keys(incident_id=desk.incident.id)
    meet_others(desk)
    deliveries = publish(desk, announced(situation_of(desk)))
    logger.info("announced", extra={"deliveries": {one.channel: one.outcome for one in deliveries}})
    _record(desk, deliveries)
    if not CHANNELS["statuspage"].missing(desk):
        ask_before_posting(desk)
    why = acknowledge_by_policy(desk)
    logger.info("acknowledgement", extra={"not_acknowledged_because": why})
    return {"answer": answer_to(desk.incident.cause)}


def _record(desk: Desk, deliveries: list[Delivery]) -> None:
    """`announced_at` is when somebody could first read it; `told_at` starts the clock of the next update."""
    at = now()
    changes: dict[str, Any] = {"told_at": at}
    # A ticket rings nobody's phone, and stakeholders have no part in it: that is not yet a word to people.
    if any(one.outcome == "sent" and one.channel not in ("ticket", "stakeholders") for one in deliveries):
        changes["announced_at"] = desk.incident.announced_at or at
    desk.table.amend(desk.incident.id, **changes)
    if desk.incident.status is IncidentStatus.MITIGATED:
        desk.table.amend_open(desk.incident.id, status=IncidentStatus.OPEN)
