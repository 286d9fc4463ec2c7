"""What a rule is: facts that have to hold together, and the cause that they tell. Pure."""

from dataclasses import dataclass

from responder.diagnosis.evidence import Evidence
from responder.diagnosis.facts import Fact
from responder.domain.diagnosis import Cause


@dataclass(frozen=True)
class Rule:
    """`strength`: confidence with nothing missing. `shown_by`: the probes whose findings go into the reasons."""

    cause: Cause
    strength: float
    says: str
    shown_by: tuple[str, ...]
    needs: tuple[Fact, ...]

    def overrides(self, evidence: Evidence) -> bool:
        return all(fact.overrides(evidence) for fact in self.needs)

    def lacks(self, evidence: Evidence) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.needs if not fact.overrides(evidence))
