"""A rule: the facts that together show a cause. Pure."""

from dataclasses import dataclass

from responder.diagnosis.evidence import Evidence
from responder.diagnosis.facts import Fact
from responder.domain.diagnosis import Cause


@dataclass(frozen=True)
class Rule:
    """`strength`: confidence if nothing is missing. `shown_by`: the probes whose findings are the reasons."""

    cause: Cause
    strength: float
    says: str
    shown_by: tuple[str, ...]
    needs: tuple[Fact, ...]

    def overrides(self, evidence: Evidence) -> bool:
        return all(fact.overrides(evidence) for fact in self.needs)

    def lacks(self, evidence: Evidence) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.needs if not fact.overrides(evidence))
