"""Everything that a message is composed from. Pure data, which the step that sends the message gathers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from responder.config.base import Mode
from responder.config.runbook import Runbook
from responder.diagnosis.quota import Quota
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, Incident
from responder.domain.overrides import Overrides
from responder.domain.redact import redact
from responder.domain.update import Link, is_link
from responder.notifications.messages.steps import ResourceNames
from responder.notifications.messages.wording import ACTION
from responder.workflow import deadlines, escalation


@dataclass(frozen=True)
class Earlier:
    """A closed incident of the same cause, and how it ended (parts.ended_by); empty where nobody looked."""

    incident: Incident
    ended_by: str = ""


@dataclass(frozen=True)
class NotificationContext:
    """`modes` are those in force now, after the stop switch; `actions` are oldest first.

    `overrides`: what is switched for any incident of the integration. `quota`: only for RATE_LIMITED.
    """

    incident: Incident
    runbook: Runbook
    now: datetime
    region: str
    resources: ResourceNames
    modes: Mapping[str, Mode]
    actions: tuple[ActionRecord, ...] = ()
    overrides: Overrides = field(default_factory=Overrides)
    quota: Quota | None = None
    # Figures before and after our action, only where it recovers or ends.
    effect: str | None = None
    # When people last got the incident with the outcomes until then, only where it recovers or ends.
    handed_over_at: datetime | None = None
    # Sentences about people whom this message does not reach, only where it is announced or a level is called.
    unreached: tuple[str, ...] = ()
    # The findings of the diagnosis, only where TwinMind's support is asked about them.
    evidence: tuple[Finding, ...] = ()
    # Closed incidents of the same cause, newest first, only where it is announced or reported.
    earlier: tuple[Earlier, ...] = ()

    @property
    def cause(self) -> Cause:
        return self.incident.cause or Cause.UNKNOWN

    @property
    def mode(self) -> Mode | None:
        """The mode of the action that answers this cause; None where people answer it."""
        name = ACTION.get(self.cause)
        return self.modes[name] if name else None

    @property
    def next_update_by(self) -> datetime:
        return deadlines.promised_by(self.runbook, escalation.severity_of(self.incident), self.now)

    @property
    def links(self) -> tuple[Link, ...]:
        incident = self.incident
        found = []
        if incident.url and is_link(incident.url):
            found.append(
                Link(text=f"Alert in {self.runbook.vendors.title_of(incident.source)}", url=redact(incident.url))
            )
        if incident.execution_arns:
            found.append(Link(text="Execution", url=console_url(self.region, incident.execution_arns[-1])))
        if incident.ticket:
            found.append(Link(text=f"Ticket {incident.ticket.key}", url=incident.ticket.url))
        if self.runbook.endpoints.service.dashboard_url:
            found.append(Link(text="Dashboard", url=self.runbook.endpoints.service.dashboard_url))
        found.append(Link(text="TwinMind status", url=self.runbook.endpoints.status_page_url))
        return tuple(found)


def console_url(region: str, execution_arn: str) -> str:
    return f"https://{region}.console.aws.amazon.com/states/home?region={region}#/v2/executions/details/{execution_arn}"


def object_url(region: str, bucket: str, key: str) -> str:
    """Opens the object in the console, for people who may read the bucket."""
    return f"https://{region}.console.aws.amazon.com/s3/object/{bucket}?region={region}&prefix={key}"
