"""An update for people who do not work on the incident: plain words, no probe, no command, no link. Pure."""

from responder.domain.diagnosis import Verdict
from responder.domain.incident import Incident
from responder.domain.update import Kind, Update
from responder.notifications.messages.public_notice import seen_by_users

_WHOSE = {
    Verdict.THEIRS: "The cause lies with TwinMind, our transcription provider; we follow it.",
    Verdict.KEY: "Our access to TwinMind is the cause; it is being renewed.",
    Verdict.QUOTA: "We have reached the limit of calls that TwinMind allows us; load is being reduced.",
    Verdict.NETWORK: "The connection to TwinMind is the cause; our network people are working on it.",
    Verdict.OURS: "The cause lies in our own service; it is being worked on.",
    Verdict.NONE: "Nothing wrong was found so far; we keep watching.",
    Verdict.UNKNOWN: "The cause is not known yet; people are looking for it.",
}


def stakeholder_text(update: Update, incident: Incident) -> str:
    """Severity, what users notice if a finding shows it, whose fault it is, and when stakeholders hear more.

    No clock time: stakeholders get no progress in between, so that promise would not be kept.
    """
    parts = (_state(update, incident), _more(update), f"Incident {update.incident_id}")
    return "\n".join(part for part in parts if part)


def _state(update: Update, incident: Incident) -> str:
    severity = f"{update.severity.value}: " if update.severity else ""
    if update.kind is Kind.RESOLVED and incident.merged_into:
        return f"{severity}This goes on as incident {incident.merged_into}: there were two alerts about it."
    if update.kind is Kind.RESOLVED:
        return f"{severity}The incident of the transcription service is over."
    if update.kind is Kind.MITIGATED:
        return f"{severity}The transcription service works again; we watch that it stays so."
    seen = seen_by_users(incident.scenario) if incident.user_impact else "We do not see that users are affected."
    whose = f" {_WHOSE[update.cause.verdict]}" if update.cause else ""
    return f"{severity}{seen}{whose}"


def _more(update: Update) -> str:
    return "" if update.kind is Kind.RESOLVED else "We write again when this changes, and when it is over."
