"""One ticket in Jira Cloud per incident, from the announcement to the follow-ups (S-23, S-107).

Its description is updated until a person edits it; people's ticks stay. Events are comments; the last one
links the report. People close the ticket when the follow-ups are done.
"""

from dataclasses import replace

from responder.aws.lease import leased
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, SendResult
from responder.domain.update import Audience, Kind, Update
from responder.integrations.jira.settings import Settings


class JiraChannel(Channel):
    name = "ticket"
    title = "Ticket"
    audience = Audience.RECORD
    # Progress only creates a missing ticket: a comment every twenty minutes helps nobody.
    kinds = frozenset(
        {Kind.ANNOUNCED, Kind.PROGRESS, Kind.HANDOVER, Kind.MITIGATED, Kind.RESOLVED, Kind.REPORT, Kind.FOLLOW_UP}
    )

    def missing(self, ctx: IncidentContext) -> str | None:
        vendor = ctx.runbook.vendors.of(Settings)
        if not (vendor.api_url and vendor.project_key and vendor.email):
            return "no ticket system is configured (vendors.jira: api_url, project_key, email)"
        return None if ctx.credentials.of("tickets") else "Jira has no API token (vendor credentials, tickets)"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:
        mark = f"{ctx.incident.id}:ticket"
        with leased(ctx.table, f"sending:{mark}") as held:
            if not held:
                return Failed("the ticket is being written by another run", again=False)
            # Read again: another update may have created the ticket meanwhile.
            fresh = replace(ctx, incident=ctx.table.get(ctx.incident.id).incident)
            if update.kind is Kind.FOLLOW_UP and not fresh.incident.ticket:
                return NotSent("the incident has no ticket")
            if update.kind is Kind.PROGRESS and fresh.incident.ticket:
                return NotSent("progress is told in the thread", once="ticket-no-progress")
            from responder.integrations.jira.ticket import TicketWork  # noqa: PLC0415 - loaded only where Jira is used

            work = TicketWork(fresh, update, mark)
            return work.change(repeated=repeated) if fresh.incident.ticket else work.open()
