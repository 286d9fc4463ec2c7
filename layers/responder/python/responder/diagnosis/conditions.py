"""What each rule looks for, as one yes or no question to the evidence. Pure."""

from responder.diagnosis.evidence import Evidence
from responder.words import FindingStatus, Scenario

_OK, _DEGRADED, _FAILED = FindingStatus.OK, FindingStatus.DEGRADED, FindingStatus.FAILED


def key_is_marked_leaked(e: Evidence) -> bool:
    return e.is_marked_leaked


def network_fails(e: Evidence) -> bool:
    seen = e.is_silent_everywhere and e.from_service_network and not e.announces_outage
    return seen and (bool(e.faults & {"dns", "tls"}) or not e.egress_works)


def provider_is_silent(e: Evidence) -> bool:
    """The function's own network can be at fault too: so somebody else must answer, and the service not thrive."""
    reached = e.egress_works and not e.faults & {"dns", "tls"}
    return e.is_silent_everywhere and not e.thrives and (reached or e.announces_outage)


def provider_fails_with_our_key(e: Evidence) -> bool:
    return e.answered("erring") or (e.answered("silent") and not e.is_silent_everywhere)


def provider_health_fails(e: Evidence) -> bool:
    settled = e.answered("accepted", "limited", "forbidden") or e.standby == "passing" or e.is_silent_everywhere
    return e.answered("erring", "silent", by="twinmind_health") and not settled


def every_key_is_refused(e: Evidence) -> bool:
    return e.answered("refused") and e.standby == "refused"


def key_is_rejected(e: Evidence) -> bool:
    is_up = e.answered("accepted", by="twinmind_health") or e.standby == "passing"
    return e.answered("refused") and is_up and e.standby in ("passing", "none")


def key_is_stale(e: Evidence) -> bool:
    return e.works_with_our_key and (e.is_share("auth_failed") or e.service_meets(401))


def rate_is_limited(e: Evidence) -> bool:
    used_up = e.answered("limited", by="twinmind_rate_limit") or e.number("twinmind_rate_limit", "remaining") == 0
    refused = e.answered("limited") or e.counted("rate_limited") >= 1 or e.service_meets(429)
    return e.answered("accepted", "limited") and (used_up or refused)


def rate_limit_is_near(e: Evidence) -> bool:
    both = e.is_low("service_metrics", "rate_limit_remaining") or Scenario.RATE_LIMITING in e.alerted_scenarios
    near = e.is_low("twinmind_rate_limit", "remaining") and both
    return near and e.works_with_our_key and e.service_is(_OK, _DEGRADED)


def service_is_overloaded(e: Evidence) -> bool:
    felt = e.latency_is_high or e.service_is(_DEGRADED, _FAILED) or (e.error_ratio or 0) >= e.limits.error_ratio_minor
    return e.is_fast and e.is_strained and (felt or Scenario.HIGH_LATENCY in e.alerted_scenarios)


def provider_is_slow(e: Evidence) -> bool:
    return e.works_with_our_key and bool(e.slow_answers)


def provider_is_slow_for_the_service(e: Evidence) -> bool:
    return e.works_with_our_key and e.latency_is_high and e.is_at_ease


def service_meets_server_errors(e: Evidence) -> bool:
    return e.works_with_our_key and (e.is_share("server_errors") or e.service_meets(500, 502, 503, 504))


def only_provider_health_fails(e: Evidence) -> bool:
    return e.works_with_our_key and e.answered("erring", "silent", by="twinmind_health")


def service_gets_no_answer(e: Evidence) -> bool:
    return e.works_with_our_key and e.service_is_not_answered


def service_is_sick(e: Evidence) -> bool:
    sick = e.service_is(_FAILED) or e.status("service_twinmind_health") is _FAILED
    return e.works_with_our_key and (sick or e.least("service_health", "others_failing", 1))


def provider_announces_trouble(e: Evidence) -> bool:
    return e.works_with_our_key and e.announced != "none"
