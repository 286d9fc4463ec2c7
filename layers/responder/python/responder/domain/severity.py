"""The severity of an incident."""

from enum import StrEnum


class Severity(StrEnum):
    """P1 is the worst. `rank` is higher for a worse severity."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"

    @property
    def rank(self) -> int:
        return 5 - int(self.value[1])

    @classmethod
    def worst(cls, *severities: "Severity | None") -> "Severity | None":
        known = [severity for severity in severities if severity is not None]
        return max(known, key=lambda severity: severity.rank) if known else None
