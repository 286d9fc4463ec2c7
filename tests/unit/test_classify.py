"""The rules one by one: for each world that the findings spell, the cause; and how sure the diagnosis is."""

import pytest

from responder.clients import connectivity
from responder.config.runbook import packaged
from responder.diagnosis.classify import classify, is_doubtful, looks_well
from responder.diagnosis.rules import RULES
from responder.domain.diagnosis import Cause, Diagnosis, Scenario, Severity
from responder.domain.finding import Finding
from responder.domain.incident import Incident, LatestValue, severity_for
from tests.support.findings import AT, world

INCIDENT = Incident(id="pd-Q1", source="pagerduty", upstream_id="Q1", started_at=AT)
SILENT = {"twinmind_health": "timeout", "twinmind_health_with_key": "timeout", "twinmind_account": "timeout"}
UNRESOLVED = dict.fromkeys(SILENT, "dns")
REFUSED = {"twinmind_account": "refused", "twinmind_health_with_key": "refused", "service_metrics": "refused"}
NOBODY = {"twinmind_status_page": "away", "upstream_incident": "away"}
NOT_THRIVING = {"service_metrics": "unanswered"}
VPC = "service_network"


def judged(findings: list[Finding], earlier: list[Finding] | None = None) -> Diagnosis:
    """Both looks alike, unless `earlier` says otherwise."""
    return classify(findings, earlier=findings if earlier is None else earlier, runbook=packaged(), incident=INCIDENT)


