"""Acknowledge or Resolve: done at the pager, and shown in the message or said to the person."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.lease import leased
from responder.aws.parameters import runbook_in_force
from responder.context import IncidentContext, open_context
from responder.domain.model import Model
from responder.integrations.answer_alert import ChatUser, answer_alert
from responder.integrations.slack.ephemeral import post_ephemeral, show_answer
from responder.integrations.slack.interaction import AlertPress

logger = Logger()

# How long a press is remembered: longer than its signature is valid (5 minutes), even if clocks differ.
REPEAT_LIFE = timedelta(hours=1)
# How long to wait for another run that handles the same press; the function has 25 s.
WAIT_SECONDS = 8.0


def do_press(passed_on: dict[str, Any]) -> None:
    """Marks the press as done last: if a run crashes, Lambda repeats it, and every step is harmless when repeated."""
    press = AlertPress.load(passed_on)
    ctx = open_context({"incident_id": press.about.incident_id})
    mark = f"press:{press.id}"
    with leased(ctx.table, f"doing:{mark}", wait=WAIT_SECONDS) as held:
        if not held:
            raise RuntimeError("another run is at the same press: Lambda tries again in a minute")
        if ctx.table.has_record(mark):
            logger.info("the same press came again: nothing done")
            return
        _do(ctx, press)
        ctx.table.put_record(mark, Model(), REPEAT_LIFE)


def _do(ctx: IncidentContext, press: AlertPress) -> None:
    email = runbook_in_force(ctx.settings.runbook_parameter).runbook.approvals.pager_users.get(press.user)
    answered = answer_alert(ctx, press.what, ChatUser(f"slack:{press.user}", press.name, f"<@{press.user}>", email))
    logger.info("answered", extra={"what": press.what, "by": press.user, "done": answered.done})
    shown = show_answer(press, answered) if answered.done else post_ephemeral(press.about.response_url, answered.text)
    if not shown:
        logger.warning("Slack did not take the answer")
