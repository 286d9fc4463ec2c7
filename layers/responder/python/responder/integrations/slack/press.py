"""Acknowledge or Resolve: done at the pager, and shown in the message or said to the person."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.parameters import runbook_in_force
from responder.clients.http import Http
from responder.context import open_context
from responder.domain.model import Model
from responder.integrations.answer_alert import ChatUser, answer_alert
from responder.integrations.slack.ephemeral import post_ephemeral, show_answer
from responder.integrations.slack.interaction import AlertPress

logger = Logger()

# Longer than a signed request counts (5 minutes), also where the clocks differ.
REPEAT_LIFE = timedelta(hours=1)


def do_press(passed_on: dict[str, Any]) -> None:
    """Marked last: one that crashes half-way comes again, and all of it is harmless when repeated."""
    press = AlertPress.load(passed_on)
    ctx = open_context({"incident_id": press.about.incident_id})
    if ctx.table.has_record(mark := f"press:{press.id}"):
        logger.info("the same press came again: nothing done")
        return
    email = runbook_in_force(ctx.settings.runbook_parameter).runbook.approvals.pager_users.get(press.user)
    answered = answer_alert(ctx, press.what, ChatUser(f"slack:{press.user}", press.name, f"<@{press.user}>", email))
    logger.info("answered", extra={"what": press.what, "by": press.user, "done": answered.done})
    http = Http()
    shown = (
        show_answer(http, press, answered)
        if answered.done
        else post_ephemeral(http, press.about.response_url, answered.text)
    )
    if not shown:
        logger.warning("Slack did not take the answer")
    ctx.table.put_record(mark, Model(), REPEAT_LIFE)
