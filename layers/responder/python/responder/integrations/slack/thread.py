"""An incident's Slack thread: the same from its first message to its last reminder.

Concurrent incidents share a thread. Two records: the integration's names the thread for new incidents, the incident's
names its own, which stays valid when a later outage opens another thread.
"""

from responder.context import IncidentContext
from responder.domain.incident import Incident
from responder.domain.model import Model
from responder.notifications.concurrent_incidents import is_over, others_open


class Thread(Model):
    """`incident_id`: the parent message's incident, an open one if possible. `over`: all incidents have ended."""

    channel: str
    ts: str
    incident_id: str
    over: bool = False

    @property
    def place(self) -> dict[str, str]:
        return {"channel": self.channel, "ts": self.ts}


def thread_for(ctx: IncidentContext) -> Thread | None:
    """The thread for the incident's next message; None if that message opens one.

    After the end (hand-over, report, reminder) and after a reopening it is still the incident's own thread. If another
    outage began meanwhile, a reopened incident is part of that one.
    """
    own, concurrent = _own(ctx, ctx.incident.id), _standing(ctx)
    if own and concurrent and own.ts == concurrent.ts:
        return concurrent
    if own and is_over(ctx):
        return own
    if concurrent and not concurrent.over and _is_its_outage(ctx, concurrent):
        return concurrent
    return own.model_copy(update={"over": True}) if own else None


def _is_its_outage(ctx: IncidentContext, concurrent: Thread) -> bool:
    """Whether both were open at the same time: a late report of an end must not join the next outage's thread."""
    incident, owner = ctx.table.get(ctx.incident.id).incident, _find(ctx, concurrent.incident_id)
    return owner is not None and _had_begun(owner, incident) and _had_begun(incident, owner)


def _had_begun(one: Incident, other: Incident) -> bool:
    return other.resolved_at is None or one.started_at <= other.resolved_at


def opened(ctx: IncidentContext, thread: Thread) -> None:
    """Call after the first message. An ended incident does not share its thread."""
    ctx.table.put_record(f"{ctx.incident.id}:thread", thread)
    if not is_over(ctx):
        ctx.table.put_record(_mark(ctx), thread)


def joined(ctx: IncidentContext, thread: Thread) -> Thread:
    """Call after a post; a reopened incident opens the thread again. Returns its current state."""
    own = _own(ctx, ctx.incident.id)
    if own is None or own.ts != thread.ts:
        ctx.table.put_record(f"{ctx.incident.id}:thread", thread)
    if not thread.over or is_over(ctx):
        return thread
    again = thread.model_copy(update={"over": False, "incident_id": ctx.incident.id})
    ctx.table.put_record(_mark(ctx), again)
    return again


def may_have_head(ctx: IncidentContext, thread: Thread) -> bool:
    """The parent shows its own incident, and the next one only after that ended."""
    if thread.incident_id == ctx.incident.id:
        return True
    owner = _find(ctx, thread.incident_id)
    return owner is None or not owner.status.is_open


def successor(ctx: IncidentContext, thread: Thread) -> str | None:
    """Another open incident in the thread, which continues it."""
    if not may_have_head(ctx, thread):
        return thread.incident_id
    owns = ((other.id, _own(ctx, other.id)) for other in others_open(ctx))
    return next((incident_id for incident_id, own in owns if own and own.ts == thread.ts), None)


def has_head(ctx: IncidentContext, thread: Thread, incident_id: str) -> None:
    """Makes the parent message show that incident."""
    if thread.incident_id != incident_id:
        _replace_standing(ctx, thread, thread.model_copy(update={"incident_id": incident_id}))


def ended(ctx: IncidentContext, thread: Thread) -> None:
    """Call after the parent shows the end. Another open incident without messages can still join."""
    changes = {"incident_id": ctx.incident.id, "over": not others_open(ctx)}
    _replace_standing(ctx, thread, thread.model_copy(update=changes))


def forget_thread(ctx: IncidentContext, thread: Thread) -> None:
    ctx.table.delete_record(f"{ctx.incident.id}:thread")
    concurrent = _standing(ctx)
    if concurrent and concurrent.ts == thread.ts:
        ctx.table.delete_record(_mark(ctx))


def _replace_standing(ctx: IncidentContext, thread: Thread, new: Thread) -> None:
    concurrent = _standing(ctx)
    if concurrent and concurrent.ts == thread.ts:
        ctx.table.put_record(_mark(ctx), new)


def _own(ctx: IncidentContext, incident_id: str) -> Thread | None:
    return ctx.table.get_record(f"{incident_id}:thread", Thread)


def _standing(ctx: IncidentContext) -> Thread | None:
    return ctx.table.get_record(_mark(ctx), Thread)


def _find(ctx: IncidentContext, incident_id: str) -> Incident | None:
    stored = ctx.table.find(incident_id)
    return stored.incident if stored else None


def _mark(ctx: IncidentContext) -> str:
    return f"{ctx.runbook.integration}:thread"
