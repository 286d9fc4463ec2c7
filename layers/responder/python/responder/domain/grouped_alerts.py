"""Alerts that are grouped under another incident, because many came at once. Pure."""

from collections.abc import Sequence

from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident, TimelineEntry
from responder.domain.upstream_activity import UpstreamActivity, together

# How many ids the incident lists, and how many a sentence names. The timeline has all of them.
MOST_LISTED, MOST_NAMED = 300, 3
GROUPED_HERE = "alert_grouped_here"
_KEY = "grouped-"


def with_grouped(present: Incident, member: Incident) -> Incident:
    """The incident with `member` grouped under it. It lists `member`, tells people of it, and takes the worse severity.

    An incident that is over or stopped stays as it is.
    """
    if not present.status.is_open or present.stopped:
        return present
    severity = Severity.worst(present.born_severity, member.people_severity or member.born_severity)
    raised = present.model_copy(update={"born_severity": severity})
    if member.id in present.grouped or len(present.grouped) >= MOST_LISTED:
        return raised
    ids = (*present.grouped, member.id)
    news = UpstreamActivity(at=member.started_at, key=f"{_KEY}{len(ids)}", text=grouped_sentence(ids))
    earlier = tuple(one for one in present.pending_upstream_activity if not one.key.startswith(_KEY))
    return raised.model_copy(update={"grouped": ids, "pending_upstream_activity": together(earlier, news)})


def grouped_sentence(ids: Sequence[str]) -> str:
    """A sentence that names the newest of the grouped incidents; "" if there are none."""
    if not ids:
        return ""
    named, more = ", ".join(ids[-MOST_NAMED:]), len(ids) - MOST_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return f"Alerts about the same integration that go on under this incident: {named}{rest} (the timeline lists them)."


def grouped_here(member: Incident) -> TimelineEntry:
    """The timeline entry for the leader, one for each incident that is grouped under it."""
    return TimelineEntry(
        at=member.grouped_at or member.started_at,
        kind=GROUPED_HERE,
        actor="workflow",
        text=f"{member.id} ({member.title}) goes on under this incident.",
        key=f"{_KEY}{member.id}",
        data={"incident_id": member.id},
    )
