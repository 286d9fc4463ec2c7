"""Reads the status and the measurements of findings, by probe. It never reads their summaries. Pure.

A finding or measurement that is absent, or has an unexpected type, counts as not known.
"""

import json
from collections.abc import Sequence

from responder.domain.finding import Finding, FindingStatus


class Measured:
    """The findings of a probe run. Of two findings of one probe the later counts, whatever their order."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings: dict[str, Finding] = {}
        for finding in sorted(findings, key=lambda one: (one.at, json.dumps(one.dump(), sort_keys=True, default=str))):
            self.findings[finding.probe] = finding

    def status(self, probe: str) -> FindingStatus:
        found = self.findings.get(probe)
        return found.status if found else FindingStatus.UNKNOWN

    def word(self, probe: str, name: str) -> str | None:
        value = self._value(probe, name)
        return value if isinstance(value, str) else None

    def number(self, probe: str, name: str) -> float | None:
        value = self._value(probe, name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, probe: str, name: str) -> bool:
        return self._value(probe, name) is True

    def denies(self, probe: str, name: str) -> bool:
        return self._value(probe, name) is False

    def words(self, probe: str, name: str) -> tuple[str, ...]:
        value = self._value(probe, name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()

    def least(self, probe: str, name: str, edge: float) -> bool:
        value = self.number(probe, name)
        return value is not None and value >= edge

    def most(self, probe: str, name: str, edge: float) -> bool:
        value = self.number(probe, name)
        return value is not None and value <= edge

    def _value(self, probe: str, name: str) -> object:
        found = self.findings.get(probe)
        return found.measurements.get(name) if found else None
