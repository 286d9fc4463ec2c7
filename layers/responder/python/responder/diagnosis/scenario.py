"""Chooses the runbook's scenario, which is the symptom. Pure."""

from responder.diagnosis.evidence import Evidence
from responder.domain.diagnosis import Cause, Scenario

_OF_CAUSE = {
    Cause.KEY_REJECTED: Scenario.AUTHENTICATION_FAILURE,
    Cause.KEY_STALE: Scenario.AUTHENTICATION_FAILURE,
    Cause.KEY_LEAKED: Scenario.AUTHENTICATION_FAILURE,
    Cause.RATE_LIMITED: Scenario.RATE_LIMITING,
}
_OF_SLOWNESS = (Cause.PROVIDER_SLOW, Cause.SERVICE_OVERLOADED)
# If an alert names several symptoms, the most serious one counts.
_GRAVEST_FIRST = (
    Scenario.ALL_TRANSCRIPTIONS_FAILING,
    Scenario.AUTHENTICATION_FAILURE,
    Scenario.RATE_LIMITING,
    Scenario.HIGH_LATENCY,
)


def scenario(e: Evidence, cause: Cause) -> Scenario:
    """The scenario: by the cause if it implies one, else by the figures, else by the name of the alert rule."""
    if cause in _OF_CAUSE:
        return _OF_CAUSE[cause]
    if _is_about_the_key(e) and not e.turns_everybody_away and cause is not Cause.NETWORK_FAILURE:
        return Scenario.AUTHENTICATION_FAILURE
    if _transcriptions_fail(e, cause):
        return Scenario.ALL_TRANSCRIPTIONS_FAILING
    if cause in _OF_SLOWNESS:
        return Scenario.HIGH_LATENCY
    if e.answered("limited"):
        return Scenario.RATE_LIMITING
    alerted = [known for known in _GRAVEST_FIRST if known in e.alerted_scenarios]
    if e.transcribes:  # even if the alert claims that they fail
        alerted = [known for known in alerted if known is not Scenario.ALL_TRANSCRIPTIONS_FAILING]
    if alerted:
        return alerted[0]
    return Scenario.HIGH_LATENCY if e.latency_is_high or e.is_slow or e.outlasts_us else Scenario.OTHER


def _is_about_the_key(e: Evidence) -> bool:
    ours = e.answered("refused", "forbidden", "unsent") or e.denies("twinmind_account", "key_present")
    return ours or e.service_meets(401) or e.reaches("auth_failed", e.limits.error_ratio_minor)


def _transcriptions_fail(e: Evidence, cause: Cause) -> bool:
    """Whether all or most fail. If the cause stops transcriptions, a smaller share is enough, or none seen to work."""
    if e.fails_beyond(e.limits.error_ratio_major) or e.is_stalled or (e.is_down and not e.is_cut_off):
        return True
    if cause in _OF_SLOWNESS:
        return False
    noticed = e.fails_beyond(e.limits.error_ratio_minor)
    silent = e.is_silent_everywhere and not e.outlasts_us and not e.is_cut_off
    stopped = cause in (Cause.PROVIDER_OUTAGE, Cause.NETWORK_FAILURE) or silent
    return noticed or (stopped and not e.transcribes)