@pytest.mark.parametrize(
    ("place", "forms", "cause"),
    [
        ("function", SILENT | NOT_THRIVING, Cause.PROVIDER_OUTAGE),
        ("function", SILENT, Cause.UNKNOWN),  # our service gets answers: then it is the function's own network
        ("function", SILENT | NOBODY | NOT_THRIVING, Cause.UNKNOWN),
        ("function", UNRESOLVED | NOT_THRIVING, Cause.UNKNOWN),
        ("function", UNRESOLVED | NOT_THRIVING | {"twinmind_status_page": "critical"}, Cause.PROVIDER_OUTAGE),
        (VPC, UNRESOLVED | NOT_THRIVING, Cause.NETWORK_FAILURE),
        (VPC, dict.fromkeys(SILENT, "tls") | NOT_THRIVING, Cause.NETWORK_FAILURE),
        (VPC, SILENT | NOBODY | NOT_THRIVING, Cause.NETWORK_FAILURE),
        (VPC, SILENT | NOT_THRIVING, Cause.PROVIDER_OUTAGE),
        (VPC, UNRESOLVED | NOT_THRIVING | {"twinmind_status_page": "critical"}, Cause.PROVIDER_OUTAGE),
        # One endpoint's answer is that endpoint's while our own traffic is well.
        ("function", {"twinmind_account": "erring"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "timeout"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "erring", "service_metrics": "idle"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_account": "timeout", "service_metrics": "blind"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_account": "erring", "twinmind_health_with_key": "erring"}, Cause.PROVIDER_OUTAGE),
        # TwinMind refuses our service's calls, so it answers: a call of ours that took too long is no outage.
        ("function", REFUSED | {"twinmind_account": "timeout"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "timeout", "service_metrics": "refused"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "erring", "service_metrics": "refused"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_health": "limited", "twinmind_health_with_key": "limited"}, Cause.UNKNOWN),
        ("function", REFUSED, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "refused", "service_metrics": "refused"}, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "refused", "service_twinmind_health": "refused"}, Cause.KEY_REJECTED),
        ("function", REFUSED | {"twinmind_health": "erring"}, Cause.KEY_REJECTED),
        ("function", REFUSED | {"twinmind_standby_key": "none"}, Cause.KEY_REJECTED),
        # Our service's calls pass: then it is our probes' settings, and no outage.
        ("function", {"twinmind_account": "refused", "twinmind_standby_key": "refused"}, Cause.UNKNOWN),
        ("function", REFUSED | {"twinmind_standby_key": "refused"}, Cause.PROVIDER_OUTAGE),
        # What never left our service was refused by nobody.
        ("function", REFUSED | {"twinmind_standby_key": "refused"} | NOT_THRIVING, Cause.NETWORK_FAILURE),
        ("function", {"twinmind_account": "unsent"}, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "unsent", "twinmind_standby_key": "unusable"}, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "unsent", "twinmind_standby_key": "unanswered"}, Cause.UNKNOWN),
        ("function", REFUSED | {"twinmind_standby_key": "unanswered"}, Cause.UNKNOWN),
        (
            "function",
            {"twinmind_account": "refused", "twinmind_standby_key": "none", "twinmind_health": "erring"}
            | {"service_metrics": "idle"},
            Cause.PROVIDER_OUTAGE,
        ),
        ("function", {"twinmind_account": "forbidden"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "no key"}, Cause.UNKNOWN),
        ("function", {"service_metrics": "refused"}, Cause.KEY_STALE),
        ("function", {"service_twinmind_health": "refused"}, Cause.KEY_STALE),
        ("function", {"twinmind_account": "blind", "service_metrics": "refused"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "limited"}, Cause.UNKNOWN),  # one endpoint can have a limit of its own
        ("function", {"twinmind_account": "limited", "service_metrics": "idle"}, Cause.RATE_LIMITED),
        ("function", {"twinmind_account": "limited", "twinmind_health": "limited"}, Cause.RATE_LIMITED),
        ("function", {"service_metrics": "refused", "service_workload": "just deployed"}, Cause.SERVICE_FAULT),
        (
            "function",
            {"service_metrics": "refused", "service_workload": "just deployed", "service_health": "refused"},
            Cause.KEY_STALE,  # what was deployed holds an older key itself
        ),
        ("function", REFUSED | {"service_metrics": "unanswered"}, Cause.NETWORK_FAILURE),
        ("function", {"twinmind_rate_limit": "used up"}, Cause.RATE_LIMITED),
        ("function", {"service_metrics": "limited"}, Cause.RATE_LIMITED),
        ("function", {"twinmind_rate_limit": "low"}, Cause.RATE_LIMITED),
        ("function", {"service_metrics": "near limit"}, Cause.NO_FAULT),
        ("function", {"twinmind_rate_limit": "no headers", "service_metrics": "near limit"}, Cause.UNKNOWN),
        ("function", {"twinmind_rate_limit": "low", "service_metrics": "near limit"}, Cause.RATE_LIMITED),
        ("function", {"twinmind_rate_limit": "low", "upstream_incident": "rate rule"}, Cause.RATE_LIMITED),
        ("function", {"service_metrics": "slow and strained"}, Cause.SERVICE_OVERLOADED),
        ("function", {"service_metrics": "strained", "upstream_incident": "slow rule"}, Cause.SERVICE_OVERLOADED),
        ("function", {"service_metrics": "strained"}, Cause.SERVICE_OVERLOADED),
        ("function", {"service_metrics": "slow and strained", "twinmind_account": "slow"}, Cause.PROVIDER_SLOW),
        ("function", {"twinmind_account": "slow"}, Cause.UNKNOWN),  # one slow answer may be chance
        ("function", {"twinmind_account": "slow", "twinmind_health": "slow"}, Cause.PROVIDER_SLOW),
        ("function", {"twinmind_account": "slow", "service_metrics": "slow, resources hidden"}, Cause.PROVIDER_SLOW),
        # TwinMind is quick from here: ours, the way between, or theirs, and only their page can tell.
        ("function", {"service_metrics": "slow"}, Cause.UNKNOWN),
        ("function", {"service_metrics": "slow", "twinmind_status_page": "minor"}, Cause.PROVIDER_SLOW),
        ("function", {"service_metrics": "slow, resources hidden"}, Cause.UNKNOWN),
        ("function", {"service_metrics": "erring"}, Cause.PROVIDER_OUTAGE),
        ("function", {"service_metrics": "unanswered"}, Cause.NETWORK_FAILURE),
        ("function", {"service_health": "database"}, Cause.SERVICE_FAULT),
        ("function", {"service_health": "timeout"}, Cause.SERVICE_FAULT),
        ("function", {"service_health": "database", "twinmind_account": "odd"}, Cause.UNKNOWN),
        ("function", {"twinmind_health": "erring"}, Cause.UNKNOWN),  # our own traffic contradicts it
        ("function", {"twinmind_health": "erring", "service_metrics": "idle"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_status_page": "minor"}, Cause.NO_FAULT),  # our own traffic contradicts it
        ("function", {"twinmind_status_page": "critical"}, Cause.NO_FAULT),
        ("function", {"twinmind_status_page": "critical", "service_metrics": "idle"}, Cause.UNKNOWN),
        ("function", {"twinmind_status_page": "critical", "service_metrics": "no summaries"}, Cause.PROVIDER_OUTAGE),
        ("function", {"service_metrics": "no summaries"}, Cause.UNKNOWN),
        ("function", {"upstream_incident": "leak", **SILENT}, Cause.KEY_LEAKED),
        ("function", {"service_metrics": "failing"}, Cause.SERVICE_FAULT),
        ("function", {"twinmind_standby_key": "refused"}, Cause.NO_FAULT),
        ("function", {"twinmind_rate_limit": "no headers", **NOBODY}, Cause.NO_FAULT),
    ],
)
def test_cause(place: str, forms: dict[str, str], cause: Cause) -> None:
    found = judged(world(place, **forms))
    assert found.cause is cause, "\n".join(found.reasons)


