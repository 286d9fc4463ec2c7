"""Handles a click in Slack: the decision is recorded once and shown to all; a refusal is shown to that person only."""

from collections.abc import Iterable

from aws_lambda_powertools import Logger

from responder.approvals.decide import RecordedDecision, record_decision, would_count
from responder.aws.lambda_functions import invoke_later
from responder.aws.parameters import runbook_in_force
from responder.config.actions import Approvals
from responder.context import IncidentContext, open_context
from responder.contracts.channel import Failed
from responder.domain.clock import now
from responder.domain.human_task import TaskDecision, TaskNotOpen, task_named
from responder.domain.platform_refused import PlatformRefused
from responder.integrations.slack.buttons import REASON, reason_dialog
from responder.integrations.slack.client import call
from responder.integrations.slack.ephemeral import post_ephemeral, show_decision
from responder.integrations.slack.interaction import AlertPress, Click, Interaction, Origin, Reason
from responder.integrations.slack.settings import Settings
from responder.webhooks.api_gateway import ProxyResponse, answer

logger = Logger()


# Slack waits 3 s in all; the reads and writes before this call need the rest.
DIALOG_SECONDS = 1.2


def decide(found: Interaction, function: str) -> ProxyResponse:
    """`function`: the name of this function. It invokes itself for work that takes longer than Slack waits."""
    try:
        ctx = open_context({"incident_id": found.about.incident_id})
    except LookupError:
        return _refuse(found, "Nothing changed: this stack knows no such incident.")
    runbook = runbook_in_force(ctx.settings.runbook_parameter).runbook
    ours, approvals = runbook.vendors.of(Settings), runbook.approvals
    if found.origin != Origin(app=ours.app_id or "", team=ours.team_id or "") and approvals.may_answer_alert:
        return _refuse(found, "Nothing changed: this came from another Slack app or workspace than the runbook names.")
    if isinstance(found, AlertPress):
        return _pass_on(ctx, found, approvals, function)
    approvers = approvals.approvers.slack
    if found.user not in approvers:
        return _turn_away(ctx, found, approvers)
    given = _answer_of(found)
    if isinstance(found, Click) and not found.approves and would_count(ctx.incident, given):
        if _ask_why(ctx, found):
            return answer(200, {})
        logger.warning("the dialog could not be opened: declined without a reason")
    try:
        came = record_decision(ctx.table, ctx.incident.id, given)
    except TaskNotOpen as error:
        return _refuse(found, f"Nothing changed: {error}.")
    logger.info("recorded", extra={"decision": given.decision, "by": given.by, "again": came.again})
    _show(ctx, found, came)
    return answer(200, {})


def _pass_on(ctx: IncidentContext, press: AlertPress, approvals: Approvals, function: str) -> ProxyResponse:
    """Passes the press on to another invocation (press.py), which Lambda repeats if it fails."""
    if press.user not in approvals.may_answer_alert:
        text = f"slack:{press.user} tried to {press.what} and may not; nothing changed."
        ctx.record("approval", text, key=f"stranger-{press.what}-{press.user}", actor=f"slack:{press.user}")
        names = ", ".join(f"<@{user}>" for user in approvals.may_answer_alert) or "nobody"
        why = f"Nothing changed: in Slack, {names} may do this (runbook: approvals.pager_users)."
        return _refuse(press, why, approvals.may_answer_alert)
    try:
        invoke_later(function, {"press": press.dump()})
    except PlatformRefused as error:
        logger.error("the press could not be passed on", extra={"error": str(error)})
        return _refuse(press, f"Nothing changed: we could not keep this. Press again, or {press.what} it in the pager.")
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
        post_ephemeral(found.about.response_url, f"You {came.task.decision} this already; it was recorded once.")
    if not show_decision(ctx, found.about.response_url, came.task):
        logger.warning("the message could not be edited now; the workflow does it with its next update")


def _turn_away(ctx: IncidentContext, found: Click | Reason, approvers: tuple[str, ...]) -> ProxyResponse:
    who = f"only {', '.join(f'<@{user}>' for user in approvers)} may" if approvers else "nobody may, in Slack,"
    ctx.record(
        "approval",
        f"slack:{found.user} tried to decide and is not among the approvers; nothing changed.",
        key=f"stranger-{found.about.task}-{found.about.plan_hash}-{found.user}"[:200],
        actor=f"slack:{found.user}",
        task=found.about.task,
    )
    text = f"Nothing changed: {who} decide this (runbook: approvals.approvers.slack). The command works as well."
    return _refuse(found, text, approvers)


def _refuse(found: Interaction, text: str, people: Iterable[str] = ()) -> ProxyResponse:
    logger.info("refused", extra={"reason": text})
    if isinstance(found, Reason):
        return answer(200, {"response_action": "errors", "errors": {REASON: text}})
    if not post_ephemeral(found.about.response_url, text, people):
        logger.warning("the person could not be told why")
    return answer(200, {})
