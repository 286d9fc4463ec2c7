"""The rules for causes, the most specific first, in the order of docs/twinmind.md#order-of-checks. Pure.

If a rule's cause leads to an action, the rule needs only facts that were seen, and so do the rules above it. So a
missing finding can prevent an action but never cause one. A rule that leads to no action and needs optional findings
(a test transcription) is therefore below those that lead to one.
"""

from responder.diagnosis import facts as f
from responder.diagnosis.evidence import PAGE, TWINMIND
from responder.diagnosis.facts import Rule
from responder.diagnosis.service import CHECKS, METRICS
from responder.domain.diagnosis import Cause

ACCOUNT, LIMIT, WORKLOAD = "twinmind_account", "twinmind_rate_limit", "service_workload"


RULES = (
    Rule(
        Cause.KEY_LEAKED,
        0.9,
        "The alert carries a marker that is configured to mean a leaked key.",
        ("upstream_incident",),
        (f.LEAK_MARKER,),
    ),
    Rule(
        Cause.KEY_REJECTED,
        0.95,
        "Our current key cannot be sent: as it is stored, no HTTP header can carry it.",
        (ACCOUNT, "twinmind_health", "twinmind_standby_key"),
        (f.KEY_UNSENDABLE, f.IS_UP, f.STANDBY_SEEN),
    ),
    Rule(
        Cause.RATE_LIMITED,
        0.75,
        "TwinMind answers our service's calls with 429, though we cannot ask it ourselves.",
        (METRICS, LIMIT, *CHECKS),
        (f.MOSTLY_LIMITED, f.UNPROBED),
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0.75,
        "A web page, as of a proxy or firewall, comes in TwinMind's place in our service's network.",
        (*TWINMIND, METRICS),
        (f.INSIDE, f.PAGES, f.NOT_THRIVING),
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0.85,
        "Seen from our service's network, TwinMind cannot be reached, and TwinMind announces no outage.",
        ("network", *TWINMIND, PAGE),
        (f.INSIDE, f.SILENT, f.LINE_FAILS, f.NOT_ANNOUNCED),
    ),
    Rule(
        Cause.PROVIDER_SLOW,
        0.75,
        "TwinMind takes longer than we wait here, and serves our service's calls slowly.",
        ("twinmind_timing", *TWINMIND, "network", METRICS, PAGE),
        (f.OUTLASTS_US, f.LATENCY_HIGH),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.85,
        "TwinMind does not answer at all, while other hosts outside do.",
        (*TWINMIND, "network", PAGE),
        (f.SILENT, f.REACHED, f.NOT_THRIVING, f.NOT_OUTLASTED),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.9,
        "TwinMind itself fails when it is asked with our key.",
        (*TWINMIND, PAGE),
        (f.FAILS_WITH_KEY,),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.85,
        "TwinMind's health endpoint fails, and nothing shows that the rest works.",
        (*TWINMIND, PAGE),
        (f.HEALTH_FAILS, f.NOT_SETTLED),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.8,
        "TwinMind refuses every key, the standby keys too: another key would not help.",
        (ACCOUNT, "twinmind_standby_key", PAGE),
        (f.KEY_REFUSED, f.STANDBY_REFUSED, f.NOT_THRIVING, f.ANSWERED),
    ),
    Rule(
        Cause.KEY_REJECTED,
        0.95,
        "TwinMind is up and refuses our current key.",
        (ACCOUNT, "twinmind_health", "twinmind_standby_key"),
        (f.KEY_REFUSED, f.SHARED, f.IN_TROUBLE, f.IS_UP, f.STANDBY_SEEN),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.65,
        "TwinMind turns every call away alike, with a key and without, and our service's too.",
        (*TWINMIND, *CHECKS, METRICS, PAGE),
        (f.TURNS_AWAY, f.NOT_THRIVING),
    ),
    Rule(
        Cause.KEY_STALE,
        0.9,
        "Our current key works, but the calls of our service are refused: it still holds an older key.",
        (ACCOUNT, METRICS, *CHECKS),
        (f.SERVICE_REFUSED, f.KEY_WORKS, f.OLDER_KEY),
    ),
    Rule(
        Cause.RATE_LIMITED,
        0.9,
        "TwinMind accepts our key and refuses calls because the rate limit is used up.",
        (LIMIT, ACCOUNT, METRICS),
        (f.LIMIT_USED_UP, f.ANSWERS_US),
    ),
    # It comes after the rule above. It matches too if the platform could not be read: that must not cause an action.
    Rule(
        Cause.SERVICE_FAULT,
        0.65,
        "Our key works, and our service may have loaded it anew. Its calls are refused: it may send it wrongly.",
        (ACCOUNT, METRICS, WORKLOAD, *CHECKS),
        (f.SERVICE_REFUSED, f.KEY_WORKS, f.MAY_HAVE_RELOADED),
    ),
    Rule(
        Cause.RATE_LIMITED,
        0.7,
        "The rate limit is nearly used up.",
        (LIMIT, METRICS, "upstream_incident"),
        (f.LIMIT_LOW, f.KEY_WORKS, f.SERVICE_RUNS),
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0.7,
        "Another host outside is as slow as TwinMind: the way out of our service's network is slow.",
        ("network", "twinmind_timing", *TWINMIND, METRICS),
        (f.INSIDE, f.SLOW, f.CONTROL_SLOW),
    ),
    Rule(
        Cause.PROVIDER_SLOW,
        0.85,
        "TwinMind works, but answers slowly, measured from here.",
        ("twinmind_timing", *TWINMIND, METRICS, PAGE),
        (f.SLOW, f.KEY_WORKS, f.CONTROL_QUICK, f.NOT_DOWN),
    ),
    Rule(
        Cause.RATE_LIMITED,
        0.55,  # below confidence.act_from, because one figure may be from the end of a minute
        "The rate limit is nearly used up, as TwinMind's header says.",
        (LIMIT,),
        (f.LIMIT_LOW_ONCE, f.KEY_WORKS, f.SERVICE_RUNS),
    ),
    Rule(
        Cause.SERVICE_OVERLOADED,
        0.75,
        "Our service is short of CPU or memory, so its calls end without an answer; TwinMind answers us quickly.",
        (METRICS, "service_usage", ACCOUNT),
        (f.STARVES, f.FAST, f.NOTICED, f.NOT_SINCE_DEPLOYMENT),
    ),
    Rule(
        Cause.NETWORK_FAILURE,
        0.75,
        "TwinMind answers us here, but our service gets no answer from it: the fault is between the two.",
        (METRICS, *CHECKS, ACCOUNT),
        (f.NOT_ANSWERED, f.MOSTLY_SILENT, f.JUDGES_US),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.7,
        "TwinMind accepts our key, but our service's calls meet server errors of TwinMind.",
        (METRICS, *CHECKS, PAGE),
        (f.SERVER_ERRORS, f.KEY_WORKS),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.65,
        "TwinMind announces an outage, and a part of what our service asks of it fails.",
        (PAGE, METRICS, ACCOUNT),
        (f.ANNOUNCED, f.PARTLY_FAILS, f.KEY_WORKS),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.8,
        "Our own service fails a check of its own, while TwinMind works with our key.",
        ("service_health", METRICS, ACCOUNT),
        (f.OWN_CHECK_FAILS, f.KEY_WORKS),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.6,
        "Work waits in our service and none is done, though its CPU is free: it stands still.",
        (METRICS, "service_usage", WORKLOAD, ACCOUNT),
        (f.STALLED, f.FAST),
    ),
    Rule(
        Cause.SERVICE_OVERLOADED,
        0.8,
        "Our service is short of CPU, memory or workers, while TwinMind answers us quickly.",
        (METRICS, "service_usage", "service_health", ACCOUNT),
        (f.STRAINED, f.FELT, f.FAST, f.NOTICED, f.NOT_SINCE_DEPLOYMENT),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.7,
        "Our service's calls are slow since a deployment, while TwinMind answers us quickly.",
        (METRICS, WORKLOAD, ACCOUNT),
        (f.LATENCY_HIGH, f.AT_EASE, f.FAST, f.DEPLOYED),
    ),
    Rule(
        Cause.PROVIDER_SLOW,
        0.65,
        "Our service's work at TwinMind is slow, its own resources are fine, and TwinMind admits some trouble.",
        (METRICS, ACCOUNT, PAGE),
        (f.TAKES_LONG, f.AT_EASE, f.KEY_WORKS, f.NOTICED, f.NOT_DEPLOYED, f.CONTROL_QUICK, f.ADMITTED),
    ),
    Rule(
        Cause.SERVICE_OVERLOADED,
        0.55,  # below confidence.act_from: nothing has suffered yet, so people are asked first
        "Our service is short of CPU, memory or workers, though nothing of it is felt yet.",
        (METRICS, "service_usage", ACCOUNT),
        (f.STRAINED, f.FAST, f.NOTICED, f.NOT_SINCE_DEPLOYMENT),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.8,
        "TwinMind accepts our key and fails a simple transcription.",
        ("twinmind_transcription", METRICS, PAGE),
        (f.TRANSCRIPTION_FAILS, f.KEY_WORKS),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.65,
        "Summaries fail, or users' input is refused, since a deployment, while TwinMind works with our key.",
        (METRICS, WORKLOAD, ACCOUNT),
        (f.WORK_FAILS, f.DEPLOYED, f.KEY_WORKS),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.6,
        "A rollout of our service does not get on, while TwinMind works with our key.",
        (WORKLOAD, METRICS, ACCOUNT),
        (f.STUCK, f.KEY_WORKS),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.75,
        "Our own service is unhealthy, while TwinMind works with our key.",
        (*CHECKS, METRICS, WORKLOAD, ACCOUNT),
        (f.SICK, f.KEY_WORKS),
    ),
    Rule(
        Cause.SERVICE_FAULT,
        0.6,
        "Calls of our service fail for reasons that nothing at TwinMind explains: it works with our key.",
        (METRICS, "service_logs", WORKLOAD, ACCOUNT),
        (f.UNEXPLAINED, f.KEY_WORKS, f.NOTICED),
    ),
    Rule(
        Cause.PROVIDER_OUTAGE,
        0.5,
        "TwinMind's health endpoint fails, although our key works on its account endpoint.",
        ("twinmind_health", ACCOUNT, PAGE),
        (f.HEALTH_FAILS, f.KEY_WORKS, f.NOT_THRIVING),
    ),
    # Below confidence.act_from: hardly felt (runbook S-9), so people are asked before anything is done.
    *(
        Rule(
            cause,
            0.5,
            f"In two checks in a row, a few calls of our service {what}.",
            (METRICS, ACCOUNT),
            (fact, f.KEY_WORKS),
        )
        for cause, fact, what in (
            (Cause.PROVIDER_OUTAGE, f.FEW_SERVER_ERRORS, "meet server errors of TwinMind"),
            (Cause.RATE_LIMITED, f.FEW_LIMITED, "are refused for the rate limit"),
            (Cause.NETWORK_FAILURE, f.FEW_UNANSWERED, "get no answer, while TwinMind answers us"),
        )
    ),
)