@pytest.mark.parametrize("problem", sorted(set(connectivity.PROBLEMS.values())))
def test_a_certificate_of_another_host_that_only_we_see_is_the_fault_of_our_own_line(problem: str) -> None:
    silent = dict.fromkeys(SILENT, "tls") | {"network": f"certificate {problem}"}
    is_foreign = problem in ("untrusted", "other_name")
    assert judged(world(**silent)).cause is (Cause.NO_FAULT if is_foreign else Cause.UNKNOWN)
    assert judged(world(**silent, **NOT_THRIVING)).cause is not Cause.NO_FAULT


def test_no_fault_takes_two_quiet_looks() -> None:
    once = judged(world(), [])
    after_trouble = judged(world(), world(twinmind_account="erring"))
    after_blindness = judged(world(), world(service_metrics="blind"))
    twice = judged(world(), world())
    assert [found.cause for found in (once, after_trouble, after_blindness)] == [Cause.UNKNOWN] * 3
    assert "twinmind_account" in after_trouble.reasons[0]
    assert (twice.cause, twice.severity, twice.confidence) == (Cause.NO_FAULT, Severity.P4, 0.9)
    assert looks_well(world(), packaged())
    assert not looks_well(world(twinmind_account="erring"), packaged())


@pytest.mark.parametrize("traffic", ["ok", "idle"])
def test_a_refusal_by_one_endpoint_is_not_believed_however_often(traffic: str) -> None:
    """It is no reason to change a key: another endpoint, or our own calls, must meet it too."""
    findings = world(twinmind_account="refused", service_metrics=traffic)
    twice = judged(findings, findings)
    assert (twice.cause, twice.scenario) == (Cause.UNKNOWN, Scenario.AUTHENTICATION_FAILURE)
    # Another endpoint shares it; but what our own calls thrive with is not this key, and people must compare.
    shared = judged(world(**REFUSED | {"service_metrics": traffic}), [])
    assert shared.cause is (Cause.UNKNOWN if traffic == "ok" else Cause.KEY_REJECTED)


def test_each_rejected_cause_says_what_was_not_seen() -> None:
    found = judged(world(**REFUSED))
    told = {Cause.KEY_REJECTED, Cause.UNKNOWN, Cause.NO_FAULT}
    assert [line.split(":")[0] for line in found.against] == [
        f"Not {cause.value}" for cause in dict.fromkeys(rule.cause for rule in RULES) if cause not in told
    ]
    assert "Not key_leaked: not seen: a marker that is configured to mean a leaked key." in found.against


def test_a_deployment_shortly_before_is_named_and_makes_surer() -> None:
    def rollout(age: int) -> list[Finding]:
        measured = {"configured": True, "platform": "kubernetes", "rollout_age_seconds": age}
        summary = "twinmind-service was rolled out."
        one = Finding(probe="service_workload", status="ok", summary=summary, measurements=measured, at=AT)
        return [*world(service_health="database"), one]

    recent, old = judged(rollout(600)), judged(rollout(86_400))
    assert recent.cause is old.cause is Cause.SERVICE_FAULT
    assert "A deployment came shortly before: twinmind-service was rolled out." in recent.reasons
    assert not any("deployment" in reason for reason in old.reasons)
    assert recent.confidence > old.confidence


def test_missing_evidence_lowers_confidence_and_is_named() -> None:
    whole = judged(world(**REFUSED))
    part = judged(world(**REFUSED | {"service_metrics": "blind", "service_health": "refused"}))
    assert part.cause is whole.cause is Cause.KEY_REJECTED
    assert part.confidence < whole.confidence
    assert part.reasons[-1] == "Not seen: service metrics."


def test_nothing_seen_at_all_is_unknown() -> None:
    found = judged([])
    assert (found.cause, found.scenario, found.severity) == (Cause.UNKNOWN, Scenario.OTHER, Severity.P2)
    assert not found.user_impact


