"""The rules by which a cause is told, most telling first, in the order of twinmind.md 8.2. Pure.

Rules of causes that lead to an action need only things that were seen, and rules above them cannot hold at the same
time unless they too were seen: so losing evidence can take an action away, and never bring one about.
"""

from collections.abc import Callable
from dataclasses import dataclass

from responder.diagnosis import conditions
from responder.diagnosis.evidence import SERVICE, TWINMIND, Evidence
from responder.words import Cause

METRICS, ACCOUNT, PAGE = "service_metrics", "twinmind_account", "twinmind_status_page"


@dataclass(frozen=True)
class Rule:
    """`strength`: confidence with nothing missing. `shown_by`: the probes whose findings go into the reasons."""

    cause: Cause
    strength: float
    says: str
    shown_by: tuple[str, ...]
    holds: Callable[[Evidence], bool]


RULES = (
    Rule(
        Cause.KEY_LEAKED,
        0.9,
        "The alert carries a marker that is configured to mean a leaked key.",
        ("upstream_incident",),
        conditions.key_is_marked_leaked,
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0.85,
        "Seen from our service's network, TwinMind cannot be reached, and TwinMind announces no outage.",
        (*TWINMIND, PAGE),
        conditions.network_fails,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.85,
        "TwinMind does not answer at all, while other hosts outside do.",
        (*TWINMIND, PAGE),
        conditions.provider_is_silent,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.9,
        "TwinMind itself fails when it is asked with our key.",
        (*TWINMIND, PAGE),
        conditions.provider_fails_with_our_key,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.85,
        "TwinMind's health endpoint fails, and nothing shows that the rest works.",
        (*TWINMIND, PAGE),
        conditions.provider_health_fails,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.8,
        "TwinMind refuses every key, the standby keys too: another key would not help.",
        (ACCOUNT, "twinmind_standby_key", PAGE),
        conditions.every_key_is_refused,
    ),
    Rule(
        Cause.KEY_REJECTED,
        0.95,
        "TwinMind is up and refuses our current key.",
        (ACCOUNT, "twinmind_health", "twinmind_standby_key"),
        conditions.key_is_rejected,
    ),
    Rule(
        Cause.KEY_STALE,
        0.9,
        "Our current key works, but the calls of our service are refused: it still holds an older key.",
        (ACCOUNT, METRICS, *SERVICE),
        conditions.key_is_stale,
    ),
    Rule(
        Cause.RATE_LIMITED,
        0.9,
        "TwinMind accepts our key and refuses calls because the rate limit is used up.",
        ("twinmind_rate_limit", ACCOUNT, METRICS),
        conditions.rate_is_limited,
    ),
    Rule(
        Cause.RATE_LIMITED,
        0.7,
        "The rate limit is nearly used up.",
        ("twinmind_rate_limit", METRICS, "upstream_incident"),
        conditions.rate_limit_is_near,
    ),
    Rule(
        Cause.SERVICE_OVERLOADED,
        0.8,
        "Our service is short of CPU, memory or workers, while TwinMind answers us quickly.",
        (METRICS, "service_health", ACCOUNT),
        conditions.service_is_overloaded,
    ),
    Rule(
        Cause.PROVIDER_SLOW,
        0.85,
        "TwinMind works, but answers slowly, measured from here.",
        (*TWINMIND, METRICS, PAGE),
        conditions.provider_is_slow,
    ),
    Rule(
        Cause.PROVIDER_SLOW,
        0.65,
        "Our service's calls to TwinMind are slow, while its own resources are fine.",
        (METRICS, ACCOUNT, PAGE),
        conditions.provider_is_slow_for_the_service,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.7,
        "TwinMind accepts our key, but our service's calls meet server errors of TwinMind.",
        (METRICS, *SERVICE, PAGE),
        conditions.service_meets_server_errors,
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0.75,
        "TwinMind answers us here, but our service gets no answer from it: the fault is between the two.",
        (METRICS, *SERVICE, ACCOUNT),
        conditions.service_gets_no_answer,
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.75,
        "Our own service is unhealthy, while TwinMind works with our key.",
        ("service_health", "service_twinmind_health", METRICS, ACCOUNT),
        conditions.service_is_sick,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.5,
        "TwinMind's health endpoint fails, although our key works on its account endpoint.",
        ("twinmind_health", ACCOUNT, PAGE),
        conditions.only_provider_health_fails,
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.5,
        "TwinMind announces trouble; little or nothing of it shows from here.",
        (PAGE, ACCOUNT),
        conditions.provider_announces_trouble,
    ),
)
