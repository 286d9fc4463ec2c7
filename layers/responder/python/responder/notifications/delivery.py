"""How an update reaches people once: a claim before, a record after, one retry, another way where that fails."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from responder.aws.lease import leased
from responder.aws.secrets import SecretUnreadable
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, Later, NotSent, SendResult, Sent
from responder.domain.model import Model
from responder.domain.update import Audience, Kind, Update
from responder.notifications.context import bare_context
from responder.notifications.messages.ending import notice
from responder.notifications.undelivered import remember

RECORD_LIFE = timedelta(days=90)
# Two tries with their waits stay far below a function's time limit, also when a vendor says "later".
LONGEST_PAUSE = 5.0
SENT_BEFORE = "sent before"
UNCONFIGURED = "unconfigured-"


@dataclass(frozen=True)
class Delivery:
    """The result of one update on one channel; `detail` is a phrase for the timeline."""

    channel: str
    outcome: Literal["sent", "skipped", "failed"]
    detail: str


class Sending(Model):
    """One update on one channel; `references`: the vendor's ids for it."""

    state: Literal["begun", "sent"]
    references: dict[str, str] = Field(default_factory=dict)


def publish(ctx: IncidentContext, update: Update, channels: Mapping[str, Channel]) -> list[Delivery]:
    """Sends `update` on every channel that carries its kind, in parallel; no channel's failure stops another."""
    wanted = [channel for channel in channels.values() if update.kind in channel.kinds]
    with ThreadPoolExecutor(max_workers=max(1, len(wanted))) as pool:
        # Traces and logs follow the context, which a new thread does not have by itself.
        tasks = [pool.submit(copy_context().run, deliver, ctx, channel, update) for channel in wanted]
        deliveries = [task.result() for task in tasks]
    failed = [delivery for delivery in deliveries if delivery.outcome == "failed"]
    # If the note that the work has begun fails, the announcement follows within seconds.
    if failed and update.kind not in (Kind.FAILED, Kind.OPENED):
        deliveries += _tell_elsewhere(ctx, update, failed, channels)
    return deliveries


def deliver(ctx: IncidentContext, channel: Channel, update: Update, *, is_late: bool = False) -> Delivery:
    """One update on one channel, at most once where the vendor can be asked what it has. `is_late`: it waited."""
    given = update
    if ctx.incident.is_test:
        head = update.head.model_copy(update={"what": f"TEST, nothing happened: {update.head.what}"})
        update = update.model_copy(update={"head": head, "headline": f"TEST, nothing happened: {update.headline}"})
    if Kind.PROGRESS not in channel.kinds:
        # The promise "next update by" would not be kept there.
        update = update.model_copy(update={"next_update_by": None})
    try:
        outcome = _deliver(ctx, channel, update)
    except SecretUnreadable as error:
        outcome = Failed(f"our secret cannot be used: {error}", again=False)
    # A bug in one channel must not silence the others: it becomes that channel's failure, named in the timeline.
    except Exception as error:  # noqa: BLE001
        outcome = Failed(f"unexpected {type(error).__name__}", again=False)
    remember(ctx, channel.name, given, outcome, is_late=is_late)
    return _settled(ctx, channel, update, outcome)


def _deliver(ctx: IncidentContext, channel: Channel, update: Update) -> SendResult:
    missing = channel.missing(ctx)
    if missing:
        return NotSent(missing, once=f"{UNCONFIGURED}{channel.name}")
    name = f"{update.incident_id}:{channel.name}:{update.key}"
    with leased(ctx.table, f"sending:{name}") as held:
        if not held:
            return Failed("another run is sending it just now", again=False)
        record = f"sent:{name}"
        repeated = not ctx.table.acquire(record, Sending(state="begun"), RECORD_LIFE)
        if repeated and (stored := ctx.table.get_record(record, Sending)) and stored.state == "sent":
            return Sent(SENT_BEFORE)
        outcome = _twice(ctx, channel, update, repeated=repeated)
        if isinstance(outcome, Sent):
            ctx.table.put_record(record, Sending(state="sent", references=dict(outcome.references)), RECORD_LIFE)
        return outcome


def _twice(ctx: IncidentContext, channel: Channel, update: Update, *, repeated: bool) -> SendResult:
    outcome = channel.send(ctx, update, repeated=repeated)
    # If the vendor asks for a longer pause, the update is delivered later.
    if not isinstance(outcome, Failed) or not outcome.again or outcome.pause > LONGEST_PAUSE:
        return outcome
    time.sleep(outcome.pause)
    return channel.send(ctx, update, repeated=True)


def _settled(ctx: IncidentContext, channel: Channel, update: Update, outcome: SendResult) -> Delivery:
    result: Literal["sent", "skipped", "failed"]
    kind, name = update.kind.value, f"{channel.name}-{update.key}"
    match outcome:
        case Sent(detail):
            result, key, text = "sent", f"sent-{name}", f": {detail}."
        case NotSent(detail, once):
            result, key, text = "skipped", once or f"skipped-{name}", f": nothing sent, {detail}."
        case Later(detail):
            result, key, text = "skipped", f"held-{name}", f": nothing sent yet, {detail}."
        case Failed(detail):
            result, key, text = "failed", f"failed-{name}", f" did not take the message “{kind}”: {detail}."
    data: dict[str, Any] = {"channel": channel.name, "audience": channel.audience.value, "update": kind}
    data |= {"outcome": result, "routine": _is_routine(channel, outcome, key)}
    ctx.record("message", f"{channel.title}{text}", key=key, **data)
    return Delivery(channel.name, result, detail)


def _is_routine(channel: Channel, outcome: SendResult, key: str) -> bool:
    """Whether only the API's timeline shows it. The report also shows failures, and all that the public was told."""
    if channel.audience is Audience.PUBLIC:
        return isinstance(outcome, NotSent) and key == outcome.once and not key.startswith(UNCONFIGURED)
    return not isinstance(outcome, Failed)


def _tell_elsewhere(
    ctx: IncidentContext, update: Update, failed: list[Delivery], channels: Mapping[str, Channel]
) -> list[Delivery]:
    """The first channel that works says which one did not, and what people should have read; SNS is the last."""
    broken = {delivery.channel for delivery in failed}
    names = " and ".join(channels[name].title for name in sorted(broken))
    why = "; ".join(delivery.detail for delivery in failed)
    text = f"{names} did not take our message. The reason: {why}. It said: {update.headline}"
    word = notice(bare_context(ctx), f"undelivered-{update.key}", text)
    tried: list[Delivery] = []
    for name, channel in channels.items():
        if name not in broken and Kind.FAILED in channel.kinds and channel.audience is Audience.RESPONDERS:
            tried.append(deliver(ctx, channel, word))
            if tried[-1].outcome == "sent":
                break
    return tried
