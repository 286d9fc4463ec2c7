"""What people are told when it recovers, ends, or when the workflow itself is in trouble. Pure."""

from datetime import datetime

from responder.messages.parts import duration, evidence, mention, severity_of, tried, update_of
from responder.messages.situation import Situation, object_url
from responder.messages.update import Kind, Link, Update, shortened
from responder.messages.wording import FAULT, headline
from responder.redact import redact


def mitigated(situation: Situation) -> Update:
    minutes = situation.runbook.watch.close_after_seconds // 60
    quiet = f"{minutes} minutes" if minutes else "a moment"
    return update_of(
        situation,
        Kind.MITIGATED,
        f"mitigated-{evidence(situation)}",
        headline(severity_of(situation), "Recovered", f"it was: {FAULT[situation.cause]}", "watching before we close"),
        known=(*tried(situation.actions), "Our checks are good again."),
        doing=(f"We close the incident when it has stayed good for {quiet}.",),
        need_from_people=_after(situation),
        next_update_by=situation.next_update_by,
    )


def resolved(situation: Situation, at: datetime) -> Update:
    incident = situation.incident
    who = "resolved upstream" if incident.is_over_upstream else "recovered and stayed good"
    return update_of(
        situation,
        Kind.RESOLVED,
        f"resolved-{int(at.timestamp())}",
        headline(
            severity_of(situation),
            f"Over after {duration(incident.started_at, at)}",
            f"it was: {FAULT[situation.cause]}",
            who,
        ),
        known=tried(situation.actions),
        doing=("The report follows.",),
        need_from_people=_after(situation),
    )


def notice(situation: Situation, key: str, text: str) -> Update:
    """A plain word from outside the normal course: a failed execution, a message that did not get through."""
    first, _, rest = redact(text).partition(". ")
    named = situation.incident.id in first
    return update_of(
        situation,
        Kind.FAILED,
        key,
        headline(severity_of(situation), shortened(first.rstrip("."), 150), None if named else situation.incident.id),
        known=(rest,) if rest else (),
        mention=mention(situation, situation.incident.escalated_level),
    )


def _after(situation: Situation) -> tuple[str, ...]:
    """What stays with people when it is over."""
    rotated = any(action.name.startswith("rotate") and action.outcome == "promoted" for action in situation.actions)
    if not rotated:
        return ()
    dashboard = situation.runbook.endpoints.dashboard_url
    return (
        f"Revoke the old key at {dashboard} if it still exists there.",
        f"Stage a spare in {situation.places.standby_secret}: the rotation used one up.",
    )


def report_written(situation: Situation, bucket: str, key: str) -> Update:
    incident = situation.incident
    at = int(incident.resolved_at.timestamp()) if incident.resolved_at else 0
    return update_of(
        situation,
        Kind.REPORT,
        f"report-{at}",
        headline("Report written", incident.id, "please check it and add the lessons learned"),
        known=(f"Stored as s3://{bucket}/{key}.",),
        links=(Link(text="Report", url=object_url(situation.region, bucket, key)),),
    )
