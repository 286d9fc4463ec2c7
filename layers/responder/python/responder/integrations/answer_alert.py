"""A person acknowledges or resolves the alert from a chat: the acknowledgement counts here, and the pager is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from responder.aws.secrets import SecretUnreadable
from responder.aws.step_functions import wake
from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.pager import Answer, Pager
from responder.domain.alert import Person
from responder.domain.clock import now
from responder.domain.incident import Incident, LatestValue
from responder.domain.model import Model
from responder.domain.update import AlertButton, clock_time
from responder.domain.upstream_activity import UpstreamActivity, together
from responder.integrations.pagers import NO_PAGER, PAGERS
from responder.notifications.delivery import RECORD_LIFE

_STATUS: Mapping[AlertButton, Answer] = {"acknowledge": "acknowledged", "resolve": "resolved"}
_DONE = {"acknowledge": "Acknowledged", "resolve": "Resolved"}


@dataclass(frozen=True)
class ChatUser:
    """`id`: chat and user, such as `slack:U0123`. `shown`: the name in the chat. `email`: the address in the pager."""

    id: str
    name: str
    shown: str
    email: str | None


@dataclass(frozen=True)
class Answered:
    """`done`: the buttons that are no longer needed; everybody sees `text`. If empty, it failed: one person sees it."""

    text: str
    done: tuple[AlertButton, ...] = ()


def answer_alert(ctx: IncidentContext, what: AlertButton, person: ChatUser) -> Answered:
    """Writes our record first: a person who acknowledged is not called again, even if the pager cannot be reached.

    Harmless when repeated.
    """
    pager = PAGERS.get(ctx.incident.source)
    try:
        missing = pager.missing(ctx) if pager else NO_PAGER
    except SecretUnreadable as error:
        missing = f"the vendors' credentials cannot be read: {error}"
    if pager is None or missing:
        return Answered(f"Nothing changed: {missing}.")
    if what == "acknowledge":
        _acknowledge_here(ctx, person)
    answered = _at_the_pager(ctx, pager, what, person)
    if ctx.incident.status.is_open:
        wake(ctx.table, ctx.incident.id)
    return answered


def _acknowledge_here(ctx: IncidentContext, person: ChatUser) -> None:
    by = Person(id=person.id, name=person.name, is_human=True)
    value = LatestValue(at=now(), value=True, by=by)

    def acknowledged(present: Incident) -> Incident:
        return present if present.acknowledged_at else present.model_copy(update={"acknowledgement": value})

    stored = ctx.table.edit(ctx.incident.id, acknowledged).acknowledgement
    if stored and stored.by == by:
        key = f"answered-{person.id}-{int(stored.at.timestamp())}"
        ctx.record("alert_acknowledged", f"Acknowledged by {person.name}.", key=key, at=stored.at, actor=person.id)


def _at_the_pager(ctx: IncidentContext, pager: Pager, what: AlertButton, person: ChatUser) -> Answered:
    """Reads the alert's state first: acknowledging a resolved alert would open it again."""
    state = pager.state(ctx)
    if not isinstance(state, RequestRefused) and state.status == "resolved":
        return Answered(f"The alert is resolved in {pager.title} already.", ("acknowledge", "resolve"))
    by = person.email
    came = state if isinstance(state, RequestRefused) else pager.set_status(ctx, _STATUS[what], by)
    if isinstance(came, RequestRefused) and by and not came.again:
        # The pager may not know the address: then our own user does it, and a note says for whom.
        by, came = None, pager.set_status(ctx, _STATUS[what])
    if isinstance(came, RequestRefused):
        return Answered(_not_taken(pager, what, came))
    note = None if by and came == "done" else _note(ctx, pager, what, person)
    if what == "acknowledge" and not (by and came == "done" and pager.names_people):
        _tell_thread(ctx, person)
    said = f"{_DONE[what]} in {pager.title} by {person.shown}, {clock_time(now())}."
    unnamed = f" {pager.title} shows our own user, because it did not take the name ({note.why})." if note else ""
    return Answered(said + unnamed, ("acknowledge",) if what == "acknowledge" else ("acknowledge", "resolve"))


def _not_taken(pager: Pager, what: AlertButton, refused: RequestRefused) -> str:
    counts = "We call nobody else: you have it. But " if what == "acknowledge" else ""
    return f"{counts}{pager.title} did not take it ({refused.why}): it may still ring. Press again, or do it there."


def _note(ctx: IncidentContext, pager: Pager, what: AlertButton, person: ChatUser) -> RequestRefused | None:
    """Says once who it was, because the pager shows our own user. The last line of the note marks it as ours."""
    reference = f"{ctx.incident.id}/{what}-{person.id}"
    if ctx.table.has_record(f"answered:{reference}"):
        return None
    refused = pager.add_note(ctx, f"{_DONE[what]} by {person.name} ({person.id}).\n\nref {reference}")
    if not refused:
        ctx.table.put_record(f"answered:{reference}", Model(), RECORD_LIFE)
    return refused


def _tell_thread(ctx: IncidentContext, person: ChatUser) -> None:
    """Tells the thread who it was: the pager's webhook names no person."""
    said = UpstreamActivity(
        at=now(), key=f"answered-{person.id}", text=f"{person.name} has acknowledged: nobody else is called."
    )

    def with_said(present: Incident) -> Incident:
        known = together(present.pending_upstream_activity, said)
        return present.model_copy(update={"pending_upstream_activity": known}) if present.status.is_open else present

    ctx.table.edit(ctx.incident.id, with_said)
