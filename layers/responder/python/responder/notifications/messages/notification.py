"""Everything that a message is composed from. Pure data, which the step that sends the message gathers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from responder.config.base import Mode
from responder.config.runbook import Runbook
from responder.config.settings import Settings
from responder.diagnosis.quota import Quota, quota_of
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, Incident, TimelineEntry
from responder.domain.overrides import Overrides
from responder.domain.redact import redact
from responder.domain.timeline_text import MERGED_HERE
from responder.domain.update import Audience, Link, is_link
from responder.notifications.messages.platform_commands import PlatformCommands
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

    `overrides`: what is switched for any incident of the integration. `findings`: those behind the diagnosis, where it
    is reported, and where TwinMind's support is asked about them. `timeline`: in the order of time, only where the
    incident is reported, recovers or ends.
    """

    incident: Incident
    runbook: Runbook
    now: datetime
    settings: Settings
    modes: Mapping[str, Mode]
    actions: tuple[ActionRecord, ...] = ()
    overrides: Overrides = field(default_factory=Overrides)
    findings: tuple[Finding, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    # Sentences about people whom this message does not reach, only where it is announced or a level is called.
    unreached: tuple[str, ...] = ()
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
    def last(self) -> dict[str, ActionRecord]:
        """The last record of each action."""
        return {action.name: action for action in sorted(self.actions, key=lambda one: one.at)}

    def outcome(self, action: str) -> str | None:
        return self.last[action].outcome if action in self.last else None

    def planned(self, action: str) -> dict[str, Any]:
        """The values that its plan would have set, by setting; empty without a plan."""
        plan = self.last[action].data.get("plan") if action in self.last else None
        changes = plan.get("changes", {}) if isinstance(plan, dict) else {}
        return {
            key: change["after"] for key, change in changes.items() if isinstance(change, dict) and "after" in change
        }

    @property
    def switched(self) -> frozenset[str]:
        """The service flags that are set for an incident."""
        settings = self.overrides.settings_overridden
        return frozenset(one.setting_key.removeprefix("flag:") for one in settings if one.active)

    @property
    def commands(self) -> PlatformCommands:
        return PlatformCommands(self.runbook, self.settings.twinmind_api_key_secret)

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
            region, name = self.settings.region, incident.execution_arns[-1]
            console = f"https://{region}.console.aws.amazon.com/states/home?region={region}"
            url = f"{console}#/v2/executions/details/{name}"
            found.append(Link(text="Execution", url=url))
        if incident.ticket:
            found.append(Link(text=f"Ticket {incident.ticket.key}", url=incident.ticket.url))
        if self.runbook.endpoints.service.dashboard_url:
            found.append(Link(text="Dashboard", url=self.runbook.endpoints.service.dashboard_url))
        found.append(Link(text="TwinMind status", url=self.runbook.endpoints.status_page_url))
        return tuple(found)

    @property
    def quota(self) -> Quota:
        return quota_of(self.findings, self.runbook)

    @property
    def effect(self) -> str | None:
        """The effect of our actions, as measured last: figures before and after."""
        return next((entry.text for entry in reversed(self.timeline) if entry.kind == "effect"), None)

    @property
    def handed_over_at(self) -> datetime | None:
        """When people last got the incident with the outcomes until then."""
        return max((entry.at for entry in self.timeline if entry.kind == "handed_over"), default=None)

    @property
    def ended_at(self) -> datetime:
        return self.incident.resolved_at or self.now

    @property
    def merged_here(self) -> tuple[str, ...]:
        """The incidents that were merged into this one upstream."""
        return tuple(str(entry.data["incident_id"]) for entry in self.timeline if entry.kind == MERGED_HERE)

    @property
    def beside(self) -> tuple[str, ...]:
        """Other incidents that were open, without those that were merged with this one."""
        return tuple(one for one in self.incident.related if one not in (*self.merged_here, self.incident.merged_into))

    def has(self, kind: str) -> bool:
        return any(entry.kind == kind for entry in self.timeline)

    def first(self, kind: str, key: str = "") -> datetime | None:
        """When the first entry of this kind, whose key begins like this, was written."""
        times = [entry.at for entry in self.timeline if entry.kind == kind and entry.key.startswith(key)]
        return min(times, default=None)

    def reached(self, audience: Audience) -> datetime | None:
        """When the first message went out to `audience`."""
        sent = {"audience": audience.value, "outcome": "sent"}
        return min((entry.at for entry in self.timeline if sent.items() <= entry.data.items()), default=None)

    def finding(self, probe: str) -> Finding | None:
        return next((finding for finding in self.findings if finding.probe == probe), None)


def object_url(region: str, bucket: str, key: str) -> str:
    """Opens the object in the console, for people who may read the bucket."""
    return f"https://{region}.console.aws.amazon.com/s3/object/{bucket}?region={region}&prefix={key}"
