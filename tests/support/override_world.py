"""A table and a place in memory, where any call can be cut off before or after its effect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from responder.actions.overrides.target import EffectCheck
from responder.aws.dynamodb_items import M
from responder.domain.model import Model
from responder.domain.overrides import MergeRule
from responder.domain.platform_refused import PlatformRefused

RULES: Mapping[str, MergeRule] = {"queue": "any", "limit": "lowest"}
Fault = tuple[int, str]


class CutOffError(Exception):
    """The process died here: nothing of it goes on, not even its cleaning up."""


@dataclass
class HoldWorld:
    """The HoldTable and the Place at once. `fault`: number of a call of this step, and before, after or trouble."""

    values: dict[str, Any]
    fault: Fault | None = None
    kind: str = "flag"
    patience: timedelta = timedelta(0)
    record: tuple[Model | None, int] = (None, 0)
    lease: Model | None = None
    calls: int = 0
    is_dead: bool = False
    writes: list[dict[str, Any]] = field(default_factory=list)

    def step(self, fault: Fault | None) -> None:
        """A new process begins."""
        self.fault, self.calls, self.is_dead = fault, 0, False

    def _meets(self, moment: str) -> bool:
        if self.is_dead:
            raise CutOffError
        if moment == "before":
            self.calls += 1
        return self.fault == (self.calls, moment)

    def _die(self, moment: str) -> None:
        if self._meets(moment):
            self.is_dead = True
            raise CutOffError

    # The table

    def versioned(self, _: str, model: type[M]) -> tuple[M | None, int]:
        self._die("before")
        record, version = self.record
        return (record if isinstance(record, model) else None), version

    def set_versioned(self, _: str, record: Model, seen: int) -> bool:
        self._die("before")
        stored = self.record[1] == seen
        if stored:
            self.record = (record, seen + 1)
        self._die("after")
        return stored

    def acquire(self, _: str, record: Model, __: timedelta) -> bool:
        self._die("before")
        free = self.lease is None
        if free:
            self.lease = record
        self._die("after")
        return free

    def get_record(self, _: str, model: type[M]) -> M | None:
        self._die("before")
        return self.lease if isinstance(self.lease, model) else None

    def delete_record(self, _: str) -> None:
        self._die("before")
        self.lease = None
        self._die("after")

    # The place

    def read(self) -> Mapping[str, Any]:
        self._die("before")
        if self._meets("trouble"):
            raise PlatformRefused("it is silent", passes=True)
        return dict(self.values)

    def write(self, values: Mapping[str, Any], *_: str) -> None:
        self._die("before")
        if self._meets("trouble"):
            raise PlatformRefused("it refuses", passes=True)
        self.values |= values
        self.writes.append(dict(values))
        self._die("after")
        if self._meets("unheard"):
            raise PlatformRefused("no answer came", passes=True)

    def rule(self, name: str) -> MergeRule:
        return RULES[name]

    def reached(self, _: Mapping[str, Any]) -> EffectCheck:
        return EffectCheck(True, "seen")
