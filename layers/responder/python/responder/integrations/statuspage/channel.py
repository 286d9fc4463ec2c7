"""One public notice on our status page for all open incidents (S-21, S-105)."""

from dataclasses import replace
from typing import Any

from responder.approvals.modes import modes_now
from responder.aws.lease import leased
from responder.clients.responses import RequestRefused, listed
from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, Later, NotSent, SendResult, Sent, failed
from responder.domain.diagnosis import Cause, Severity
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.update import Audience, Kind, Update, clock_seconds
from responder.integrations.statuspage.client import (
    StatuspageClient,
    fields_of,
    metadata_of,
    newest_words,
    of_people,
    ours,
)
from responder.integrations.statuspage.policy import (
    ACTION,
    NoticeRecord,
    approval_before_posting,
    approval_to_adopt,
    approved,
    approved_words,
    held_off_until,
    mark_of,
    may_adopt,
    not_public,
)
from responder.integrations.statuspage.settings import Settings
from responder.notifications.concurrent_incidents import TOO_LATE, is_too_late, others_open
from responder.notifications.messages.public_notice import PublicNotice, public_notice

_CALM = (IncidentStatus.MITIGATED, IncidentStatus.RESOLVED)
# How many of our latest texts are stored, to recognise people's.
_WORDS = 4
# Recorded once. The report leaves it out: without a notice there is nothing to tell.
_NONE_OPEN = "no public notice of ours is open", "public-none-open"
_THEIRS = "people write in the notice or have ended it, so it is theirs"


class StatuspageChannel(Channel):
    name = "statuspage"
    title = "Public notice"
    audience = Audience.PUBLIC
    kinds = frozenset({Kind.ANNOUNCED, Kind.PROGRESS, Kind.MITIGATED, Kind.RESOLVED, Kind.TASK_SETTLED}) | {
        Kind.HANDOVER
    }

    def missing(self, ctx: IncidentContext) -> str | None:
        if not ctx.runbook.vendors.of(Settings).page_id:
            return "no status page of ours is configured (vendors.statuspage.page_id)"
        return None if ctx.credentials.of("statuspage") else "Statuspage has no API key (vendor credentials)"

    def request_approval(self, ctx: IncidentContext) -> None:
        approval_before_posting(ctx)

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        if update.kind is Kind.TASK_SETTLED and not (update.question and update.question.task.endswith(ACTION)):
            return NotSent("this decision is not about the public notice", once="public-other-answer")
        with leased(ctx.table, f"sending:{mark_of(ctx)}") as held:
            if not held:
                return Failed("the public notice is being written by another run", again=False)
            if is_too_late(ctx, update):
                return NotSent(TOO_LATE)
            # Read again: people may have decided, or it may have recovered, since this step began.
            ctx = replace(ctx, incident=ctx.table.get(ctx.incident.id).incident)
            work = _Work(ctx, update, StatuspageClient(ctx))
            if update.kind is Kind.RESOLVED or work.is_taken_back:
                return work.resolve()
            return work.change(repeated=repeated) if work.is_open else work.create()


