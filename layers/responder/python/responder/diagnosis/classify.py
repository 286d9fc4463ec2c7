"""Makes a diagnosis from findings: cause, verdict, severity, confidence and reasons. Pure and deterministic."""

from collections.abc import Iterator, Sequence

from responder.config.runbook import Runbook
from responder.diagnosis.evidence import ESSENTIAL, PAGE, Evidence
from responder.diagnosis.facts import Rule
from responder.diagnosis.notes import decisive
from responder.diagnosis.rules import RULES
from responder.diagnosis.scenario import scenario
from responder.diagnosis.severity import affected, impact, severity
from responder.diagnosis.signs import SIGNS
from responder.domain.diagnosis import Cause, Diagnosis, Verdict
from responder.domain.finding import Finding, FindingStatus, spoken
from responder.domain.incident import Incident, names

SURE = 0.9
CONTRADICTED = 0.7
NOT_CONFIRMED = 0.4
NOT_KNOWN = 0.2
LEAST = 0.1


def classify(
    findings: Sequence[Finding], *, earlier: Sequence[Finding] = (), runbook: Runbook, incident: Incident
) -> Diagnosis:
    """The diagnosis of this probe run. `earlier`: the findings of the run before, as one healthy run proves nothing.

    Only the status and the measurements of findings count, and their order does not matter. The severity is what was
    seen. The caller applies people's choice in the pager (`incident.severity_for`).
    """
    evidence = Evidence(findings, runbook, earlier, incident.started_at)
    matches = matching(evidence)
    if matches:
        return _found(evidence, matches, incident)
    if not evidence.is_quiet:
        return _diagnosis(evidence, incident, Cause.UNKNOWN, NOT_KNOWN, _doubts(evidence))
    if evidence.before and evidence.before.is_quiet and not matching(evidence.before):
        return _no_fault(evidence, incident)
    return _diagnosis(evidence, incident, Cause.UNKNOWN, NOT_CONFIRMED, _not_confirmed(evidence, incident))


def looks_well(findings: Sequence[Finding], runbook: Runbook, *, leak_is_over: bool = False) -> bool:
    """Whether this probe run alone is healthy. A recovery is confirmed by several such runs.

    `leak_is_over`: TwinMind refuses the leaked key, so the alert's leak marker does not count any more.
    """
    evidence = Evidence(findings, runbook)
    left = [rule for rule in matching(evidence) if not (leak_is_over and rule.cause is Cause.KEY_LEAKED)]
    return evidence.is_quiet and not left


def is_doubtful(diagnosis: Diagnosis, findings: Sequence[Finding], runbook: Runbook) -> bool:
    """Whether people should not be told after this one run: our own traffic is well, or we are too unsure to act.

    Always False for a leak, because a marker shows it and no probe.
    """
    unsure = diagnosis.confidence < runbook.confidence.act_from
    return diagnosis.cause is not Cause.KEY_LEAKED and (unsure or thrives(findings, runbook))


def thrives(findings: Sequence[Finding], runbook: Runbook) -> bool:
    """Whether our own traffic is well in this run."""
    return Evidence(findings, runbook).thrives


def matching(evidence: Evidence) -> list[Rule]:
    """The rules that match, the most specific one first."""
    return [rule for rule in RULES if rule.matches(evidence)]


def _diagnosis(
    evidence: Evidence, incident: Incident, cause: Cause, confidence: float, reasons: list[str]
) -> Diagnosis:
    hurt = impact(evidence, incident.started_at, is_explained=cause not in (Cause.UNKNOWN, Cause.NO_FAULT))
    return Diagnosis(
        scenario=scenario(evidence, cause),
        cause=cause,
        severity=severity(evidence),
        confidence=confidence,
        reasons=tuple(reasons),
        against=tuple(_rejected(evidence, cause)),
        affected=affected(evidence),
        user_impact=hurt is not None,
        impact=hurt,
    )


