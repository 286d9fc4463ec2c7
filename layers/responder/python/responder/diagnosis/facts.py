"""Facts (yes or no questions about the evidence), and the form of the rules that need them. Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from responder.diagnosis.evidence import PAGE, TWINMIND, Evidence
from responder.diagnosis.service import CHECKS, HEALTH, METRICS
from responder.domain.diagnosis import Cause, Scenario
from responder.domain.finding import FindingStatus

_OK, _DEGRADED, _FAILED = FindingStatus.OK, FindingStatus.DEGRADED, FindingStatus.FAILED
_UNKNOWN = FindingStatus.UNKNOWN
_PROXY_WANTS_PASSWORD = 407
_OTHER_CALLS = ("twinmind_health_with_key", "twinmind_rate_limit", "twinmind_transcription", "twinmind_limits")


@dataclass(frozen=True)
class Fact:
    """`text`: what should have been seen. People read it after "not seen:"."""

    text: str
    holds: Callable[[Evidence], bool]


@dataclass(frozen=True)
class Rule:
    """The facts that together show a cause.

    `strength`: the confidence if no probe is missing. `shown_by`: the probes whose findings are given as reasons.
    """

    cause: Cause
    strength: float
    says: str
    shown_by: tuple[str, ...]
    needs: tuple[Fact, ...]

    def matches(self, evidence: Evidence) -> bool:
        return not self.lacks(evidence)

    def lacks(self, evidence: Evidence) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.needs if not fact.holds(evidence))


def _felt(e: Evidence) -> bool:
    sick = e.service_is(_DEGRADED, _FAILED) and not e.only_warns("service_health")
    failing = (e.error_ratio or 0) >= e.limits.error_ratio_minor
    return e.latency_is_high or sick or failing or Scenario.HIGH_LATENCY in e.alerted_scenarios


def _reached(e: Evidence) -> bool:
    """TwinMind's silence is not our network's fault: another host answers, or TwinMind announces an outage."""
    if e.announces_outage:
        return True
    if e.flag("network", "control_answers") and not e.from_service_network and e.service_is_not_answered:
        return True  # from two networks, only TwinMind does not answer
    return e.egress_works and not e.name_or_tls_fails and not e.denies("network", "control_answers")


def _limit_is_used_up(e: Evidence) -> bool:
    """A few 429s show a used-up limit only if little of the limit is left."""
    empty = e.number("twinmind_rate_limit", "remaining") == 0 or e.is_limited_here
    low = e.is_low("service_metrics", "rate_limit_remaining") or e.is_low("twinmind_rate_limit", "remaining")
    refused = e.is_share("rate_limited") or (low and e.counted("rate_limited") >= 1)
    return empty or refused or e.service_meets(429)


def _limit_is_low_for_both(e: Evidence) -> bool:
    ours = e.is_low("service_metrics", "rate_limit_remaining") or Scenario.RATE_LIMITING in e.alerted_scenarios
    return e.is_low("twinmind_rate_limit", "remaining") and ours


def _pages_only(e: Evidence) -> bool:
    answered = [probe for probe in TWINMIND if e.word(probe, "answer")]
    pages = all(e.answered("odd", "forbidden", by=probe) and e.flag(probe, "page") for probe in answered)
    proxy = any(e.number(probe, "http_status") == _PROXY_WANTS_PASSWORD for probe in answered)
    return (bool(answered) and pages) or proxy


def _control_is_quick(e: Evidence) -> bool:
    """Also if none is configured. One that was not tried may be slow."""
    if e.runbook.endpoints.control_url is None and not e.flag("network", "control_configured"):
        return True
    return e.flag("network", "control_answers") and not e.control_is_slow


def _at_ease(e: Evidence) -> bool:
    """The queue need not be seen if the service has none."""
    ratios = ("cpu_ratio", "memory_ratio")
    seen = [(e.number(METRICS, name), e.number("service_usage", f"highest_{name}")) for name in ratios]
    queue = e.denies(METRICS, "queue_exposed") or e.least(METRICS, "queue_depth", 0)
    return all(set(found) != {None} for found in seen) and queue and not e.strained


LEAK_MARKER = Fact("a marker that is configured to mean a leaked key", lambda e: e.is_marked_leaked)
INSIDE = Fact("a probe run inside our service's network", lambda e: e.from_service_network)
SILENT = Fact("TwinMind giving no answer on any path", lambda e: e.is_silent_everywhere)
NOT_ANNOUNCED = Fact("a status page without an outage", lambda e: not e.announces_outage)
LINE_FAILS = Fact(
    "a network step that fails (DNS, TCP, TLS), or no way to other hosts",
    lambda e: e.word("network", "failed_step") is not None or e.name_or_tls_fails or not e.egress_works,
)
NOT_THRIVING = Fact("trouble, or no traffic, in our service's figures", lambda e: not e.thrives)
ANSWERED = Fact("answers of TwinMind that reach our service", lambda e: not e.gets_no_answer)
NOT_OUTLASTED = Fact("TwinMind giving no answer even to calls that wait longer than ours", lambda e: not e.outlasts_us)
PAGES = Fact("a web page instead of TwinMind's answer on every path", _pages_only)
MOSTLY_LIMITED = Fact(
    "429s being most of our service's failures",
    lambda e: e.is_share("rate_limited") and e.counted("rate_limited") * 2 >= e.counted("transcriptions_failed"),
)
UNPROBED = Fact("TwinMind giving us no answer, or one that is not its own", lambda e: e.answered("silent", "odd"))
CONTROL_SLOW = Fact("another host on the internet being as slow", lambda e: e.control_is_slow)
CONTROL_QUICK = Fact("another host on the internet being quick", _control_is_quick)
DEPLOYED = Fact("a deployment shortly before", lambda e: e.was_deployed)
NOT_DEPLOYED = Fact("no deployment shortly before", lambda e: not e.may_be_deployed)
STARVES = Fact(
    "CPU or memory high while some calls get no answer",
    lambda e: 0 < e.counted("unanswered") < e.counted("transcriptions") and bool({"CPU", "memory"} & set(e.strained)),
)
REACHED = Fact("another host on the internet that answers, or an announced outage", _reached)
FAILS_WITH_KEY = Fact(
    "TwinMind failing when asked with our key",
    lambda e: (
        # If our service is refused, TwinMind answers it. Then one call of ours without an answer says nothing.
        (e.answered("erring") or (e.answered("silent") and not e.service_is_refused))
        and not e.is_silent_everywhere
        and e.endpoints_that("erring", "silent") >= (2 if e.thrives else 1)
    ),
)
HEALTH_FAILS = Fact(
    "TwinMind's health endpoint failing", lambda e: e.answered("erring", "silent", by="twinmind_health")
)
NOT_SETTLED = Fact(
    "no sign that the rest of TwinMind works",
    lambda e: (
        not e.answered("accepted", "limited", "forbidden")
        and e.standby != "passing"
        and not e.is_silent_everywhere
        and not e.thrives
    ),
)
KEY_REFUSED = Fact("a refusal (401) of our current key on its account endpoint", lambda e: e.answered("refused"))
IN_TROUBLE = Fact(
    "trouble in our service's own calls",
    lambda e: e.service_is_refused or (e.was_seen_not_to_thrive and not e.gets_no_answer),
)
TURNS_AWAY = Fact("TwinMind refusing everybody in the same way, our service too", lambda e: e.turns_everybody_away)
STALLED = Fact("work that waits and is not done, although CPU is free", lambda e: e.is_stalled)
STUCK = Fact("a rollout that does not go on", lambda e: e.flag("service_workload", "rollout_failed") and e.was_deployed)
WORK_FAILS = Fact(
    "summaries failing, or users' input refused",
    lambda e: e.summaries_fail or e.is_share("user_errors"),
)
NOT_SINCE_DEPLOYMENT = Fact(
    "failures that a deployment does not explain", lambda e: not (e.may_be_deployed and e.fails_unexplained)
)
SHARED = Fact(
    "the same refusal by a second endpoint or in our service's own calls",  # one endpoint alone can be wrong
    lambda e: e.service_is_refused or any(e.answered("refused", by=probe) for probe in _OTHER_CALLS),
)
KEY_UNSENDABLE = Fact("a current key that no HTTP header can carry", lambda e: e.answered("unsent"))
STANDBY_REFUSED = Fact("a refusal of the standby keys too", lambda e: e.standby == "refused")
STANDBY_SEEN = Fact(
    "a standby key that passes, or that no usable one is staged",
    lambda e: e.standby in ("passing", "none", "unusable"),
)
IS_UP = Fact(
    "TwinMind up: health without a key, or a standby key that passes",
    lambda e: e.answered("accepted", by="twinmind_health") or e.standby == "passing",
)
KEY_WORKS = Fact("TwinMind accepting our current key", lambda e: e.works_with_our_key)
SERVICE_REFUSED = Fact("401s in our service's own calls", lambda e: e.service_is_refused)
OLDER_KEY = Fact(
    "a service that may hold an older key",
    lambda e: e.service_meets(401) or not (e.was_restarted or e.may_be_deployed),
)
MAY_HAVE_RELOADED = Fact("a service that may have restarted since", lambda e: e.was_restarted or e.may_be_deployed)
ANSWERS_US = Fact("TwinMind answering us", lambda e: e.answered("accepted", "limited"))
LIMIT_USED_UP = Fact("429s, or a rate limit that is used up", _limit_is_used_up)
LIMIT_LOW = Fact("a rate limit that is low in TwinMind's header and in our gauge or alert", _limit_is_low_for_both)
LIMIT_LOW_ONCE = Fact(
    "a rate limit that is low in TwinMind's header",
    lambda e: e.is_low("twinmind_rate_limit", "remaining"),
)
SERVICE_RUNS = Fact("a service that runs", lambda e: e.service_is(_OK, _DEGRADED))
SLOW = Fact("more than one slow answer of TwinMind, measured from here", lambda e: e.is_slow)
FAST = Fact(
    "TwinMind answering us quickly",
    lambda e: e.works_with_our_key and e.most("twinmind_account", "latency_ms", e.limits.latency_p95_seconds * 1000),
)
NOTICED = Fact(
    "an answer of our service's own checks",
    lambda e: all(
        e.number(probe, "http_status") is not None or e.status(probe) is not _UNKNOWN for probe in (*CHECKS, METRICS)
    ),
)
STRAINED = Fact("CPU, memory or queue of our service high", lambda e: bool(e.strained))
FELT = Fact("an effect on the service: latency, failures, or a failing check", _felt)
AT_EASE = Fact("CPU, memory and queue of our service seen and not high", _at_ease)
LATENCY_HIGH = Fact("a P95 of our service's calls over the threshold", lambda e: e.latency_is_high)
TAKES_LONG = Fact(
    "calls or transcriptions over their threshold",  # the API's own answers can be quick while jobs take long
    lambda e: e.latency_is_high or e.least(METRICS, "transcription_p95_seconds", e.limits.transcription_p95_seconds),
)
SERVER_ERRORS = Fact(
    "server errors of TwinMind in our service's calls",
    lambda e: e.is_share("server_errors") or e.service_meets(500, 502, 503, 504),
)
NOT_ANSWERED = Fact("calls of our service without any answer", lambda e: e.service_is_not_answered)
MOSTLY_SILENT = Fact(
    "server errors being fewer than the calls without an answer",
    lambda e: not e.is_share("server_errors") or e.counted("unanswered") >= e.counted("server_errors"),
)
JUDGES_US = Fact(
    "TwinMind answering us, whatever it says about our key", lambda e: e.answered("accepted", "limited", "refused")
)
OUTLASTS_US = Fact("TwinMind answering later than our probes wait, but serving our service", lambda e: e.outlasts_us)
OWN_CHECK_FAILS = Fact(
    "a failing check of our service that is not about TwinMind", lambda e: e.least(HEALTH, "others_failing", 1)
)
SICK = Fact(
    "our service unhealthy",
    lambda e: e.service_is(_FAILED) or e.status("service_twinmind_health") is _FAILED or e.is_down,
)
UNEXPLAINED = Fact("failures that nothing at TwinMind explains", lambda e: e.fails_unexplained)
PARTLY_FAILS = Fact(
    "summaries or a share of the transcriptions failing", lambda e: e.summaries_fail or e.fails_unexplained
)
ANNOUNCED = Fact("an outage on TwinMind's status page", lambda e: e.announces_outage and e.status(PAGE) is _FAILED)
ADMITTED = Fact("degraded performance on TwinMind's status page", lambda e: e.announced == "minor")
FEW_SERVER_ERRORS = Fact("a few server errors of TwinMind, twice in a row", lambda e: e.are_a_few("server_errors"))
FEW_LIMITED = Fact("a few 429s, twice in a row", lambda e: e.are_a_few("rate_limited"))
FEW_UNANSWERED = Fact("a few calls without an answer, twice in a row", lambda e: e.are_a_few("unanswered"))
NOT_DOWN = Fact(
    "our service up, at least in part",
    lambda e: (e.status(HEALTH) is not _UNKNOWN or e.denies(HEALTH, "configured")) and not e.is_mute,
)
SERVICE_DOWN = Fact("our service down as a whole", lambda e: e.is_down)
TRANSCRIPTION_FAILS = Fact(
    "a test transcription failing at TwinMind", lambda e: e.answered("erring", "silent", by="twinmind_transcription")
)
