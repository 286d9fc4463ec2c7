"""The rules one by one: for each world that the findings spell, the cause; and how sure the diagnosis is."""

import pytest

from responder.diagnosis.classify import classify
from responder.incident import Incident
from responder.runbook import packaged
from responder.words import Cause, Diagnosis, Finding, Scenario, Severity, Source
from tests.support.findings import AT, world

INCIDENT = Incident(id="pd-Q1", source=Source.PAGERDUTY, upstream_id="Q1", started_at=AT)
SILENT = {"twinmind_health": "timeout", "twinmind_health_with_key": "timeout", "twinmind_account": "timeout"}
UNRESOLVED = dict.fromkeys(SILENT, "dns")
NOBODY = {"twinmind_status_page": "away", "upstream_incident": "away"}
NOT_THRIVING = {"service_metrics": "unanswered"}
VPC = "service_network"


def judged(findings: list[Finding], earlier: list[Finding] | None = None) -> Diagnosis:
    return classify(findings, earlier=earlier or (), runbook=packaged(), incident=INCIDENT)


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
        ("function", {"twinmind_account": "erring"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_account": "timeout"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_account": "refused"}, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "refused", "twinmind_health": "erring"}, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "refused", "twinmind_standby_key": "none"}, Cause.KEY_REJECTED),
        ("function", {"twinmind_account": "refused", "twinmind_standby_key": "refused"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_account": "refused", "twinmind_standby_key": "unanswered"}, Cause.UNKNOWN),
        (
            "function",
            {"twinmind_account": "refused", "twinmind_standby_key": "none", "twinmind_health": "erring"},
            Cause.PROVIDER_OUTAGE,
        ),
        ("function", {"twinmind_account": "forbidden"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "no key"}, Cause.UNKNOWN),
        ("function", {"service_metrics": "refused"}, Cause.KEY_STALE),
        ("function", {"service_twinmind_health": "refused"}, Cause.KEY_STALE),
        ("function", {"twinmind_account": "blind", "service_metrics": "refused"}, Cause.UNKNOWN),
        ("function", {"twinmind_account": "limited"}, Cause.RATE_LIMITED),
        ("function", {"twinmind_rate_limit": "used up"}, Cause.RATE_LIMITED),
        ("function", {"service_metrics": "limited"}, Cause.RATE_LIMITED),
        ("function", {"twinmind_rate_limit": "low"}, Cause.UNKNOWN),
        ("function", {"twinmind_rate_limit": "low", "service_metrics": "near limit"}, Cause.RATE_LIMITED),
        ("function", {"twinmind_rate_limit": "low", "upstream_incident": "rate rule"}, Cause.RATE_LIMITED),
        ("function", {"service_metrics": "slow and strained"}, Cause.SERVICE_OVERLOADED),
        ("function", {"service_metrics": "strained", "upstream_incident": "slow rule"}, Cause.SERVICE_OVERLOADED),
        ("function", {"service_metrics": "strained"}, Cause.UNKNOWN),
        ("function", {"service_metrics": "slow and strained", "twinmind_account": "slow"}, Cause.PROVIDER_SLOW),
        ("function", {"twinmind_account": "slow"}, Cause.PROVIDER_SLOW),
        ("function", {"service_metrics": "slow"}, Cause.PROVIDER_SLOW),
        ("function", {"service_metrics": "slow, resources hidden"}, Cause.UNKNOWN),
        ("function", {"service_metrics": "erring"}, Cause.PROVIDER_OUTAGE),
        ("function", {"service_metrics": "unanswered"}, Cause.NETWORK_FAILURE),
        ("function", {"service_health": "database"}, Cause.SERVICE_FAULT),
        ("function", {"service_health": "timeout"}, Cause.SERVICE_FAULT),
        ("function", {"service_health": "database", "twinmind_account": "odd"}, Cause.UNKNOWN),
        ("function", {"twinmind_health": "erring"}, Cause.PROVIDER_OUTAGE),
        ("function", {"twinmind_status_page": "minor"}, Cause.PROVIDER_OUTAGE),
        ("function", {"upstream_incident": "leak", **SILENT}, Cause.KEY_LEAKED),
        ("function", {"service_metrics": "failing"}, Cause.UNKNOWN),
        ("function", {"twinmind_standby_key": "refused"}, Cause.NO_FAULT),
        ("function", {"twinmind_rate_limit": "no headers", **NOBODY}, Cause.NO_FAULT),
    ],
)
def test_cause(place: str, forms: dict[str, str], cause: Cause) -> None:
    found = judged(world(place, **forms))
    assert found.cause is cause, "\n".join(found.reasons)


def test_no_fault_is_sure_only_after_two_quiet_looks() -> None:
    once = judged(world())
    after_trouble = judged(world(), world(twinmind_account="erring"))
    after_blindness = judged(world(), world(service_metrics="blind"))
    twice = judged(world(), world())
    assert [found.cause for found in (once, after_trouble, after_blindness, twice)] == [Cause.NO_FAULT] * 4
    assert once.confidence == after_trouble.confidence == after_blindness.confidence < twice.confidence
    assert twice.severity is Severity.P4


def test_missing_evidence_lowers_confidence_and_is_named() -> None:
    whole = judged(world(twinmind_account="refused"))
    part = judged(world(twinmind_account="refused", service_metrics="blind", service_health="absent"))
    assert part.cause is whole.cause is Cause.KEY_REJECTED
    assert part.confidence < whole.confidence
    assert part.reasons[-1] == "Not seen: service_health, service_metrics."


def test_nothing_seen_at_all_is_unknown() -> None:
    found = judged([])
    assert (found.cause, found.scenario, found.severity) == (Cause.UNKNOWN, Scenario.OTHER, Severity.P3)
    assert not found.user_impact


def test_impact_has_numbers() -> None:
    found = judged(world(service_metrics="some fail"))
    assert found.impact == "3 of 20 (15%) transcriptions failed while we watched, at about 600 requests a minute."
    assert found.severity is Severity.P2


@pytest.mark.parametrize(
    ("forms", "severity"),
    [
        ({"service_metrics": "failing"}, Severity.P1),
        ({"twinmind_account": "refused", "service_metrics": "blind"}, Severity.P1),
        ({"twinmind_account": "refused"}, Severity.P2),  # the service's own numbers show that it still works
        ({"service_health": "timeout", "service_metrics": "blind"}, Severity.P1),
        ({"service_metrics": "limited"}, Severity.P1),
        ({"twinmind_account": "limited"}, Severity.P2),
        ({"service_metrics": "no summaries"}, Severity.P2),
        ({"twinmind_status_page": "critical"}, Severity.P2),
        ({"service_metrics": "slow"}, Severity.P3),
        ({"twinmind_status_page": "minor"}, Severity.P3),
        ({"service_metrics": "blind"}, Severity.P3),
        ({"service_metrics": "idle"}, Severity.P4),
    ],
)
def test_severity(forms: dict[str, str], severity: Severity) -> None:
    found = judged(world(**forms))
    assert found.severity is severity, "\n".join(found.reasons)