def _found(evidence: Evidence, matches: list[Rule], incident: Incident) -> Diagnosis:
    first = matches[0]
    deployed = first.cause is Cause.SERVICE_FAULT and evidence.was_deployed
    announced = first.cause.verdict is Verdict.THEIRS and evidence.announced != "none"
    gained = 0.05 * announced + 0.1 * deployed
    confidence = round(min(0.95, max(LEAST, first.strength + gained - 0.05 * len(evidence.missing))), 2)
    return _diagnosis(evidence, incident, first.cause, confidence, _reasons(evidence, matches))


def _reasons(evidence: Evidence, matches: list[Rule]) -> list[str]:
    first = matches[0]
    others = _others(evidence, matches)
    also = [f"Besides this, {rule.cause.value}: {rule.says}" for rule in others]
    probes = [probe for rule in (first, *others) for probe in rule.shown_by]
    return [first.says, *decisive(evidence, first.cause), *_quoted(evidence, probes), *also, *_gaps(evidence)]


def _others(evidence: Evidence, matches: list[Rule]) -> list[Rule]:
    """One rule for each further cause: a rule that matches, or a sign that the main cause does not explain."""
    main = matches[0]
    signs = [rule for rule in SIGNS if rule.matches(evidence) and not set(rule.needs) <= set(main.needs)]
    found: dict[Cause, Rule] = {}
    for rule in (*matches[1:], *signs):
        if rule.cause is not main.cause:
            found.setdefault(rule.cause, rule)
    return list(found.values())


def _quoted(evidence: Evidence, probes: Sequence[str]) -> list[str]:
    """The summaries of these probes, each once, so that every reason can be traced to a finding."""
    known = [probe for probe in dict.fromkeys(probes) if evidence.status(probe) is not FindingStatus.UNKNOWN]
    return [f"{probe}: {evidence.findings[probe].summary}" for probe in known]


def _gaps(evidence: Evidence) -> list[str]:
    return [f"Not seen: {names(map(spoken, evidence.missing))}."] if evidence.missing else []


def _rejected(evidence: Evidence, cause: Cause) -> Iterator[str]:
    """For each cause without a matching rule: what its nearest rule would need."""
    told = {cause, *(rule.cause for rule in RULES if rule.matches(evidence))}
    for other in dict.fromkeys(rule.cause for rule in RULES):
        if other not in told:
            nearest = min((rule.lacks(evidence) for rule in RULES if rule.cause is other), key=len)
            yield f"Not {other.value}: not seen: {', nor '.join(fact.text for fact in nearest)}."


def _no_fault(evidence: Evidence, incident: Incident) -> Diagnosis:
    reasons = [f"Two checks in a row find nothing wrong with {incident.integration}.", *_quoted(evidence, ESSENTIAL)]
    reasons += decisive(evidence, Cause.NO_FAULT)
    if not evidence.harmless:
        return _diagnosis(evidence, incident, Cause.NO_FAULT, SURE, reasons)
    against = _quoted(evidence, [probe for probe in sorted(evidence.harmless) if probe not in ESSENTIAL])
    if evidence.announced != "none":
        reasons.insert(1, "TwinMind's page announces trouble, but our own calls and their results are well.")
    sure = CONTRADICTED if evidence.status(PAGE) is not FindingStatus.OK else SURE
    return _diagnosis(evidence, incident, Cause.NO_FAULT, sure, [*reasons, *against])


def _not_confirmed(evidence: Evidence, incident: Incident) -> list[str]:
    now = f"Nothing wrong with {incident.integration} is seen now"
    if evidence.before is None:
        return [f"{now}, but one check proves nothing.", *_quoted(evidence, ESSENTIAL)]
    before = evidence.before.bad or evidence.before.missing
    return [f"{now}, but the check before was not well: {', '.join(before)}.", *_quoted(evidence, ESSENTIAL)]


def _doubts(evidence: Evidence) -> list[str]:
    """Why the cause is unknown: what could not be seen, and what is bad but not explained."""
    unseen = [
        f"{probe}: {evidence.findings[probe].summary}" for probe in evidence.missing if probe in evidence.findings
    ]
    why = "What was seen does not point to one cause." if evidence.bad else "Too little could be seen to name a cause."
    quoted = _quoted(evidence, evidence.bad)
    return [why, *decisive(evidence, Cause.UNKNOWN), *quoted, *unseen, *_gaps(evidence)]
