"""Shows the times in a text, which are in UTC, in another time zone. Pure."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo

# `14:05 UTC` or `14:05:09 UTC`, with or without a full date before it. Not a part of a longer time.
_TIME = re.compile(
    r"(?<![\d:.-])(?:(?P<day>\d{4}-\d\d-\d\d) |(?<!\d ))(?P<clock>([01]\d|2[0-3]):[0-5]\d(?P<seconds>:[0-5]\d)?) UTC\b"
)
TimeFormat = Callable[[re.Match[str], datetime], str]


def zone_named(name: str) -> tzinfo:
    """The zone by its name in the tz database. Raises ValueError for any other name."""
    if name == "UTC":
        return UTC
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - by default nothing needs it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"there is no zone {name!r}: name one of the tz database, such as Europe/Berlin") from error


def retimed(text: str, near: datetime, written: TimeFormat) -> str:
    """The text with each of its times replaced by `written`. A time without a date is of the same day as `near`."""

    def one(found: re.Match[str]) -> str:
        try:
            day = date.fromisoformat(found["day"]) if found["day"] else near.astimezone(UTC).date()
        except ValueError:
            return found[0]
        return written(found, datetime.combine(day, time.fromisoformat(found["clock"]), UTC))

    return _TIME.sub(one, text)


def in_zone(text: str, near: datetime, zone: tzinfo) -> str:
    """The text with its times in `zone`: `14:05 UTC` becomes `16:05 CEST`."""

    def local(found: re.Match[str], moment: datetime) -> str:
        there = moment.astimezone(zone)
        day, seconds = "%Y-%m-%d " if found["day"] else "", ":%S" if found["seconds"] else ""
        return f"{there.strftime(f'{day}%H:%M{seconds}')} {zone_text(there)}"

    return text if zone is UTC else retimed(text, near, local)


def zone_text(moment: datetime) -> str:
    """The zone's short name, such as `CEST`, or `UTC+0530` if it has none."""
    name = moment.tzname() or "UTC"
    return name if name[0].isalpha() else f"UTC{name}"
