"""The message with an approval's buttons: stored, and edited when decided, requested again or outdated."""

from typing import Any

from responder.context import IncidentContext
from responder.contracts.channel import Failed
from responder.domain.human_task import HumanTask, task_named
from responder.domain.model import Model
from responder.domain.update import Kind, Update
from responder.integrations.slack.blocks import message, outdated
from responder.integrations.slack.client import Said, call
from responder.notifications.context import bare_context
from responder.notifications.messages.settling import settled

_QUESTIONS = (Kind.TASK, Kind.TASK_REMINDER)


class ButtonMessage(Model):
    channel: str
    ts: str
    plan_hash: str
    headline: str


def keep_buttons_in_one_place(ctx: IncidentContext, update: Update, posted: dict[str, str]) -> None:
    """Call after posting a request: stores this message and removes the earlier one's buttons."""
    if update.question is None or update.kind not in _QUESTIONS:
        return
    before = ctx.table.get_record(_mark(ctx, update.question.task), ButtonMessage)
    if before and before.ts != posted["ts"]:
        is_same = before.plan_hash == update.question.plan_hash
        why = "Asked again below." if is_same else "The plan has changed: the newer message below counts."
        _edit(ctx, before, outdated(before.headline, why))
    body = ButtonMessage(**posted, plan_hash=update.question.plan_hash, headline=update.headline)
    ctx.table.put_record(_mark(ctx, update.question.task), body)


def settle(ctx: IncidentContext, name: str, plan_hash: str) -> Said | Failed | None:
    """Shows in the message of this request who decided and when; None if there is no such message.

    The record stays, so a repeated step makes the same edit.
    """
    posted = ctx.table.get_record(_mark(ctx, name), ButtonMessage)
    if posted is None or posted.plan_hash != plan_hash:
        return None
    task = task_named(ctx.incident.human_tasks, name)
    return _edit(ctx, posted, decided_message(ctx, task)) if task else None


def settle_leftovers(ctx: IncidentContext, update: Update) -> None:
    """The incident is over: withdraws open requests and removes their buttons."""
    if update.kind is not Kind.RESOLVED:
        return
    for task in ctx.incident.human_tasks:
        if task.decision and not task.outcome_told_at:
            settle(ctx, task.name, task.plan_hash)


def decided_message(ctx: IncidentContext, task: HumanTask) -> dict[str, Any]:
    """Replaces the question by the plan, who decided and when. The result is a separate message."""
    return message(settled(bare_context(ctx), task).model_copy(update={"doing": ()}))


def _edit(ctx: IncidentContext, place: ButtonMessage, content: dict[str, Any]) -> Said | Failed:
    return call(ctx, "chat.update", {"channel": place.channel, "ts": place.ts} | content)


def _mark(ctx: IncidentContext, task: str) -> str:
    return f"asked:{ctx.incident.id}:{task}"
