"""The report's action items, derived from what happened: preventive, monitoring, documentation (S-126). Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from responder.incident import Settled, names
from responder.messages.situation import Situation
from responder.words import Cause, Finding, FindingStatus, TimelineEntry, Verdict

LATE = timedelta(minutes=2)


@dataclass(frozen=True)
class Story:
    """One incident with everything that was recorded of it; `findings` are those behind its diagnosis."""

    situation: Situation
    timeline: tuple[TimelineEntry, ...]
    actions: tuple[Settled, ...]
    findings: tuple[Finding, ...]

    @property
    def ended_at(self) -> datetime:
        return self.situation.incident.resolved_at or self.situation.now

    def has(self, kind: str) -> bool:
        return any(entry.kind == kind for entry in self.timeline)


def action_items(story: Story) -> list[str]:
    """At least one of each sort that the template asks for, so that none is forgotten."""
    return [
        *[f"Preventive: {item}" for item in list(_preventive(story)) or ["decide what would have prevented this."]],
        *[f"Monitoring: {item}" for item in list(_monitoring(story)) or ["check that the alert came early enough."]],
        *[f"Documentation: {item}" for item in _documentation(story)],
    ]


def _preventive(story: Story) -> Iterator[str]:
    outcomes = {action.outcome for action in story.actions}
    standby = story.situation.places.standby_secret
    if "promoted" in outcomes:
        dashboard = story.situation.runbook.endpoints.dashboard_url
        yield f"revoke the old key at {dashboard}, and find out why it was rejected."
        yield f"stage a new standby key in {standby}: the rotation used one up."
    if "no_standby_key" in outcomes:
        yield f"stage two standby keys in {standby}, so that the next rotation needs nobody."
    yield from _BY_CAUSE.get(story.situation.cause, ())
    if story.situation.cause.verdict is Verdict.THEIRS:
        yield "ask TwinMind for their account of it, and decide what our users should see meanwhile."


_BY_CAUSE = {
    Cause.KEY_STALE: ("let the service reload its key when the secret changes, instead of only at its start.",),
    Cause.KEY_LEAKED: ("find out how the key got out, and close that way.",),
    Cause.RATE_LIMITED: ("ask for a higher limit, or cache and batch requests.",),
    Cause.SERVICE_OVERLOADED: ("raise the autoscaler's floor or limits.",),
    Cause.SERVICE_FAULT: ("add a check before deployment that would have caught it.",),
    Cause.NETWORK_FAILURE: ("review name resolution, firewall rules and egress with the network's owner.",),
    Cause.UNKNOWN: ("find the root cause.",),
}


def _monitoring(story: Story) -> Iterator[str]:
    incident = story.situation.incident
    if incident.opened_at and incident.opened_at - incident.started_at > LATE:
        minutes = round((incident.opened_at - incident.started_at).total_seconds() / 60)
        yield f"the alert reached us {minutes} minutes after it was raised; check the subscription and its delays."
    blind = [finding.probe for finding in story.findings if finding.status is FindingStatus.UNKNOWN]
    if blind:
        yield f"these probes could not see: {names(sorted(blind))}; configure what they need."
    broken = {str(entry.data.get("channel")) for entry in story.timeline if entry.key.startswith("failed-")}
    if broken - {"None"}:
        yield f"these channels failed: {names(sorted(broken - {'None'}))}; repair them."
    if story.situation.cause is Cause.NO_FAULT:
        yield "review the alert rule: it fired, and nothing was found."
    if story.has("escalation"):
        yield "nobody acknowledged in time; check how the on-call engineer is reached."


def _documentation(story: Story) -> Iterator[str]:
    yield "schedule the post-mortem within a week, and add the lessons to this report."
    yield "update the runbook where a step was missing or wrong."
    if story.has("workflow_failed"):
        yield "record why the workflow failed, and what people did instead."
