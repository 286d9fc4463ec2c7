"""Explains a diagnosis: findings, the rules that hold, and the facts that keep the other rules from holding."""

from collections.abc import Iterator, Sequence

from responder.config.runbook import Runbook
from responder.diagnosis.evidence import Evidence
from responder.diagnosis.facts import Rule
from responder.diagnosis.rules import RULES
from responder.diagnosis.signs import SIGNS
from responder.domain.diagnosis import Diagnosis
from responder.domain.finding import Finding


def explain(diagnosis: Diagnosis, findings: Sequence[Finding], earlier: Sequence[Finding], runbook: Runbook) -> str:
    evidence = Evidence(findings, runbook, earlier)
    before = {one.probe: one for one in earlier}
    lines = [
        *_verdict(diagnosis),
        "",
        "Findings (and what the look before saw, where it differs)",
        *(line for one in sorted(findings, key=lambda one: one.probe) for line in _finding(one, before)),
        "",
        "Rules that hold, most telling first",
        *([line for rule in RULES if rule.matches(evidence) for line in _held(rule)] or ["  none"]),
        "",
        "Signs of something beside it",
        *([line for rule in SIGNS if rule.matches(evidence) for line in _held(rule)] or ["  none"]),
        "",
        "Rules that do not hold, and what was not seen",
        *(line for rule in RULES if not rule.matches(evidence) for line in _failed(rule, evidence)),
    ]
    return "\n".join(lines)


def _verdict(diagnosis: Diagnosis) -> Iterator[str]:
    yield (
        f"{diagnosis.cause.value} (verdict {diagnosis.verdict.value}), {diagnosis.severity.value}, "
        f"{diagnosis.scenario.value}, confidence {diagnosis.confidence:.0%}"
    )
    yield f"  {diagnosis.impact or 'No finding shows that users are hurt.'}"
    yield from (f"  + {reason}" for reason in diagnosis.reasons)
    yield from (f"  - {reason}" for reason in diagnosis.against)


def _finding(one: Finding, before: dict[str, Finding]) -> Iterator[str]:
    yield f"  {one.status.value:9}{one.probe}: {one.summary}"
    measured = ", ".join(f"{name}={value}" for name, value in sorted(one.measurements.items()))
    yield f"           {measured or 'nothing measured'}"
    earlier = before.get(one.probe)
    if earlier and earlier.status is not one.status:
        yield f"           before: {earlier.status.value}, {earlier.summary}"


def _held(rule: Rule) -> Iterator[str]:
    yield f"  {rule.cause.value}: {rule.says}"
    yield from (f"    seen: {fact.text}" for fact in rule.needs)


def _failed(rule: Rule, evidence: Evidence) -> Iterator[str]:
    yield f"  {rule.cause.value}: {rule.says}"
    yield from (f"    not seen: {fact.text}" for fact in rule.lacks(evidence))
