"""One Slack thread per integration; the parent message shows the current state, the replies what happened."""

from datetime import timedelta
from typing import Any

from responder.aws.lease import leased
from responder.clients.responses import listed, mapping
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, SendResult, Sent
from responder.domain.human_task import task_named
from responder.domain.incident import IncidentStatus
from responder.domain.model import Model
from responder.domain.update import Kind, Update
from responder.integrations.pagers import PAGERS
from responder.integrations.slack import incoming_webhook as webhook
from responder.integrations.slack.approval_message import keep_buttons_in_one_place, settle, settle_leftovers
from responder.integrations.slack.blocks import NO_PREVIEW, head_message, message
from responder.integrations.slack.client import Said, call
from responder.integrations.slack.settings import Settings
from responder.integrations.slack.thread import (
    Thread,
    ended,
    forget_thread,
    has_head,
    joined,
    may_have_head,
    opened,
    successor,
    thread_for,
)
from responder.notifications.concurrent_incidents import TOO_LATE, is_over, is_too_late
from responder.notifications.messages.parts import beside_another

EVENT_TYPE = "twinmind_incident_update"
_HEAD_IS_GONE = ("message_not_found", "thread_not_found", "cant_update_message", "channel_not_found")
# Within a minute of a message the promised update only edits the parent. What belongs to the incident's story stays as
# a reply: diagnosis, questions, outcome, recovery, end.
_CAN_WAIT = (Kind.PROGRESS,)
_PAUSE = timedelta(minutes=1)
_LOUD = (Kind.ESCALATION, Kind.HANDOVER, Kind.FAILED, Kind.TASK, Kind.TASK_REMINDER)


class SlackChannel(Channel):
    name = "slack"
    title = "Slack"
    kinds = frozenset(Kind) - {Kind.OPENED}

    def missing(self, ctx: IncidentContext) -> str | None:
        if webhook.is_the_way(ctx):
            return None
        if not ctx.runbook.vendors.of(Settings).channel:
            return "Slack has no channel (vendors.slack.channel)"
        return None if ctx.credentials.of("slack") else "Slack has no bot token (vendor credentials, slack)"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        if webhook.is_the_way(ctx):
            return webhook.post(ctx, update)
        with leased(ctx.table, f"sending:{ctx.runbook.integration}:thread") as held:
            if not held:
                return Failed("the thread is being written by another run", again=False)
            if is_too_late(ctx, update):
                return NotSent(TOO_LATE)
            thread = thread_for(ctx)
            if thread is None:
                return _head(ctx, update, repeated=repeated)
            outcome = _into_head(ctx, update, thread) or _reply(ctx, update, thread, repeated=repeated)
            if isinstance(outcome, Failed) and outcome.why in _HEAD_IS_GONE:
                forget_thread(ctx, thread)
                return _head(ctx, update, repeated=repeated)
            return outcome


