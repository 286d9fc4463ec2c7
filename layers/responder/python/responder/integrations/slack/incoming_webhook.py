"""Slack's incoming webhook, for a deployment without a bot (docs/vendor-apis.md#slack-posting).

It returns no `ts`: no threads, edits or searches, and at-least-once delivery. The URL is the secret.
"""

from responder.clients.http import NoAnswer
from responder.clients.responses import NOT_ITS_OWN, refused
from responder.context import IncidentContext
from responder.contracts.channel import Failed, NotSent, SendResult, Sent, failed
from responder.domain.update import Kind, Update
from responder.integrations.slack.blocks import NO_PREVIEW, message
from responder.integrations.slack.settings import Settings

TIME_LIMIT = 3.0
CREDENTIAL = "slack_webhook"
HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")


def is_the_way(ctx: IncidentContext) -> bool:
    has_bot = ctx.runbook.vendors.of(Settings).channel and ctx.credentials.of("slack")
    return not has_bot and bool(ctx.credentials.of(CREDENTIAL))


def post(ctx: IncidentContext, update: Update) -> SendResult:
    """Sends no progress: it could not edit, so each would be a new message every twenty minutes."""
    if update.kind is Kind.PROGRESS:
        return NotSent("an incoming webhook cannot edit, so it carries no progress", once="slack-webhook-no-progress")
    address = ctx.secret_address(CREDENTIAL, HOSTS)
    stored = update.model_copy(update={"next_update_by": None})
    answer = ctx.http.call("POST", address, json=message(stored) | NO_PREVIEW, timeout=TIME_LIMIT)
    if isinstance(answer, NoAnswer) or not answer.ok:
        # Without an answer Slack may have posted it; a duplicate is better than nothing.
        return failed(refused(answer))
    is_taken = answer.text.strip() == "ok"
    return Sent("posted through the incoming webhook") if is_taken else Failed(NOT_ITS_OWN, again=False)
