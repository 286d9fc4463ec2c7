"""The public notice on our own status page: one for the integration, however many incidents are open (S-21, S-105)."""

from typing import Any

from responder.adapters.desk import Desk
from responder.messages import Kind, Update
from responder.messages.public import PublicNotice, public_notice
from responder.redact import redact
from responder.telling.answers import Refused, listed, mapping
from responder.telling.delivery import Failed, NotSent, Outcome, Sent
from responder.telling.lease import leased
from responder.telling.modes import modes_now
from responder.telling.standing import others_open
from responder.telling.statuspage_page import Page, realtime
from responder.words import Cause, IncidentStatus, Mode, Severity

_GUESSES = (None, Cause.UNKNOWN, Cause.NO_FAULT)
_METADATA = "twinmind_responder"


class Statuspage:
    name = "statuspage"
    title = "Public notice"
    kinds = frozenset({Kind.ANNOUNCED, Kind.PROGRESS, Kind.MITIGATED, Kind.RESOLVED})

    def missing(self, desk: Desk) -> str | None:
        if not desk.runbook.vendors.statuspage.page_id:
            return "no status page of ours is configured (vendors.statuspage.page_id)"
        return None if desk.credentials.of("statuspage") else "Statuspage has no API key (vendor credentials)"

    def send(self, desk: Desk, update: Update, *, repeated: bool) -> Outcome:
        with leased(desk.table, f"sending:{_mark(desk)}") as held:
            if not held:
                return Failed("the public notice is being written by another run", again=False)
            work = _Work(desk, update, Page(desk))
            if update.kind is Kind.RESOLVED:
                return work.resolve()
            known = desk.table.mark(_mark(desk))
            return work.change(known, repeated=repeated) if known else work.create()


