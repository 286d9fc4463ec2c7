"""Vendors' times as epoch numbers in several units. No floats: they lose digits."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"[0-9]{10,19}")
# The number of digits shows the unit for all times between 2001 and 2286.
_PER_SECOND = {10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
MILLISECONDS, NANOSECONDS = 13, 19


def epoch_digits(value: object) -> str | None:
    """Decimal digits of an integer or string; None for anything else, such as a float."""
    if isinstance(value, int) and 0 < value < 10**19:
        return f"{value:d}"
    return value.strip() if isinstance(value, str) and _DIGITS.fullmatch(value.strip()) else None


def from_epoch(digits: str) -> datetime | None:
    per_second = _PER_SECOND.get(len(digits))
    return None if per_second is None else _EPOCH + timedelta(microseconds=int(digits) * 10**6 // per_second)


def believable(moment: datetime | None, received_at: datetime) -> datetime | None:
    """An event from the future would override all later ones: an hour of clock difference at most."""
    return moment if moment is not None and moment <= received_at + timedelta(hours=1) else None
