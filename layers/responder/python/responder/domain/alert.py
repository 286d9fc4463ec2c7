"""An alert: one webhook delivery, in the same form for every vendor."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AwareDatetime, Field

from responder.domain.diagnosis import Severity
from responder.domain.model import Model

# The name of a source, which is also the name of its folder in integrations/ (integrations/sources.py).
Source = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")]
# The source of an incident that a person started in the console. It has no alert and no pager.
MANUAL: Final = "manual"

# Older events are ignored. PagerDuty sends an event again for at most 48 hours.
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
        """Whether the event alone shows that the incident is open. A note or an update does not."""
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
    """`fingerprint`: identifies the event. Retries, and copies from a second subscription, have the same one.

    `odd`: names of fields that did not have the documented form. The delivery is accepted all the same.
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


# The message group of pings in the queue. No incident can have this id.
PING_GROUP = "ping"


class Ping(Model):
    source: Source
    at: AwareDatetime
    subscription: str = ""  # the sender's name for it, if it sends one


def ping_record(source: str, subscription: str = "") -> str:
    """The record's name. Each subscription has its own, so that the ping of one does not hide that another fails."""
    return f"ping:{source}:{subscription}"