class _Work:
    """One update's work on the notice, while nobody else writes it."""

    def __init__(self, desk: Desk, update: Update, page: Page) -> None:
        self.desk, self.page = desk, page
        self.kind, self.incident_id = update.kind, update.incident_id
        self.notice = public_notice(update, desk.incident.scenario)

    def create(self) -> Outcome:
        """Looks among the unresolved entries first: Statuspage has no idempotency key, and a double is public."""
        why = _not_public(self.desk)
        if why or self.kind is Kind.MITIGATED:
            return NotSent(why or "no public notice is open", once=f"public-{why}" if why else None)
        unresolved = self.page.unresolved()
        if isinstance(unresolved, Refused):
            return _failed(unresolved)
        ours = _ours(self.desk, unresolved)
        if ours:
            return self._joined(str(ours["id"]), [])
        theirs = _of_people(self.desk, unresolved)
        if theirs:
            name = redact(str(theirs.get("name"))[:1000])[:100]
            return NotSent(f"people have an entry open there ({name}), which stays theirs")
        created = self.page.create(self._fields() | {"name": self.notice.name, "metadata": self._metadata()})
        if isinstance(created, Refused):
            return _failed(created)
        self._keep(str(created["id"]), [self.incident_id])
        return Sent(f"posted “{self.notice.name}”", {"id": str(created["id"])})

    def change(self, known: dict[str, Any], *, repeated: bool) -> Outcome:
        ids = [str(one) for one in known["incident_ids"]]
        if self.incident_id not in ids:
            why = _not_public(self.desk)
            return NotSent(why, once=f"public-{why}") if why else self._joined(str(known["id"]), ids)
        if self.kind is Kind.MITIGATED and self._others_suffer(ids):
            return NotSent("another incident behind the notice has not recovered")
        mode = modes_now(self.desk)["public_notice"]
        if mode is not Mode.AUTO:
            return NotSent(f"the mode of public_notice is {mode.value}")
        return self._patch(str(known["id"]), look_first=repeated)

    def resolve(self) -> Outcome:
        """When the last incident closes. What people resolved or removed meanwhile is left as they want it."""
        if self.desk.incident.checks_agree is False:
            return NotSent("our checks still fail, so the public is not told that it is over")
        known = self.desk.table.mark(_mark(self.desk))
        if known is None and _not_public(self.desk):
            return NotSent("no public notice is open")
        others = others_open(self.desk)
        if others:
            return NotSent(f"it stays while {', '.join(incident.id for incident in others[:3])} is open")
        unresolved = self.page.unresolved()
        if isinstance(unresolved, Refused):
            return _failed(unresolved)
        ours = _ours(self.desk, unresolved)
        if ours is None:
            self.desk.table.drop_mark(_mark(self.desk))
            return NotSent("no public notice of ours is open there any more")
        mode = modes_now(self.desk)["public_notice"]
        if mode is not Mode.AUTO:
            return Failed(f"the mode of public_notice is {mode.value}; resolve the notice by hand", again=False)
        outcome = self._patch(str(ours["id"]), look_first=False)
        if isinstance(outcome, Sent):
            self.desk.table.drop_mark(_mark(self.desk))
        return outcome

    def _patch(self, notice_id: str, *, look_first: bool) -> Outcome:
        if look_first:
            said = self._said(notice_id)
            if said is not None:
                return said
        changed = self.page.change(notice_id, self._fields())
        if isinstance(changed, Refused) and changed.why == "HTTP 404":
            self.desk.table.drop_mark(_mark(self.desk))
            return NotSent("people removed the notice")
        if isinstance(changed, Refused):
            return _failed(changed)
        return Sent(f"set to {self.notice.status}", {"id": notice_id})

    def _said(self, notice_id: str) -> Outcome | None:
        """Whether an earlier try, whose answer was lost, did it: a second PATCH would say it twice in public."""
        unresolved = self.page.unresolved()
        if isinstance(unresolved, Refused):
            return _failed(unresolved)
        there = next((one for one in unresolved if one.get("id") == notice_id), {})
        bodies = [update.get("body") for update in listed(there.get("incident_updates"))]
        return Sent("the page has it from an earlier try") if self.notice.body in bodies else None

    def _joined(self, notice_id: str, ids: list[str]) -> Outcome:
        self._keep(notice_id, [*ids, self.incident_id])
        return Sent("joined the notice that is open", {"id": notice_id})

    def _keep(self, notice_id: str, ids: list[str]) -> None:
        self.desk.table.set_mark(_mark(self.desk), {"id": notice_id, "incident_ids": ids})

    def _others_suffer(self, ids: list[str]) -> bool:
        found = [self.desk.table.find(one) for one in ids if one != self.incident_id]
        calm = (IncidentStatus.MITIGATED, IncidentStatus.RESOLVED)
        return any(kept is not None and kept.incident.status not in calm for kept in found)

    def _fields(self) -> dict[str, Any]:
        """A map of components sets their status; resolving alone would leave them as they are (facts 4.2)."""
        notice: PublicNotice = self.notice
        components = dict.fromkeys(self.desk.runbook.vendors.statuspage.component_ids, notice.component_status)
        fields: dict[str, Any] = {"status": notice.status, "body": notice.body, "impact_override": notice.impact}
        return fields | ({"components": components, "component_ids": list(components)} if components else {})

    def _metadata(self) -> dict[str, dict[str, str]]:
        return {_METADATA: {"integration": self.desk.runbook.integration, "incident_id": self.incident_id}}


def _not_public(desk: Desk) -> str | None:
    """Why the public is not told: only what is bad, seen by users, understood, and allowed (design rule 4)."""
    incident = desk.incident
    if incident.severity not in (Severity.P1, Severity.P2):
        return f"{incident.severity.value if incident.severity else 'an unclassified incident'} is not for the public"
    if not incident.user_impact:
        return "no finding shows that users are affected"
    if incident.cause in _GUESSES:
        return "the cause is not known"
    mode = modes_now(desk)["public_notice"]
    return None if mode is Mode.AUTO else f"the mode of public_notice is {mode.value}"


def _ours(desk: Desk, unresolved: list[dict[str, Any]]) -> dict[str, Any] | None:
    for one in unresolved:
        mine = mapping(mapping(one.get("metadata")).get(_METADATA))
        if mine.get("integration") == desk.runbook.integration:
            return one
    return None


def _of_people(desk: Desk, unresolved: list[dict[str, Any]]) -> dict[str, Any] | None:
    """An entry that people opened about the same components: a second one beside it would confuse the public."""
    ours = set(desk.runbook.vendors.statuspage.component_ids)
    for one in realtime(unresolved):
        touched = {component.get("id") for component in listed(one.get("components"))}
        if not ours or ours & touched:
            return one
    return None


def _mark(desk: Desk) -> str:
    return f"{desk.runbook.integration}:notice"


def _failed(refused: Refused) -> Failed:
    return Failed(refused.why, again=refused.again, pause=refused.pause)
