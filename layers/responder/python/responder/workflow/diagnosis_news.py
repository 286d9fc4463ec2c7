"""Whether a diagnosis is news: look again, tell people, or go on watching. Pure."""

from collections.abc import Sequence
from typing import Literal

from responder.domain.diagnosis import Cause, Diagnosis
from responder.domain.finding import Finding
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.monitoring_state import MonitoringState

News = Literal["announce", "recheck", "monitoring", "act"]
# What one reading cannot prove: that nothing is wrong, and that nothing can be said.
WANT_SECOND_LOOK = (Cause.NO_FAULT, Cause.UNKNOWN)
SURE_OF_ANOTHER = 2


def judge(
    diagnosis: Diagnosis,
    incident: Incident,
    monitoring: MonitoringState,
    findings: Sequence[Finding] = (),
    *,
    is_doubtful: bool = False,
) -> News:
    """`monitoring` already counts the run that led to `diagnosis`; `findings` are those of this run.

    `is_doubtful`: one run may not announce it, nor ask for anything. `act`: the diagnosis is no news, but what its
    answer waits for is there, so that it goes on by itself.
    """
    if incident.cause is None or incident.told_at is None:
        wants_second = is_doubtful or diagnosis.cause in WANT_SECOND_LOOK
        return "recheck" if wants_second and monitoring.runs < 2 else "announce"
    if diagnosis.cause in WANT_SECOND_LOOK:
        # A person's severity is told at once; what nothing is known of must not take the place of what was.
        return "announce" if _people_chose(incident) and diagnosis.cause is incident.cause else "monitoring"
    # The execution before may have failed before it answered; the gate keeps what was done from being done twice.
    starts_anew = monitoring.runs == 1 and not monitoring.resumed
    if starts_anew or _is_news(diagnosis, incident, monitoring):
        return "announce"
    return "act" if _may_go_on(incident, findings) else "monitoring"


def _may_go_on(incident: Incident, findings: Sequence[Finding]) -> bool:
    """A staged key shows in its own finding. Whether another's rotation is gone, only trying tells; it reads first."""
    if incident.waiting_for == "no_standby_key":
        standby = next((finding for finding in findings if finding.probe == "twinmind_standby_key"), None)
        return standby is not None and standby.measurements.get("standby") == "passing"
    return incident.waiting_for is not None


def _is_news(diagnosis: Diagnosis, incident: Incident, monitoring: MonitoringState) -> bool:
    """A look that falls into a change (a playbook's effect, a recovery) can show a mixture: another cause counts twice.

    Where no cause was known yet, and for whatever is worse, once is enough.
    """
    came_back = incident.status is IncidentStatus.MITIGATED and not monitoring.good_runs
    settled = incident.cause in WANT_SECOND_LOOK or monitoring.cause_runs >= SURE_OF_ANOTHER
    other_cause = diagnosis.cause is not incident.cause and settled
    worse = incident.severity is None or diagnosis.severity.rank > incident.severity.rank
    return came_back or other_cause or worse or _people_chose(incident)


def _people_chose(incident: Incident) -> bool:
    return incident.people_severity not in (None, incident.severity)
