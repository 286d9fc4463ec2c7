"""Writes the ticket: finds or creates it, comments, and updates its description until people edit that."""

import hashlib
import re
from dataclasses import replace
from datetime import timedelta

from pydantic import AwareDatetime

from responder.clients.responses import RequestRefused
from responder.context import IncidentContext
from responder.contracts.channel import Failed, NotSent, SendResult, Sent, failed
from responder.domain import incident
from responder.domain.clock import now
from responder.domain.model import Model
from responder.domain.update import Kind, Update
from responder.integrations.jira.adf import Node, boxes_done, words
from responder.integrations.jira.client import InDoubt, JiraClient
from responder.integrations.jira.document import box_names, comment, description, summary
from responder.integrations.jira.settings import Settings
from responder.notifications.context import history_of
from responder.notifications.messages.plain import reference
from responder.report.action_items import due_date

# A new issue shows in searches after "a few seconds to minutes" (Jira): until then "not found" proves nothing.
SEARCH_LAG = timedelta(minutes=5)


class TicketRecord(Model):
    """`at`: when we first tried to create the ticket. `by`: for which update. `words`: digest of our description."""

    at: AwareDatetime
    by: str
    words: str


class TicketWork:
    """One update of the ticket, under its lease; `mark` names the ticket's record."""

    def __init__(self, ctx: IncidentContext, update: Update, mark: str) -> None:
        self.ctx, self.update, self.mark, self.jira = ctx, update, mark, JiraClient(ctx)
        self.state = ctx.table.get_record(mark, TicketRecord)

    def open(self) -> SendResult:
        """Jira has no idempotency key: look first, by label, for the issue of an earlier attempt."""
        project = str(self.ctx.runbook.vendors.of(Settings).project_key)
        if self.state:
            found = self.jira.labelled(project, _label(self.ctx))
            if isinstance(found, RequestRefused):
                return failed(found)
            if found:
                return self._opened(found, "found the ticket that an earlier try had made")
            if now() - self.state.at < SEARCH_LAG:
                why = f"it may have been made, and Jira's search does not show it yet (label {_label(self.ctx)})"
                return Failed(why, pause=2.0)
        return self._create(project)

    def _create(self, project: str) -> SendResult:
        history = history_of(self.ctx)
        text = description(history)
        # The description holds the announcement; a later update is a comment too.
        by = self.update.key if self.update.kind is Kind.ANNOUNCED else ""
        self._keep(TicketRecord(at=now(), by=by, words=_digest(text)))
        fields = {
            "project": {"key": project},
            "issuetype": {"name": self.ctx.runbook.vendors.of(Settings).issue_type},
            "summary": summary(history),
            "description": text,
            "labels": ["twinmind-incident", _label(self.ctx)],
        }
        made = self.jira.create(fields, self.ctx.incident.id)
        if isinstance(made, RequestRefused):
            if not isinstance(made, InDoubt):
                self.ctx.table.delete_record(self.mark)
            return failed(made)
        return self._opened(str(made["key"]), "ticket made")

    def _opened(self, key: str, how: str) -> SendResult:
        url = f"{str(self.ctx.runbook.vendors.of(Settings).api_url).split('/rest/')[0]}/browse/{key}"
        ticket = incident.Ticket(key=key, url=url, created_at=now())
        self.ctx = replace(self.ctx, incident=self.ctx.table.amend(self.ctx.incident.id, ticket=ticket))
        if self.state and self.update.key == self.state.by:
            return Sent(f"{how}, {key}", {"key": key})
        return self.change(repeated=False)

    def change(self, *, repeated: bool) -> SendResult:
        """Adds a comment, then updates the description's boxes."""
        ticket = self.ctx.incident.ticket
        if ticket is None or (self.state and self.update.key == self.state.by):
            return Sent("the ticket has it from an earlier try")
        said = self._said(ticket.key) if repeated else False
        if isinstance(said, RequestRefused):
            return failed(said)
        refused = None if said else self.jira.comment(ticket.key, comment(self.update))
        if refused and refused.why == "HTTP 404":
            return NotSent(f"people removed the ticket {ticket.key}", once="ticket-removed")
        if refused:
            return failed(refused)
        fields = self.jira.read(ticket.key)
        if isinstance(fields, RequestRefused):
            return Sent(f"comment on {ticket.key}; its description could not be read ({fields.why})")
        more = f"{self._described(ticket.key, fields)}{self._given_to_somebody(ticket.key, fields)}"
        return Sent(f"comment on {ticket.key}{more}", {"key": ticket.key})

    def _said(self, key: str) -> bool | RequestRefused:
        there = self.jira.comments(key)
        if isinstance(there, RequestRefused):
            return there
        return any(f"ref {reference(self.update)}" in words(one.get("body")) for one in there)

    def _given_to_somebody(self, key: str, fields: Node) -> str:
        """After the end: sets owner and due date of the follow-ups, if Jira has the field and it is empty."""
        incident, owner = self.ctx.incident, self.ctx.runbook.vendors.of(Settings).follow_up_owner
        if incident.status.is_open:
            return ""
        wanted = {"duedate": due_date(incident), "assignee": owner and {"accountId": owner}}
        missing = {
            name: value
            for name, value in wanted.items()
            if value and name in fields["editable"] and not fields.get(name)
        }
        refused = self.jira.edit(key, missing) if missing else None
        return f"; its owner and due date could not be set ({refused.why})" if refused else ""

    def _described(self, key: str, fields: Node) -> str:
        """A description that people edited stays; then only comments show the progress."""
        present = fields.get("description")
        ticked, history = boxes_done(present), history_of(self.ctx)
        # A tick with an unknown id would be lost.
        if self.state is None or _digest(present) != self.state.words or ticked - box_names(history):
            return "; its description is people's now"
        text = description(history, ticked)
        refused = self.jira.edit(key, {"description": text})
        if refused:
            return f"; its description could not be written ({refused.why})"
        self._keep(self.state.model_copy(update={"words": _digest(text)}))
        return ""

    def _keep(self, state: TicketRecord) -> None:
        self.state = state
        self.ctx.table.put_record(self.mark, state)


def _digest(node: Node | None) -> str:
    """A digest of the text alone: ticks, ids and blanks can change without an edit."""
    return hashlib.sha256("".join(words(node).split()).encode("utf-8", "replace")).hexdigest()[:16]


def _label(ctx: IncidentContext) -> str:
    """Without blanks, as Jira requires, and safe in a query."""
    return f"twinmind-{re.sub(r'[^A-Za-z0-9_.-]', '-', ctx.incident.id)}"
