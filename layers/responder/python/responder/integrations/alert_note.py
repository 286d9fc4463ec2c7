"""A note on the incident in the pager that it came from: whoever is paged reads it there first."""

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, Outcome, Sent
from responder.domain.alert import Source
from responder.integrations.pagerduty import settings as pagerduty_settings
from responder.integrations.pagerduty.client import notify_subscribers
from responder.integrations.pagers import PAGERS
from responder.notifications.delivery import RECORD_LIFE
from responder.notifications.messages import Kind, Update
from responder.notifications.messages.plain import plain_text, reference
from responder.notifications.messages.stakeholders import stakeholder_text

NOTE_LIMIT = 20_000
# Fewer than the notes: subscribers are those who do not work on it.
_FOR_SUBSCRIBERS = (Kind.ANNOUNCED, Kind.MITIGATED, Kind.RESOLVED)


class AlertNoteChannel(Channel):
    name = "upstream"
    title = "Note on the alert"
    kinds = frozenset(Kind) - {Kind.FOLLOW_UP, Kind.PROGRESS, Kind.HEARD}

    def missing(self, ctx: IncidentContext) -> str | None:
        pager = PAGERS.get(ctx.incident.source)
        return pager.missing(ctx) if pager else "the incident was started by hand"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> Outcome:
        pager = PAGERS.get(ctx.incident.source)
        if pager is None:
            return NotSent("the incident was started by hand")
        desired = ctx.runbook.escalation[update.level].upstream == "escalate" if update.level else False
        known = pager.has_note(ctx, f"ref {reference(update)}") if repeated else False
        if known is True:
            return Sent(f"{pager.title} has the note from an earlier try{_to_subscribers(ctx, update)}")
        # Before the note, by which a repeat sees that it was done.
        uncalled = pager.escalate(ctx, update.level) if desired and update.level and not known else None
        refused = known or pager.add_note(ctx, plain_text(update, NOTE_LIMIT))
        if isinstance(refused, RequestRefused):
            return Failed(f"{pager.title}: {refused.why}", again=refused.again, pause=refused.pause)
        if desired:
            called = f"not escalated there ({uncalled.why})" if uncalled else f"escalated there to level {update.level}"
            return Sent(f"note added in {pager.title}, {called}")
        return Sent(f"note added in {pager.title}{_to_subscribers(ctx, update)}")


def _to_subscribers(ctx: IncidentContext, update: Update) -> str:
    """What came of the status update, as the end of a phrase. At most once: PagerDuty does not list them, the mark is
    set before, and the note says the same."""
    wanted = (
        ctx.runbook.vendors.of(pagerduty_settings.Settings).status_updates and ctx.incident.source is Source.PAGERDUTY
    )
    if not wanted or update.kind not in _FOR_SUBSCRIBERS:
        return ""
    if not ctx.table.acquire(f"status-update:{update.incident_id}:{update.key}", {}, RECORD_LIFE):
        return ""
    refused = notify_subscribers(ctx, stakeholder_text(update, ctx.incident))
    return f"; its subscribers were not told ({refused.why})" if refused else "; its subscribers were told"