class _Work:
    """One update of the notice, under its lease."""

    def __init__(self, ctx: IncidentContext, update: Update, page: StatuspageClient) -> None:
        self.ctx, self.page = ctx, page
        self.kind, self.incident_id = update.kind, update.incident_id
        # Without an id: there is no notice of ours yet.
        self.known = ctx.table.get_record(mark_of(ctx), NoticeRecord) or NoticeRecord(id="")
        self.ids = self.known.incident_ids
        self.behind = [self._fresh(one) for one in self.ids]
        severity = Severity.worst(update.severity, *(one.severity for one in self.behind if one.status.is_open))
        is_calm = ctx.incident.status is IncidentStatus.MITIGATED and update.kind is Kind.PROGRESS
        update = update.model_copy(update={"severity": severity})
        self.notice: PublicNotice = public_notice(
            update, ctx.incident.scenario, is_calm=is_calm, is_taken_back=self.is_taken_back
        )

    @property
    def is_open(self) -> bool:
        """A notice that people ended still counts for its incidents: it is not posted again."""
        return bool(self.known.id) and (not self.known.theirs or any(one.status.is_open for one in self.behind))

    @property
    def is_taken_back(self) -> bool:
        """Whether a new diagnosis names no cause and no affected users: then the notice is not true any more."""
        hurt, cause = self.ctx.incident.user_impact, self.ctx.incident.cause
        is_ours = self.is_open and self.incident_id in self.ids
        return is_ours and self.kind is Kind.ANNOUNCED and cause is Cause.UNKNOWN and not hurt

    def create(self) -> SendResult:
        """Searches unresolved entries first: Statuspage has no idempotency key, and a duplicate is public."""
        why = not_public(self.ctx)
        if why:
            return NotSent(why, once=f"public-{why}")
        if self.kind is Kind.MITIGATED or self.ctx.incident.status in _CALM:
            return NotSent(*_NONE_OPEN)
        # From the hand-over on, no repair of ours is under way.
        if self.kind is not Kind.HANDOVER and (until := held_off_until(self.ctx)):
            return Later(f"until {clock_seconds(until)}, because a repair of our own is under way", until)
        unresolved = self.page.unresolved()
        if isinstance(unresolved, RequestRefused):
            return failed(unresolved)
        found = ours(self.ctx.runbook.integration, unresolved)
        if found:
            return self._joined(found)
        theirs = of_people(self.ctx.runbook.vendors.of(Settings).component_ids, unresolved)
        if theirs:
            return (
                self._adopted(theirs) if may_adopt(self.ctx, theirs) else NotSent(approval_to_adopt(self.ctx, theirs))
            )
        words = approved_words(self.ctx)
        self.notice = PublicNotice(**words) if words else self.notice
        fields = fields_of(self.notice, self.ctx.runbook)
        created = self.page.create(fields | {"name": self.notice.name, "metadata": metadata_of(self.ctx.incident)})
        if isinstance(created, RequestRefused):
            return failed(created)
        self._keep(id=str(created["id"]), incident_ids=(self.incident_id,), words=(self.notice.body,), theirs=False)
        return Sent(f"posted “{self.notice.name}”{self._left_out}", {"id": str(created["id"])})

    def change(self, *, repeated: bool) -> SendResult:
        if self.incident_id not in self.ids:
            why = not_public(self.ctx)
            return NotSent(why, once=f"public-{why}") if why else self._joined({"id": self.known.id})
        if why := self._silent() or self._muted():
            return NotSent(why)
        unresolved = self.page.unresolved()
        if isinstance(unresolved, RequestRefused):
            return failed(unresolved)
        entry = next((one for one in unresolved if one.get("id") == self.known.id), None)
        if entry is None or self._is_theirs(entry):
            self._keep(theirs=True)
            return NotSent(_THEIRS)
        if repeated and self.notice.body in [one.get("body") for one in listed(entry.get("incident_updates"))]:
            return Sent("the page has it from an earlier try")
        return self._patch(self.known.id)

    def _silent(self) -> str | None:
        """Why this update does not change the open notice."""
        if self.kind in (Kind.TASK_SETTLED, Kind.HANDOVER):
            return "the notice is open already"
        if self.kind is Kind.MITIGATED and any(
            one.status not in _CALM and one.id != self.incident_id for one in self.behind
        ):
            return "another incident behind the notice has not recovered"
        # One incident updates the notice for all that share it.
        owner = next((one for one in self.behind if one.status.is_open), None)
        if self.kind in (Kind.PROGRESS, Kind.ANNOUNCED) and owner and owner.id != self.incident_id:
            return f"{owner.id} updates the notice for all its incidents"
        return None

    def resolve(self) -> SendResult:
        """When the last incident closes. An entry that people resolved, removed or took over stays."""
        if not self.known.id and not_public(self.ctx):
            return NotSent(*_NONE_OPEN)
        if why := self._stays():
            return NotSent(why)
        unresolved = self.page.unresolved()
        if isinstance(unresolved, RequestRefused):
            return failed(unresolved)
        entry = ours(self.ctx.runbook.integration, unresolved)
        if entry is None:
            self.ctx.table.delete_record(mark_of(self.ctx))
            return NotSent(*_NONE_OPEN)
        if why := self._muted():
            return Failed(f"{why}; resolve the notice by hand", again=False)
        if self.known.id and self._is_theirs(entry):
            self.ctx.table.delete_record(mark_of(self.ctx))
            return Failed("people wrote in the notice, so it is theirs; resolve it by hand", again=False)
        outcome = self._patch(str(entry["id"]))
        if isinstance(outcome, Sent):
            self.ctx.table.delete_record(mark_of(self.ctx))
        return outcome

    def _stays(self) -> str | None:
        if others := ", ".join(incident.id for incident in others_open(self.ctx)[:3]):
            return f"it stays while {others} is open"
        fails = self.ctx.incident.checks_agree is False
        return "our checks still fail, so the public is not told that it is over" if fails else None

    def _patch(self, notice_id: str) -> SendResult:
        # Before the write: our update must not look like people's if its answer is lost.
        self._keep(id=notice_id, words=(*self.known.words, self.notice.body)[-_WORDS:])
        changed = self.page.change(notice_id, fields_of(self.notice, self.ctx.runbook))
        return (
            failed(changed)
            if isinstance(changed, RequestRefused)
            else Sent(f"set to {self.notice.status}{self._left_out}", {"id": notice_id})
        )

    @property
    def _left_out(self) -> str:
        names = ", ".join(self.page.unknown_components)
        return f"; the page has no component {names} (vendors.statuspage.component_ids)" if names else ""

    def _joined(self, entry: dict[str, Any]) -> SendResult:
        """`entry` is the page's, or our record of it."""
        words = self.known.words or tuple(body for body in [newest_words(entry)] if body)
        self._keep(id=str(entry["id"]), incident_ids=(*self.ids, self.incident_id), words=words)
        return Sent("joined the notice that is open", {"id": str(entry["id"])})

    def _adopted(self, entry: dict[str, Any]) -> SendResult:
        """Adds our metadata to people's entry; their text stays."""
        changed = self.page.change(str(entry["id"]), {"metadata": metadata_of(self.ctx.incident)})
        return failed(changed) if isinstance(changed, RequestRefused) else self._joined(entry)

    def _is_theirs(self, entry: dict[str, Any]) -> bool:
        words = newest_words(entry)
        is_known = words is None or not self.known.words or words in self.known.words
        return not is_known or self.known.theirs

    def _muted(self) -> str | None:
        mode = modes_now(self.ctx)[ACTION]
        is_approved = mode is Mode.APPROVE and approved(self.ctx)
        return None if mode is Mode.AUTO or is_approved else f"modes.{ACTION} is {mode.value} in the runbook"

    def _fresh(self, incident_id: str) -> Incident:
        return self.ctx.incident if incident_id == self.incident_id else self.ctx.table.get(incident_id).incident

    def _keep(self, **changes: Any) -> None:
        self.known = self.known.model_copy(update=changes)
        self.ctx.table.put_record(mark_of(self.ctx), self.known)