def test_impact_has_numbers() -> None:
    found = judged(world(service_metrics="some fail"))
    assert found.impact == (
        "3 of 20 (15%) transcriptions failed while we watched, "
        "at about 600 requests a minute, since 12:00 UTC or before."
    )
    assert found.affected == ("transcriptions",)
    assert judged(world(service_metrics="no summaries")).affected == ("summaries",)
    assert found.severity is Severity.P2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"usual_error_ratio": 0.02}, "Failures are spiking: 100% now, 2% at this hour of earlier days."),
        ({"usual_error_ratio": 1.0}, "Failures are no more than at this hour of earlier days (100%)"),
        ({"before_error_ratio": 0.5}, "Failures are increasing: 100% now, 50% before."),
        ({"usual_error_ratio": 1.0, "before_error_ratio": 0.5}, "it may be no news."),
        ({"before_error_ratio": 0.98}, ""),
    ],
)
def test_a_spike_is_said_against_earlier_days_or_the_look_before(more: dict[str, float], said: str) -> None:
    findings = [
        one.model_copy(update={"measurements": one.measurements | {"error_ratio": 1.0} | more})
        if one.probe == "service_metrics"
        else one
        for one in world(**REFUSED)
    ]
    found = [reason for reason in judged(findings).reasons if reason.startswith("Failures are")]
    assert [said in reason for reason in found] == ([True] if said else [])


def test_impact_is_said_in_requests_and_users_since_the_start() -> None:
    since = {"since": "2026-01-05T11:40:00+00:00", "since_transcriptions": 400, "since_transcriptions_failed": 60}
    findings = world(service_metrics="some fail")
    (metrics,) = [one for one in findings if one.probe == "service_metrics"]
    findings.remove(metrics)
    counted = metrics.model_copy(update={"measurements": metrics.measurements | since})
    impact = judged([*findings, counted]).impact
    assert impact
    assert impact.endswith("12:00 UTC or before. In all 60 of 400 (15%) failed since 11:40 UTC.")
    users = counted.model_copy(update={"measurements": counted.measurements | {"users_affected": 31}})
    assert str(judged([*findings, users]).impact).endswith("since 11:40 UTC, 31 users are affected.")


@pytest.mark.parametrize(
    ("forms", "severity"),
    [
        ({"service_metrics": "failing"}, Severity.P1),
        ({"twinmind_account": "refused", "service_metrics": "blind", "service_health": "blind"}, Severity.P1),
        ({"twinmind_account": "refused", "service_metrics": "blind"}, Severity.P2),  # its own check says otherwise
        ({"twinmind_account": "refused"}, Severity.P3),  # the service's own numbers show that it still works
        ({"service_health": "timeout", "service_metrics": "blind"}, Severity.P1),
        ({"service_metrics": "limited"}, Severity.P1),
        ({"twinmind_account": "limited"}, Severity.P3),
        ({"twinmind_account": "limited", "twinmind_rate_limit": "used up"}, Severity.P2),
        ({"service_metrics": "no summaries"}, Severity.P2),
        ({"twinmind_status_page": "critical"}, Severity.P3),  # the service's own numbers show that it still works
        ({"twinmind_status_page": "critical", "service_metrics": "idle"}, Severity.P2),
        ({"service_metrics": "slow"}, Severity.P3),
        ({"twinmind_status_page": "minor"}, Severity.P3),
        ({"service_metrics": "blind"}, Severity.P3),
        ({"service_metrics": "idle"}, Severity.P4),
    ],
)
def test_severity(forms: dict[str, str], severity: Severity) -> None:
    found = judged(world(**forms))
    assert found.severity is severity, "\n".join(found.reasons)


@pytest.mark.parametrize(
    ("born", "cause", "expected"),
    [("P1", Cause.NO_FAULT, Severity.P3), ("P4", Cause.NO_FAULT, Severity.P4), ("P1", Cause.UNKNOWN, Severity.P1)],
)
def test_a_monitor_s_own_priority_makes_no_more_than_p3_of_nothing(born: str, cause: Cause, expected: Severity) -> None:
    alerted = INCIDENT.model_copy(update={"born_severity": Severity(born)})
    assert severity_for(Severity.P4, alerted, cause) is expected
    chosen = alerted.model_copy(update={"chosen_severity": LatestValue(at=AT, value="P1")})
    assert severity_for(Severity.P4, chosen, cause) is Severity.P1


def test_one_look_is_too_little_while_our_traffic_is_well_or_the_diagnosis_is_unsure() -> None:
    def doubtful(**forms: str) -> bool:
        findings = world(**forms)
        return is_doubtful(judged(findings, []), findings, packaged())

    assert doubtful(twinmind_account="erring")
    assert doubtful(service_metrics="strained")
    assert not doubtful(twinmind_account="erring", service_metrics="erring")
    assert not doubtful(upstream_incident="leak")
