"""Counts over all cases. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from local.accuracy.case import Case
from local.accuracy.world import Looked
from responder.actions import ACTIONS
from responder.diagnosis.evidence import Evidence
from responder.domain.diagnosis import Cause, Diagnosis

NEED_SPARE = (Cause.KEY_REJECTED, Cause.KEY_LEAKED)
NO_SPARE = ("none", "unusable", "refused")


@dataclass(frozen=True)
class Judged:
    case: Case
    looked: Looked

    @property
    def found(self) -> Diagnosis:
        return self.looked.diagnosis

    @property
    def wrong_actions(self) -> tuple[str, ...]:
        """Actions that would pass the gate for this cause, but are wrong in this case. A public notice is one if users
        would read of an impact that they do not feel."""
        wanted = actions_of(self.case.expect.cause) if self.case.expect.act else frozenset()
        taken = actions_of(self.found.cause)
        evidence = Evidence(self.looked.findings, self.looked.runbook, (), self.looked.alerted_at)
        if not evidence.was_deployed:
            taken -= {"rollback"}  # there is nothing that could be rolled back
        if self.found.cause in NEED_SPARE and evidence.standby in NO_SPARE:
            taken = frozenset()  # the rotation ends without a change, and people are asked for a key
        notice = ("public_notice",) if self.case.expect.hurt is False and self.found.user_impact else ()
        return (*sorted(taken - wanted), *notice)

    @property
    def too_low(self) -> bool:
        return self.case.expect.is_too_low(self.found.severity)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Every difference between diagnosis and label, in words."""
        return tuple(self._mistakes())

    def _mistakes(self) -> Iterable[str]:
        want, found = self.case.expect, self.found
        text = "\n".join(found.reasons)
        if found.cause is not want.cause:
            yield f"cause {found.cause}, not {want.cause}"
        if found.scenario is not want.scenario:
            yield f"scenario {found.scenario}, not {want.scenario}"
        if found.severity not in want.severities:
            yield f"severity {found.severity}, not {'/'.join(want.severities)}{' (too low)' if self.too_low else ''}"
        if want.hurt is not None and found.user_impact is not want.hurt:
            yield f"user impact {found.user_impact}"
        yield from (f"does not name {cause} beside it" for cause in want.beside if cause not in text)
        yield from (f"does not say {words!r}" for words in want.says if words not in text)
        yield from (f"would let {name} happen" for name in self.wrong_actions)


def actions_of(cause: Cause) -> frozenset[str]:
    return frozenset(name for name, action in ACTIONS.items() if cause in action.causes)


def confusion(pairs: Iterable[tuple[StrEnum, StrEnum]]) -> Counter[tuple[StrEnum, StrEnum]]:
    """How often each label (first) was diagnosed as what (second)."""
    return Counter(pairs)


def macro_f1(pairs: Sequence[tuple[StrEnum, StrEnum]]) -> float:
    """The mean over all labels that occur of the harmonic mean of precision and recall."""
    labels = {label for label, _ in pairs}
    return sum(f1(pairs, label) for label in labels) / len(labels)


def f1(pairs: Sequence[tuple[StrEnum, StrEnum]], label: StrEnum) -> float:
    both = sum(want is label and found is label for want, found in pairs)
    either = sum(want is label for want, _ in pairs) + sum(found is label for _, found in pairs)
    return 2 * both / either if either else 0.0


def pairs(judged: Iterable[Judged], of: Callable[[Judged], tuple[StrEnum, StrEnum]]) -> list[tuple[StrEnum, StrEnum]]:
    return [of(each) for each in judged]


def cause_of(judged: Judged) -> tuple[StrEnum, StrEnum]:
    return judged.case.expect.cause, judged.found.cause


def scenario_of(judged: Judged) -> tuple[StrEnum, StrEnum]:
    return judged.case.expect.scenario, judged.found.scenario
