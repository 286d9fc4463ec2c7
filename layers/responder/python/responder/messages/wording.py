"""The standing phrases: symptom, whose fault, and what the workflow does about it. Pure."""

from responder.words import Cause, Mode, Scenario, Severity, Verdict

SYMPTOM = {
    Scenario.ALL_TRANSCRIPTIONS_FAILING: "All transcriptions are failing",
    Scenario.HIGH_LATENCY: "Transcriptions are slow",
    Scenario.RATE_LIMITING: "TwinMind refuses part of our requests (429)",
    Scenario.AUTHENTICATION_FAILURE: "TwinMind refuses our calls (401)",
    Scenario.OTHER: "TwinMind integration alert",
}

FAULT = {
    Cause.PROVIDER_OUTAGE: "TwinMind is down (theirs)",
    Cause.PROVIDER_SLOW: "TwinMind is slow (theirs)",
    Cause.KEY_REJECTED: "our API key is rejected (key)",
    Cause.KEY_STALE: "our service still uses an old API key (key)",
    Cause.KEY_LEAKED: "our API key has leaked (key)",
    Cause.RATE_LIMITED: "our TwinMind quota is used up (quota)",
    Cause.NETWORK_FAILURE: "we cannot reach TwinMind (our network)",
    Cause.SERVICE_OVERLOADED: "our service is overloaded (ours)",
    Cause.SERVICE_FAULT: "our service is at fault (ours)",
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

# The cause's own action in runbook.yaml, for the answers that are automatic today.
ACTION = {Cause.KEY_REJECTED: "rotate", Cause.KEY_STALE: "restart"}

_AUTO_STEP = {Cause.KEY_REJECTED: "rotating to a standby key", Cause.KEY_STALE: "restarting the consumers"}
_WATCH_STEP = {
    Cause.PROVIDER_OUTAGE: "watching TwinMind, nothing of ours changed",
    Cause.PROVIDER_SLOW: "watching TwinMind, nothing of ours changed",
    Cause.NO_FAULT: "watching",
}

_AUTO_DOING = {
    Cause.KEY_REJECTED: (
        "We take the staged standby key, test it on /v1/me, put it in force only if it passes, "
        "then restart the consumers and check that they work."
    ),
    Cause.KEY_STALE: "We restart the consumers so that they load the current key, and check that they work.",
}
_WATCH_DOING = {
    Cause.PROVIDER_OUTAGE: "We watch TwinMind's API and status page and change nothing of ours.",
    Cause.PROVIDER_SLOW: "We watch TwinMind's response times and change nothing of ours.",
    Cause.NO_FAULT: "We keep watching and close the incident if it stays quiet.",
}


def symptom(scenario: Scenario | None, *, user_impact: bool) -> str:
    """What is broken, and for whom where a finding says so."""
    text = SYMPTOM[scenario or Scenario.OTHER]
    return f"{text} for our users" if user_impact and scenario not in (None, Scenario.OTHER) else text


def step(cause: Cause, mode: Mode | None) -> str:
    """The last words of a headline: what is being done, or that people are needed."""
    if cause in _WATCH_STEP:
        return _WATCH_STEP[cause]
    return _AUTO_STEP[cause] if cause in _AUTO_STEP and mode is Mode.AUTO else "you are needed"


def doing(cause: Cause, mode: Mode | None) -> tuple[str, ...]:
    if cause in _WATCH_DOING:
        return (_WATCH_DOING[cause],)
    if cause not in _AUTO_DOING:
        return ("We change nothing; we keep checking, and say so when it recovers.",)
    if mode is Mode.AUTO:
        return (_AUTO_DOING[cause],)
    asked = "is only observed" if mode is Mode.OBSERVE else "waits for a person's approval"
    return (f"We change nothing: the action `{ACTION[cause]}` {asked}.",)


def headline(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)


def label(severity: Severity | None) -> str:
    """Severity for a headline; before the first diagnosis nobody knows it."""
    return severity.value if severity else "P?"
