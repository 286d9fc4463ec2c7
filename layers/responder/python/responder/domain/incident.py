"""The stored state of one incident of the pager. Pure."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import AwareDatetime, Field

from responder.domain.alert import Person, Source, UpstreamStatus
from responder.domain.diagnosis import Cause, Scenario, Severity, Verdict
from responder.domain.human_task import HumanTasks
from responder.domain.model import Model
from responder.domain.upstream_activity import UpstreamActivity


class IncidentStatus(StrEnum):
    OPEN = "open"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"
    HANDED_OVER = "handed_over"

    @property
    def is_open(self) -> bool:
        return self is not IncidentStatus.RESOLVED


WaitingFor = Literal["no_standby_key", "busy", "pending_elsewhere"]


class LatestValue(Model):
    """A value, and the time of the event that set it. The later event counts, whatever the order of arrival."""

    at: AwareDatetime
    value: Any = None
    by: Person = Field(default_factory=Person)


class Ticket(Model):
    """The incident's ticket. `key`: the vendor's name for it."""

    key: str
    url: str
    created_at: AwareDatetime


class Undelivered(Model):
    """The newest update of a `slot` that a channel could not deliver yet. It is tried again at `due_at`."""

    channel: str
    slot: str
    due_at: AwareDatetime
    tries: int = 0


class Incident(Model):
    """One incident. Its times are those of the events, not of their arrival."""

    id: str
    source: Source
    upstream_id: str
    title: str = "(no title)"
    url: str | None = None
    status: IncidentStatus = IncidentStatus.OPEN
    started_at: AwareDatetime
    integration: str = "twinmind"
    # Started by `responder test-incident`: messages are marked, actions change nothing, and no statistics count it.
    is_test: bool = False

    upstream: LatestValue | None = None
    acknowledgement: LatestValue | None = None
    chosen_severity: LatestValue | None = None
    born_severity: Severity | None = None
    merged_into: str | None = None
    # If many alerts come at once: the leader, whose execution works for this incident too; and those that it leads.
    grouped_under: str | None = None
    grouped_at: AwareDatetime | None = None
    grouped: tuple[str, ...] = ()
    # When it was last reopened. The escalation starts again from there.
    reopened_at: AwareDatetime | None = None
    # What people did in the pager and the thread does not show yet; and when the thread last showed such activity.
    pending_upstream_activity: tuple[UpstreamActivity, ...] = ()
    upstream_activity_notified_at: AwareDatetime | None = None

    severity: Severity | None = None
    scenario: Scenario | None = None
    cause: Cause | None = None
    verdict: Verdict | None = None
    confidence: float | None = None
    reasons: tuple[str, ...] = ()
    impact: str | None = None
    user_impact: bool = False

    evidence_run: str | None = None
    opened_at: AwareDatetime | None = None
    machine_acknowledged_at: AwareDatetime | None = None
    announced_at: AwareDatetime | None = None
    told_at: AwareDatetime | None = None
    escalated_level: int = 1
    mitigated_at: AwareDatetime | None = None
    resolved_at: AwareDatetime | None = None

    human_tasks: HumanTasks = ()
    # What the rotation waits for; None once it goes on (workflow.next_step).
    waiting_for: WaitingFor | None = None
    # The actions of this incident that changed settings, in order. They are reverted when it ends.
    switched: tuple[str, ...] = ()
    # When reverting was last tried, and how often it has failed in a row.
    reverted_at: AwareDatetime | None = None
    revert_failures: int = 0
    execution_arns: tuple[str, ...] = ()
    failures: int = 0
    renewed_execution: int | None = None
    stopped: bool = False
    related: tuple[str, ...] = ()
    report_key: str | None = None
    ticket: Ticket | None = None
    # Updates that channels did not take or hold back. Monitoring sends them; after the end, the audit does.
    undelivered: tuple[Undelivered, ...] = ()
    # The signed link to the incident page. Everybody with the link can read the page: send it only to responders.
    page_url: str | None = None
    # Whether the last probe run before the closing was healthy; None without a probe run.
    checks_agree: bool | None = None

    @property
    def upstream_status(self) -> UpstreamStatus | None:
        return UpstreamStatus(self.upstream.value) if self.upstream else None

    @property
    def is_over_upstream(self) -> bool:
        return self.upstream_status is UpstreamStatus.RESOLVED

    @property
    def acknowledged_at(self) -> datetime | None:
        """When a person acknowledged the incident; None if nobody has, or it was taken back."""
        stored = self.acknowledgement
        return stored.at if stored and stored.value else None

    @property
    def people_severity(self) -> Severity | None:
        return Severity(self.chosen_severity.value) if self.chosen_severity and self.chosen_severity.value else None


class ActionRecord(Model):
    """The record of an action: its plan, its mode and its outcome."""

    name: str
    mode: str
    plan: str
    outcome: str
    at: AwareDatetime
    data: dict[str, Any] = Field(default_factory=dict)


class TimelineEntry(Model):
    """Something that was seen or done. It is never changed: to write the same `key` again has no effect."""

    at: AwareDatetime
    kind: str
    actor: str = "workflow"
    text: str
    key: str
    data: dict[str, Any] = Field(default_factory=dict)


def severity_for(found: Severity, incident: Incident, cause: Cause) -> Severity:
    """A person's choice in the pager sets the severity. The first priority can only raise it; without fault, to P3."""
    born = incident.born_severity
    if cause is Cause.NO_FAULT and born and born.rank > Severity.P3.rank:
        born = Severity.P3
    return incident.people_severity or Severity.worst(found, born) or found


def with_execution(incident: Incident, arn: str, page_url: str | None, at: datetime) -> Incident:
    """The incident with an execution that works on it. Repeating it changes nothing."""
    arns = incident.execution_arns if arn in incident.execution_arns else (*incident.execution_arns, arn)
    changes = {"execution_arns": arns, "opened_at": incident.opened_at or at, "page_url": page_url or incident.page_url}
    return incident.model_copy(update=changes)


def with_links(present: Incident, met: list[str]) -> Incident:
    """The incident with the ids of others (`met`) that were open at the same time."""
    new = tuple(one for one in met if one not in present.related)
    return present.model_copy(update={"related": (*present.related, *new)}) if new else present


def names(values: Iterable[str]) -> str:
    """The values as a list in words: `a, b and c`."""
    items = list(values)
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "none"
