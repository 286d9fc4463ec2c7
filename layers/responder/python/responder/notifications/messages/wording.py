"""The standing phrases: symptom, whose fault, and what the workflow does about it. Pure."""

from responder.config.base import Mode
from responder.domain.diagnosis import Cause, Scenario, Severity, Verdict
from responder.domain.incident import Incident
from responder.domain.update import clock_time

SYMPTOM = {
    Scenario.ALL_TRANSCRIPTIONS_FAILING: "All transcriptions are failing",
    Scenario.HIGH_LATENCY: "Transcriptions are slow",
    Scenario.RATE_LIMITING: "TwinMind refuses part of our requests (429)",
    Scenario.AUTHENTICATION_FAILURE: "TwinMind refuses our calls (401)",
    Scenario.OTHER: "TwinMind alert",
}
_SYMPTOM_OF_USERS = {
    Scenario.ALL_TRANSCRIPTIONS_FAILING: "All transcriptions fail for our users",
    Scenario.HIGH_LATENCY: "Transcriptions are slow for our users",
    Scenario.RATE_LIMITING: "Some transcriptions fail for our users (429)",
    Scenario.AUTHENTICATION_FAILURE: "Transcriptions fail for our users (401)",
    Scenario.OTHER: "Our users are affected",
}

FAULT = {
    Cause.PROVIDER_OUTAGE: "TwinMind is down (their fault)",
    Cause.PROVIDER_SLOW: "TwinMind is slow (their fault)",
    Cause.KEY_REJECTED: "our API key is rejected",
    Cause.KEY_STALE: "our service still uses an old API key",
    Cause.KEY_LEAKED: "our API key has leaked",
    Cause.RATE_LIMITED: "our TwinMind quota is used up",
    Cause.NETWORK_FAILURE: "our network does not reach TwinMind",
    Cause.SERVICE_OVERLOADED: "our service is overloaded",
    Cause.SERVICE_FAULT: "our service has a fault",
    Cause.NO_FAULT: "no fault found",
    Cause.UNKNOWN: "cause not known yet",
}

VERDICT = {
    Verdict.THEIRS: "TwinMind's",
    Verdict.KEY: "our API key's",
    Verdict.QUOTA: "our quota's",
    Verdict.NETWORK: "our network's",
    Verdict.OURS: "our service's",
    Verdict.NONE: "nobody's",
    Verdict.UNKNOWN: "not known",
}

# The first action of the cause's playbook.
ACTION = {
    Cause.KEY_REJECTED: "rotate",
    Cause.KEY_LEAKED: "contain",
    Cause.SERVICE_FAULT: "rollback",
    Cause.KEY_STALE: "restart",
    Cause.RATE_LIMITED: "quota",
    Cause.PROVIDER_SLOW: "queue",
    Cause.SERVICE_OVERLOADED: "quota",
}

# An action in words that fit in a headline while it is done, and after "ended by".
DONE = {
    "rotate": "rotating to a standby key",
    "contain": "replacing the leaked key",
    "restart": "restarting the service",
    "rollback": "rolling back the deployment",
    "scale": "scaling out",
    "quota": "sending less",
    "queue": "queueing what can wait",
    "model": "using the faster model",
}
# How one incident of this cause is called when they are counted.
EVENT = {
    Cause.PROVIDER_OUTAGE: "outage of TwinMind",
    Cause.PROVIDER_SLOW: "slowness of TwinMind",
    Cause.KEY_REJECTED: "key rejection",
    Cause.KEY_STALE: "use of an old key",
    Cause.KEY_LEAKED: "leaked key",
    Cause.RATE_LIMITED: "used-up quota",
    Cause.NETWORK_FAILURE: "network failure",
    Cause.SERVICE_OVERLOADED: "overload of our service",
    Cause.SERVICE_FAULT: "fault of our service",
    Cause.NO_FAULT: "alert without a fault",
    Cause.UNKNOWN: "incident of unknown cause",
}

_MONITORING_STEP = {
    Cause.PROVIDER_OUTAGE: "watching TwinMind, nothing of ours changed",
    Cause.NO_FAULT: "watching",
}

_ROTATION = (
    "We take a staged standby key and test it. If it passes, we put it in force, restart the service and check it."
)
_AUTO_DOING = {
    Cause.KEY_REJECTED: _ROTATION,
    Cause.KEY_LEAKED: _ROTATION,
    Cause.KEY_STALE: "We restart the service, so that it loads the key in force, and check that it works.",
    Cause.RATE_LIMITED: (
        "We let the service reject what is not critical, send less than the limit, and queue the rest. "
        "When this is over, we set it back."
    ),
    Cause.PROVIDER_SLOW: (
        "We let the service queue what can wait, ask whether to use the faster, plainer model, and watch TwinMind."
    ),
    Cause.SERVICE_OVERLOADED: (
        "We ask whether to scale out. Meanwhile we let the service reject what is not critical and queue the rest."
    ),
    Cause.SERVICE_FAULT: "We roll back the latest deployment, if it came shortly before the alert.",
}
_MONITORING_DOING = {
    Cause.PROVIDER_OUTAGE: "We watch TwinMind's API and status page and change nothing of ours.",
    Cause.NO_FAULT: "We keep watching and close the incident if it stays quiet.",
}


def symptom(incident: Incident) -> str:
    """What is broken, and for whom if a finding says so. A leaked key breaks nothing yet."""
    if incident.cause is Cause.KEY_LEAKED and not incident.user_impact:
        return "A TwinMind key was found outside"
    return (_SYMPTOM_OF_USERS if incident.user_impact else SYMPTOM)[incident.scenario or Scenario.OTHER]


def first_action(cause: Cause | None) -> str | None:
    """The action that repairs a fault of ours by itself; None if people or TwinMind repair it."""
    return ACTION.get(cause) if cause and cause.verdict is not Verdict.THEIRS else None


def step(cause: Cause, mode: Mode | None) -> str:
    """The last words of a headline: the present step, or that people are needed."""
    if cause in _MONITORING_STEP:
        return _MONITORING_STEP[cause]
    return DONE[ACTION[cause]] if cause in ACTION and mode is Mode.AUTO else "you are needed"


def doing(cause: Cause, mode: Mode | None) -> tuple[str, ...]:
    if cause in _MONITORING_DOING:
        return (_MONITORING_DOING[cause],)
    if cause not in _AUTO_DOING:
        return ("We change nothing. We keep checking, and say so when it recovers.",)
    if mode is Mode.AUTO:
        return (_AUTO_DOING[cause],)
    if mode is Mode.OBSERVE:
        return (f"We only say what we would do, and change nothing (runbook: modes.{ACTION[cause]}).",)
    return (f"We change nothing before a person approves: {DONE[ACTION[cause]]}.",)


def headline(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def label(severity: Severity | None) -> str:
    """Severity for a headline; before the first diagnosis nobody knows it."""
    return severity.value if severity else "P?"


def taken_back_text(incident: Incident) -> str:
    """The first reason of the diagnosis that replaces a wrong one."""
    said = FAULT[incident.cause or Cause.UNKNOWN]
    at = f" at {clock_time(incident.told_at)}" if incident.told_at else ""
    return (
        f"Taken back: “{said}”, as we said{at}. In two checks in a row our own calls to TwinMind succeeded: that was "
        "wrong. What we asked or published because of it is withdrawn."
    )
