"""Whether a diagnosis is news: probe again, notify people, or go on monitoring. Pure."""

from collections.abc import Sequence
from typing import Literal

from responder.domain.diagnosis import Cause, Diagnosis
from responder.domain.finding import Finding
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.monitoring_state import MonitoringState

News = Literal["announce", "recheck", "monitoring", "act"]
# One probe run cannot prove that nothing is wrong, or that the cause cannot be found.
WANT_SECOND_LOOK = (Cause.NO_FAULT, Cause.UNKNOWN)
SURE_OF_ANOTHER = 2
# While our service restarts for another incident it does not answer, which is not a fault.
MOST_LOOKS_BESIDE_RESTART = 4


def judge(
    diagnosis: Diagnosis,
    incident: Incident,
    monitoring: MonitoringState,
    findings: Sequence[Finding] = (),
    *,
    is_doubtful: bool = False,
    is_beside_restart: bool = False,
) -> News:
    """`monitoring` already counts the run that led to `diagnosis`; `findings` are those of this run.

    `is_doubtful`: one run may not announce it, nor ask for anything.
    `is_beside_restart`: our service was restarted for another incident meanwhile. Result `act`: the diagnosis is no
    news, but an action may go on that had to wait.
    """
    if incident.cause is None or incident.told_at is None:
        wants_second = is_doubtful or diagnosis.cause in WANT_SECOND_LOOK
        is_mixed = is_beside_restart and diagnosis.cause is not Cause.KEY_LEAKED
        # The checks are good for the first time: the next run shows whether the trouble is over.
        is_over = diagnosis.cause is Cause.UNKNOWN and monitoring.good_runs == 1
        looks = MOST_LOOKS_BESIDE_RESTART if is_mixed else 3 if is_over else 2 if wants_second else 1
        return "recheck" if monitoring.runs < looks else "announce"
    if diagnosis.cause in WANT_SECOND_LOOK:
        # A person's severity is announced at once; an unknown cause must not replace a known one.
        return "announce" if _people_chose(incident) and diagnosis.cause is incident.cause else "monitoring"
    # The previous execution may have failed before it acted; the gate prevents a second action.
    starts_anew = monitoring.runs == 1 and not monitoring.resumed
    if starts_anew or _is_news(diagnosis, incident, monitoring, is_doubtful=is_doubtful):
        return "announce"
    return "act" if _may_go_on(incident, findings) else "monitoring"


def _may_go_on(incident: Incident, findings: Sequence[Finding]) -> bool:
    """A probe shows a staged key. Whether another rotation is over, only a new attempt shows; it reads first."""
    if incident.waiting_for == "no_standby_key":
        standby = next((finding for finding in findings if finding.probe == "twinmind_standby_key"), None)
        return standby is not None and standby.measurements.get("standby") == "passing"
    return incident.waiting_for is not None


def takes_back(diagnosis: Diagnosis, incident: Incident, monitoring: MonitoringState, *, thrives: bool) -> bool:
    """Whether the announced cause was wrong: two runs in a row find no cause, and our own traffic works.

    If all checks are good, it is a recovery instead. A leaked key is never taken back.
    """
    was_named = incident.told_at is not None and incident.cause not in (None, *WANT_SECOND_LOOK)
    is_seen_twice = diagnosis.cause is Cause.UNKNOWN and monitoring.cause_runs >= SURE_OF_ANOTHER
    is_open = incident.status is not IncidentStatus.MITIGATED and incident.cause is not Cause.KEY_LEAKED
    return was_named and is_seen_twice and is_open and thrives and not monitoring.good_runs


def _is_news(diagnosis: Diagnosis, incident: Incident, monitoring: MonitoringState, *, is_doubtful: bool) -> bool:
    """While things change (an action's effect, a recovery), probes can disagree: another cause must be seen twice.

    Once is enough if no cause was known yet, and for a worse severity.
    """
    came_back = incident.status is IncidentStatus.MITIGATED and not monitoring.good_runs
    is_sure = (incident.cause in WANT_SECOND_LOOK and not is_doubtful) or monitoring.cause_runs >= SURE_OF_ANOTHER
    other_cause = diagnosis.cause is not incident.cause and is_sure
    worse = incident.severity is None or diagnosis.severity.rank > incident.severity.rank
    return came_back or other_cause or worse or _people_chose(incident)


def _people_chose(incident: Incident) -> bool:
    return incident.people_severity not in (None, incident.severity)
