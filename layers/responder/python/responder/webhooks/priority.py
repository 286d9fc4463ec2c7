"""A vendor's priority as our severity."""

import re

from responder.domain.diagnosis import Severity

_LEVEL = re.compile(r"(?:(?:P|SEV)[ _-]?)?([1-5])(?:[\s:,/_-].*)?", re.IGNORECASE | re.DOTALL)
# Opsgenie's names for P1 to P5, which accounts use for PagerDuty priorities too. Other names are unknown.
_NAMES = {"critical": 1, "high": 2, "moderate": 3, "medium": 3, "low": 4, "informational": 5}


def severity_of(priority: str) -> Severity | None:
    """P1…P5, SEV1…SEV5, 1…5 or a name; level 5 is our P4. None if unknown."""
    match = _LEVEL.fullmatch(priority.strip())
    level = int(match[1]) if match else _NAMES.get(priority.strip().lower())
    return None if level is None else Severity(f"P{min(level, 4)}")
