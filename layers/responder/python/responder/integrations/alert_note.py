"""A note on the incident in the pager that raised it: people who are paged read it there first."""

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, SendResult, Sent
from responder.contracts.pager import Pager
from responder.domain.model import Model
from responder.domain.update import Kind, Update
from responder.integrations.pagers import NO_PAGER, PAGERS
from responder.notifications.delivery import RECORD_LIFE
from responder.notifications.messages.plain import plain_text, reference
from responder.notifications.messages.public_notice import stakeholder_text

NOTE_LIMIT = 20_000
# Fewer updates than notes: subscribers do not work on the incident.
_FOR_SUBSCRIBERS = (Kind.ANNOUNCED, Kind.MITIGATED, Kind.RESOLVED)


class AlertNoteChannel(Channel):
    name = "upstream"
    title = "Note on the alert"
    kinds = frozenset(Kind) - {Kind.FOLLOW_UP, Kind.PROGRESS, Kind.UPSTREAM_ACTIVITY}

    def missing(self, ctx: IncidentContext) -> str | None:
        pager = PAGERS.get(ctx.incident.source)
        return pager.missing(ctx) if pager else NO_PAGER

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        pager = PAGERS.get(ctx.incident.source)
        if pager is None:
            return NotSent(NO_PAGER)
        desired = ctx.runbook.escalation[update.level].upstream == "escalate" if update.level else False
        known = pager.has_note(ctx, f"ref {reference(update)}") if repeated else False
        if known is True:
            return Sent(f"{pager.title} has the note from an earlier try{_to_subscribers(ctx, pager, update)}")
        # Sent before the note: a repeat that finds the note then knows that both were done.
        uncalled = pager.escalate(ctx, update.level) if desired and update.level and not known else None
        refused = known or pager.add_note(ctx, plain_text(update, NOTE_LIMIT))
        if isinstance(refused, RequestRefused):
            return Failed(f"{pager.title}: {refused.why}", again=refused.again, pause=refused.pause)
        if desired:
            called = f"not escalated there ({uncalled.why})" if uncalled else f"escalated there to level {update.level}"
            return Sent(f"note added in {pager.title}, {called}")
        return Sent(f"note added in {pager.title}{_to_subscribers(ctx, pager, update)}")


def _to_subscribers(ctx: IncidentContext, pager: Pager, update: Update) -> str:
    """Sends the status update at most once: the pager cannot list them, so our record comes first. → The result."""
    if update.kind not in _FOR_SUBSCRIBERS or not pager.has_subscribers(ctx):
        return ""
    if not ctx.table.acquire(f"status-update:{update.incident_id}:{update.key}", Model(), RECORD_LIFE):
        return ""
    refused = pager.notify_subscribers(ctx, stakeholder_text(update, ctx.incident))
    return f"; its subscribers were not told ({refused.why})" if refused else "; its subscribers were told"
