"""POST /slack/interactions: Approve and Decline under a plan in Slack. Slack waits 3 s, so the record comes first."""

from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from responder.approvals.decide import DecisionRefused, RecordedDecision, record_decision, refusal
from responder.aws.metrics import count
from responder.aws.secrets import SecretUnreadable
from responder.clients.http import Http
from responder.context import IncidentContext, open_context
from responder.contracts.channel import Failed
from responder.contracts.source import Authenticity, Ignored, Malformed
from responder.domain.clock import now
from responder.domain.human_task import TaskDecision, task_named
from responder.integrations.slack import signature as slack_signature
from responder.integrations.slack.buttons import REASON, reason_dialog
from responder.integrations.slack.client import call
from responder.integrations.slack.ephemeral import post_ephemeral, show_decision
from responder.integrations.slack.interaction import Click, Reason, interaction
from responder.notifications.human_tasks import ways
from responder.webhooks.api_gateway import Response, answer, is_verified, raw_body

MAX_BODY_BYTES = 256 * 1024
# Together with the reads and writes before it, the answer must be there within 3 s.
DIALOG_SECONDS = 1.2

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> Response:
    """Form-encoded, signed by Slack → 200, or 401 and 400 for what is not Slack's, 503 for what may pass."""
    logger.remove_keys(["incident_id", "task"])
    body = raw_body(event)
    if body is None or len(body) > MAX_BODY_BYTES:
        return answer(413 if body else 400, {"error": f"the body must be at most {MAX_BODY_BYTES} bytes of a form"})
    refused = _not_from_slack(event.get("headers") or {}, body)
    if refused:
        return refused
    found = interaction(body)
    if isinstance(found, Malformed | Ignored):
        logger.warning("nothing to decide", extra={"reason": found.reason})
        return answer(400 if isinstance(found, Malformed) else 200, {})
    logger.append_keys(incident_id=found.about.incident_id, task=found.about.task)
    return _decide(found)


def _not_from_slack(headers: dict[str, str], body: bytes) -> Response | None:
    try:
        found = is_verified("slack", lambda active: slack_signature.authenticate(headers, body, active, now()))
    except SecretUnreadable as error:
        logger.error("the signing secret could not be read", extra={"error": str(error)})
        return answer(503, {"error": "cannot verify the request now; press the button again"})
    if found is Authenticity.OK:
        return None
    if found is None:
        logger.error("Slack's signing secret has no value; see docs/tasks/slack-buttons.md")
        return answer(503, {"error": "this stack has no Slack signing secret yet"})
    if found is not Authenticity.OLD:
        count("WrongSignature" if found is Authenticity.WRONG else "MissingSignature")
    logger.warning("refused: not signed by Slack just now", extra={"signature": found.value})
    return answer(401, {"error": f"the signature is {found.value}"})


def _decide(found: Click | Reason) -> Response:
    try:
        ctx = open_context({"incident_id": found.about.incident_id})
    except LookupError:
        return _refuse(found, "Nothing changed: this stack knows no such incident.")
    approvers = ways(ctx).approvers
    if found.user not in approvers:
        return _turn_away(ctx, found, approvers)
    given = _answer_of(found)
    if isinstance(found, Click) and not found.approves and refusal(ctx.incident, given) is None:
        if _ask_why(ctx, found):
            return answer(200, {})
        logger.warning("the dialog could not be opened: declined without a reason")
    came = record_decision(ctx.table, ctx.incident.id, given)
    if isinstance(came, DecisionRefused):
        return _refuse(found, f"Nothing changed: {came.why}.")
    logger.info("recorded", extra={"decision": given.decision, "by": given.by, "again": came.again})
    _show(ctx, found, came)
    return answer(200, {})


def _answer_of(found: Click | Reason) -> TaskDecision:
    approves = isinstance(found, Click) and found.approves
    return TaskDecision(
        name=found.about.task,
        plan_hash=found.about.plan_hash,
        decision="approved" if approves else "declined",
        by=f"slack:{found.user}",
        at=now(),
        reason=found.text if isinstance(found, Reason) else None,
    )


def _ask_why(ctx: IncidentContext, click: Click) -> bool:
    """Whether the dialog for a reason is open; a Decline whose dialog fails is a Decline without a reason."""
    task = task_named(ctx.incident.human_tasks, click.about.task)
    if task is None or not click.trigger_id:
        return False
    view = reason_dialog(click.about.model_dump_json(), task.sentence)
    opened = call(ctx, "views.open", {"trigger_id": click.trigger_id, "view": view}, timeout=DIALOG_SECONDS)
    if isinstance(opened, Failed):
        logger.warning("views.open failed", extra={"reason": opened.why})
    return not isinstance(opened, Failed)


def _show(ctx: IncidentContext, found: Click | Reason, came: RecordedDecision) -> None:
    if came.again:
        post_ephemeral(
            _http(), found.about.response_url, f"You {came.task.decision} this already; it was recorded once."
        )
    if not show_decision(_http(), ctx, found.about.response_url, came.task):
        logger.warning("the message could not be edited now; the workflow does it with its next update")


def _turn_away(ctx: IncidentContext, found: Click | Reason, approvers: tuple[str, ...]) -> Response:
    who = f"only {', '.join(f'<@{user}>' for user in approvers)} may" if approvers else "nobody may, in Slack,"
    ctx.record(
        "approval",
        f"slack:{found.user} tried to decide and is not among the approvers; nothing changed.",
        key=f"stranger-{found.about.task}-{found.about.plan_hash}-{found.user}"[:200],
        actor=f"slack:{found.user}",
        task=found.about.task,
    )
    text = f"Nothing changed: {who} decide this (runbook: approvals.approvers.slack). The command works as well."
    return _refuse(found, text)


def _refuse(found: Click | Reason, text: str) -> Response:
    logger.info("refused", extra={"reason": text})
    if isinstance(found, Reason):
        return answer(200, {"response_action": "errors", "errors": {REASON: text}})
    if not post_ephemeral(_http(), found.about.response_url, text):
        logger.warning("the person could not be told why")
    return answer(200, {})


@cache
def _http() -> Http:
    return Http()
