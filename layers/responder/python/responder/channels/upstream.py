"""A note on the incident in the pager that it came from: whoever is paged reads it there first."""

from responder.adapters.desk import Desk
from responder.messages import Kind, Update
from responder.messages.plain import plain_text, reference
from responder.pagers import PAGERS
from responder.telling.answers import Refused
from responder.telling.delivery import Failed, NotSent, Outcome, Sent

NOTE_LIMIT = 20_000


class Upstream:
    name = "upstream"
    title = "Note on the alert"
    kinds = frozenset(Kind) - {Kind.FOLLOW_UP, Kind.PROGRESS, Kind.HEARD}

    def missing(self, desk: Desk) -> str | None:
        pager = PAGERS.get(desk.incident.source)
        return pager.missing(desk) if pager else "the incident was started by hand"

    def send(self, desk: Desk, update: Update, *, repeated: bool) -> Outcome:
        pager = PAGERS.get(desk.incident.source)
        if pager is None:
            return NotSent("the incident was started by hand")
        wants = desk.runbook.escalation[update.level].upstream == "escalate" if update.level else False
        known = pager.has_note(desk, f"ref {reference(update)}") if repeated else False
        if known is True:
            return Sent(f"{pager.title} has the note from an earlier try")
        # Before the note, by which a repeat sees that it was done.
        uncalled = pager.escalate(desk, update.level) if wants and update.level and not known else None
        refused = known or pager.add_note(desk, plain_text(update, NOTE_LIMIT))
        if isinstance(refused, Refused):
            return Failed(f"{pager.title}: {refused.why}", again=refused.again, pause=refused.pause)
        if wants:
            called = f"not escalated there ({uncalled.why})" if uncalled else f"escalated there to level {update.level}"
            return Sent(f"note added in {pager.title}, {called}")
        return Sent(f"note added in {pager.title}")
