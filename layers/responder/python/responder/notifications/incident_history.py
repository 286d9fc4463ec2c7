"""One incident with all its records: report, page and ticket are written from this. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, Incident, TimelineEntry
from responder.domain.timeline_text import MERGED_HERE
from responder.domain.update import Audience
from responder.notifications.messages.notification import NotificationContext


@dataclass(frozen=True)
class IncidentHistory:
    """`findings` are those behind the diagnosis; `timeline` is in the order of time."""

    notification: NotificationContext
    timeline: tuple[TimelineEntry, ...]
    findings: tuple[Finding, ...]

    @property
    def incident(self) -> Incident:
        return self.notification.incident

    @property
    def actions(self) -> tuple[ActionRecord, ...]:
        return self.notification.actions

    @property
    def ended_at(self) -> datetime:
        return self.incident.resolved_at or self.notification.now

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


def last_effect(timeline: Sequence[TimelineEntry]) -> str | None:
    """The effect of our actions, as measured last."""
    return next((entry.text for entry in reversed(timeline) if entry.kind == "effect"), None)


def same_cause(incident: Incident, others: Iterable[Incident]) -> Iterator[Incident]:
    """Closed incidents with the same, known cause, in the order given."""
    if incident.cause in (None, Cause.UNKNOWN, Cause.NO_FAULT):
        return
    for other in others:
        is_same = other.cause is incident.cause and other.integration == incident.integration
        if is_same and other.id != incident.id and other.started_at < incident.started_at and not other.merged_into:
            yield other
