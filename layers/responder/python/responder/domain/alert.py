"""One webhook delivery, normalised."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from responder.domain.model import Model
from responder.domain.severity import Severity

# The source's name: that of its folder in integrations/ (integrations/sources.py).
Source = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
# An execution started in the console: no alert, and no pager to write back to.
MANUAL: Final = "manual"

# Older events are ignored: PagerDuty retries for at most 48 hours.
MAX_AGE = timedelta(hours=72)


class AlertEvent(StrEnum):
    """What happened to the upstream incident, in the same terms for every vendor."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    UNACKNOWLEDGED = "unacknowledged"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MERGED = "merged"
    PRIORITY_CHANGED = "priority_changed"
    ESCALATED = "escalated"
    REASSIGNED = "reassigned"
    ANNOTATED = "annotated"
    UPDATED = "updated"

    @property
    def opens(self) -> bool:
        """Whether the event alone shows an open incident; a note or an update does not."""
        return self not in (AlertEvent.ANNOTATED, AlertEvent.UPDATED)


class UpstreamStatus(StrEnum):
    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class Person(Model):
    """Who acted upstream. `is_human` is false for integrations, automations and our own bot user."""

    id: str | None = None
    name: str | None = None
    is_human: bool = False


class Alert(Model):
    """The same fields for every vendor.

    `fingerprint` identifies the *event*: retries and copies through a second subscription have the same one.
    `odd` names fields that did not have the documented form; the delivery is still accepted.
    """

    source: Source
    event: AlertEvent
    event_type: str
    incident_id: str
    upstream_id: str
    fingerprint: str
    occurred_at: AwareDatetime
    title: str | None = None
    url: str | None = None
    priority: Severity | None = None
    actor: Person = Field(default_factory=Person)
    note: str | None = None
    merged_into: str | None = None
    service_id: str | None = None
    service_name: str | None = None
    integration_id: str | None = None
    teams: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