def _head(ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
    """Opens the thread: the parent shows the present state and is edited often; the first update is its first reply."""
    channel = str(ctx.runbook.vendors.of(Settings).channel)
    found = _find(ctx, update, {"channel": channel}) if repeated else None
    said = found or call(ctx, "chat.postMessage", {"channel": channel} | _head_content(update))
    if isinstance(said, Failed):
        return said
    thread = Thread(
        channel=str(said.body.get("channel") or channel), ts=str(said.body["ts"]), incident_id=update.incident_id
    )
    opened(ctx, thread)
    replied = _reply(ctx, update, thread, repeated=repeated, first=True)
    return Sent("thread opened", thread.place) if isinstance(replied, Sent) else replied


def _into_head(ctx: IncidentContext, update: Update, thread: Thread) -> SendResult | None:
    """Within a minute of this incident's last message, a less urgent update only edits the parent."""
    can_wait = update.kind in _CAN_WAIT and not (update.mention or update.question or thread.over)
    if not can_wait or not may_have_head(ctx, thread) or not ctx.table.has_record(_said(ctx)):
        return None
    edited = _edit_head(ctx, update, thread)
    return (
        edited if isinstance(edited, Failed) else Sent("only in the thread's head, less than a minute after a message")
    )


def _reply(ctx: IncidentContext, update: Update, thread: Thread, *, repeated: bool, first: bool = False) -> SendResult:
    place = {"channel": thread.channel, "thread_ts": thread.ts}
    found = _find(ctx, update, thread.place) if repeated else None
    # Nobody watches an old thread: a reopening is sent to the channel too.
    is_reopening = thread.over and not is_over(ctx)
    loud = {"reply_broadcast": True} if update.kind in _LOUD or is_reopening else {}
    shown = update if thread.incident_id == ctx.incident.id else beside_another(update, ctx.incident.title)
    settled = None
    if shown.kind is Kind.TASK_SETTLED:
        settled = settle(ctx, update.question.task, update.question.plan_hash) if update.question else None
        if isinstance(settled, Said) and _says_it_all(ctx, update):
            if not _people_have_it(ctx):
                _edit_head(ctx, update, thread)
            return Sent("in the question's own message", place)
        # The plan stays above, in the question's own message.
        shown = shown.model_copy(update={"question": None})
    said = found or call(ctx, "chat.postMessage", place | loud | _content(_with_buttons(ctx, shown), buttons=True))
    if isinstance(said, Failed):
        return said
    posted = {"channel": thread.channel, "ts": str(said.body["ts"])}
    thread = joined(ctx, thread)
    ctx.table.put_record(_said(ctx), Model(), _PAUSE)
    keep_buttons_in_one_place(ctx, update, posted)
    settle_leftovers(ctx, update)
    edited = None if first else _edit_head(ctx, update, thread)
    if isinstance(edited, Failed):
        return Sent(f"reply in the thread; its head could not be edited ({edited.why})", place)
    if isinstance(settled, Failed):
        return Sent(f"reply in the thread; the question above it could not be edited ({settled.why})", place)
    return Sent("reply in the thread", place | posted)


def _says_it_all(ctx: IncidentContext, update: Update) -> bool:
    """Whether the question's message shows everything: then a reply would only repeat it."""
    task = task_named(ctx.incident.human_tasks, update.task or "")
    return task is not None and (task.decision in ("declined", "withdrawn") or (task.acted_on and _people_have_it(ctx)))


def _people_have_it(ctx: IncidentContext) -> bool:
    """Then the hand-over has said what was done, and the parent shows what is needed."""
    return ctx.incident.status is IncidentStatus.HANDED_OVER


def _edit_head(ctx: IncidentContext, update: Update, thread: Thread) -> Said | Failed | None:
    """The last update ends the thread; later ones do not edit the parent."""
    if update.kind in (Kind.FAILED, Kind.REPORT, Kind.FOLLOW_UP):
        return None
    if update.kind is Kind.RESOLVED:
        return _end(ctx, update, thread)
    if is_over(ctx) or not may_have_head(ctx, thread):
        return None
    edited = call(ctx, "chat.update", thread.place | _head_content(update))
    has_head(ctx, thread, ctx.incident.id)
    return edited


def _end(ctx: IncidentContext, update: Update, thread: Thread) -> Said | Failed | None:
    if other := successor(ctx, thread):
        has_head(ctx, thread, other)
        return None
    edited = call(ctx, "chat.update", thread.place | _head_content(update))
    ended(ctx, thread)
    return edited


def _find(ctx: IncidentContext, update: Update, place: dict[str, str]) -> Said | Failed | None:
    """Finds an earlier attempt by its metadata. Needs `channels:history`; without it we post again.

    Failed if Slack cannot be asked now: posting could create a duplicate.
    """
    method = "conversations.replies" if "ts" in place else "conversations.history"
    oldest = f"{ctx.incident.started_at.timestamp():.6f}"
    said = call(ctx, method, place | {"include_all_metadata": "true", "limit": "200", "oldest": oldest}, reads=True)
    if isinstance(said, Failed):
        return said if said.again else None
    wanted = _metadata(update)["event_payload"]
    for one in listed(said.body.get("messages")):
        if one.get("ts") == place.get("ts"):
            continue  # the parent, which is listed among the replies
        if mapping(mapping(one.get("metadata")).get("event_payload")) == wanted:
            return Said(one | {"channel": place["channel"]})
    return None


def _with_buttons(ctx: IncidentContext, update: Update) -> Update:
    """Keeps Acknowledge and Resolve only if they can work: somebody may press them, and the pager takes our calls."""
    pager = PAGERS.get(ctx.incident.source)
    can = ctx.runbook.approvals.may_answer_alert and pager and not pager.missing(ctx)
    return update if can else update.model_copy(update={"alert_buttons": ()})


def _content(update: Update, *, buttons: bool = False) -> dict[str, Any]:
    return message(update, buttons=buttons) | {"metadata": _metadata(update)} | NO_PREVIEW


def _head_content(update: Update) -> dict[str, Any]:
    return head_message(update) | {"metadata": _metadata(update)} | NO_PREVIEW


def _metadata(update: Update) -> dict[str, Any]:
    return {
        "event_type": EVENT_TYPE,
        "event_payload": {"incident_id": update.incident_id, "update_key": update.key},
    }


def _said(ctx: IncidentContext) -> str:
    return f"{ctx.incident.id}:said-in-slack"
