"""From findings to a diagnosis: whose fault, how bad, how sure, and why. Pure and deterministic."""

from collections.abc import Sequence

from responder.diagnosis.evidence import ESSENTIAL, Evidence
from responder.diagnosis.rules import RULES, Rule
from responder.diagnosis.severity import impact, severity
from responder.incident import Incident
from responder.runbook import Runbook
from responder.words import Cause, Diagnosis, Finding, FindingStatus, Scenario

SURE = 0.9
ONE_LOOK = 0.5
NOT_KNOWN = 0.2
LEAST = 0.1

_SCENARIO_OF = {
    Cause.KEY_REJECTED: Scenario.AUTHENTICATION_FAILURE,
    Cause.KEY_STALE: Scenario.AUTHENTICATION_FAILURE,
    Cause.KEY_LEAKED: Scenario.AUTHENTICATION_FAILURE,
    Cause.RATE_LIMITED: Scenario.RATE_LIMITING,
    Cause.PROVIDER_SLOW: Scenario.HIGH_LATENCY,
    Cause.SERVICE_OVERLOADED: Scenario.HIGH_LATENCY,
}
# Where an alert names several symptoms, the gravest is the one to work by.
_GRAVEST_FIRST = (
    Scenario.ALL_TRANSCRIPTIONS_FAILING,
    Scenario.AUTHENTICATION_FAILURE,
    Scenario.RATE_LIMITING,
    Scenario.HIGH_LATENCY,
)


def classify(
    findings: Sequence[Finding], *, earlier: Sequence[Finding] = (), runbook: Runbook, incident: Incident
) -> Diagnosis:
    """The diagnosis of this round; `earlier` is the round before it, which only `no_fault` needs.

    The order of the findings does not matter, and only their status and measurements decide. `severity` is the one
    found: what people chose upstream is applied by the caller (`incident.severity_for`).
    """
    evidence = Evidence(findings, runbook)
    matches = [rule for rule in RULES if rule.holds(evidence)]
    if matches:
        return _diagnosis(evidence, matches[0].cause, _confidence(evidence, matches[0]), _reasons(evidence, matches))
    if evidence.is_quiet:
        return _no_fault(evidence, Evidence(earlier, runbook).is_quiet, incident)
    return _diagnosis(evidence, Cause.UNKNOWN, NOT_KNOWN, _doubts(evidence))


def _diagnosis(evidence: Evidence, cause: Cause, confidence: float, reasons: list[str]) -> Diagnosis:
    hurt = impact(evidence)
    return Diagnosis(
        scenario=_scenario(evidence, cause),
        cause=cause,
        severity=severity(evidence),
        confidence=confidence,
        reasons=tuple(reasons),
        user_impact=hurt is not None,
        impact=hurt,
    )


def _confidence(evidence: Evidence, rule: Rule) -> float:
    supported = rule.cause.verdict.value == "theirs" and evidence.announced != "none"
    lost = 0.05 * len(evidence.missing)
    return round(min(0.95, max(LEAST, rule.strength + 0.05 * supported - lost)), 2)


def _reasons(evidence: Evidence, matches: list[Rule]) -> list[str]:
    first = matches[0]
    others: dict[Cause, Rule] = {}
    for rule in matches[1:]:
        if rule.cause is not first.cause:
            others.setdefault(rule.cause, rule)
    also = [f"Besides this, {rule.cause.value}: {rule.says}" for rule in others.values()]
    probes = [probe for rule in (first, *others.values()) for probe in rule.shown_by]
    return [first.says, *_quoted(evidence, probes), *also, *_gaps(evidence)]


def _quoted(evidence: Evidence, probes: Sequence[str]) -> list[str]:
    """What the probes said, each once, so that every reason can be traced to its finding."""
    known = [probe for probe in dict.fromkeys(probes) if evidence.status(probe) is not FindingStatus.UNKNOWN]
    return [f"{probe}: {evidence.findings[probe].summary}" for probe in known]


def _gaps(evidence: Evidence) -> list[str]:
    return [f"Not seen: {', '.join(evidence.missing)}."] if evidence.missing else []


def _no_fault(evidence: Evidence, was_quiet: bool, incident: Incident) -> Diagnosis:
    looks = "Two looks in a row find" if was_quiet else "One look finds"
    reasons = [f"{looks} nothing wrong with {incident.integration}.", *_quoted(evidence, ESSENTIAL)]
    return _diagnosis(evidence, Cause.NO_FAULT, SURE if was_quiet else ONE_LOOK, reasons)


def _doubts(evidence: Evidence) -> list[str]:
    """Why nothing can be said: what is missing, what is bad without an explanation."""
    unseen = [
        f"{probe}: {evidence.findings[probe].summary}" for probe in evidence.missing if probe in evidence.findings
    ]
    why = "What was seen does not point to one cause." if evidence.bad else "Too little could be seen to name a cause."
    return [why, *_quoted(evidence, evidence.bad), *unseen, *_gaps(evidence), *_network_note(evidence)]


def _network_note(evidence: Evidence) -> list[str]:
    if not evidence.is_silent_everywhere or evidence.from_service_network:
        return []
    faults = ", ".join(sorted(evidence.faults)) or "no answer"
    return [f"TwinMind cannot be reached from the function ({faults}); that says nothing about our service's network."]


def _scenario(evidence: Evidence, cause: Cause) -> Scenario:
    """The symptom: by the cause where it has one of its own, else by the numbers, else by the alert's rule."""
    if cause in _SCENARIO_OF:
        return _SCENARIO_OF[cause]
    if evidence.answered("refused"):
        return Scenario.AUTHENTICATION_FAILURE
    if (evidence.error_ratio or 0) >= evidence.limits.error_ratio_major or evidence.is_silent_everywhere:
        return Scenario.ALL_TRANSCRIPTIONS_FAILING
    if cause is Cause.PROVIDER_OUTAGE and not evidence.thrives:
        return Scenario.ALL_TRANSCRIPTIONS_FAILING
    alerted = [scenario for scenario in _GRAVEST_FIRST if scenario in evidence.alerted_scenarios]
    if alerted:
        return alerted[0]
    return Scenario.HIGH_LATENCY if evidence.latency_is_high else Scenario.OTHER
