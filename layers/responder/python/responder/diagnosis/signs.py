"""Signs of further causes besides the main one. Pure.

They are weaker than rules, because the main cause can hide TwinMind's state. So a sign alone never decides a cause.
"""

from responder.diagnosis import facts as f
from responder.diagnosis.evidence import PAGE
from responder.diagnosis.facts import Rule
from responder.diagnosis.rules import ACCOUNT, LIMIT
from responder.diagnosis.service import CHECKS, METRICS
from responder.domain.diagnosis import Cause

SIGNS = (
    Rule(Cause.PROVIDER_SLOW, 0, "TwinMind also answers slowly.", (ACCOUNT, "twinmind_timing"), (f.SLOW,)),
    Rule(
        Cause.SERVICE_FAULT,
        0,
        "Our service also fails a check of its own.",
        ("service_health",),
        (f.OWN_CHECK_FAILS,),
    ),
    Rule(Cause.SERVICE_FAULT, 0, "Our service is also down.", CHECKS, (f.SERVICE_DOWN,)),
    Rule(
        Cause.SERVICE_OVERLOADED,
        0,
        "Our service is also short of CPU, memory or workers.",
        (METRICS, "service_usage"),
        (f.STRAINED,),
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0,
        "Calls of our service also get no answer, while TwinMind answers us.",
        (METRICS, *CHECKS),
        (f.NOT_ANSWERED, f.JUDGES_US),
    ),
    Rule(Cause.PROVIDER_OUTAGE, 0, "TwinMind also announces an outage.", (PAGE,), (f.ANNOUNCED,)),
    Rule(Cause.KEY_REJECTED, 0, "Our current key is also refused.", (ACCOUNT,), (f.KEY_REFUSED,)),
    Rule(Cause.RATE_LIMITED, 0, "Calls are also refused for the rate limit.", (LIMIT, METRICS), (f.LIMIT_USED_UP,)),
)
