"""The promises to people in one drill, and how they were kept, from the incident and the sandbox's journal. Pure.

Sources: runbook S-96 to S-99 (levels at 1, 2, 4 response times), S-21 (public notice), `updates.every_minutes`.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

Json = dict[str, Any]
# The notice waits during our own repair, at most for PagerDuty's five minutes.
NOTICE_WITHIN, HELD_NOTICE_WITHIN = 60.0, 300.0
LEVEL_WITHIN = 5.0
# Without an execution the audit calls: it runs every minute, and the call takes a moment.
AUDIT_WITHIN = 65.0
# In Slack the time is in a token, which shows it in the reader's zone.
_PROMISE = re.compile(r"Next update by (?:<!date[^|]*[|])?(\d\d):(\d\d) UTC")
_LEVEL = re.compile(r"escalation-(\d)")


@dataclass(frozen=True)
class Promise:
    """`due`: when it fell due; `kept_at`: when it was kept, None for never; `slack`: seconds that it may be late."""

    what: str
    due: datetime
    kept_at: datetime | None
    slack: float = 0.0

    @property
    def late(self) -> float | None:
        """Seconds after `due`; negative before it."""
        return None if self.kept_at is None else (self.kept_at - self.due).total_seconds()

    @property
    def said_late(self) -> str:
        """In words, such as "4 min 33 s before"."""
        if self.kept_at is None or self.late is None:
            return "never"
        minutes, seconds = divmod(abs(self.late), 60)
        how = f"{minutes:.0f} min {seconds:.0f} s" if minutes else f"{seconds:.1f} s"
        allowed = f" (allowed: {self.slack:.0f} s)" if self.late > 0 and self.is_kept else ""
        return f"{how} {'after' if self.late >= 0 else 'before'}{allowed}"

    @property
    def is_kept(self) -> bool:
        return self.late is not None and self.late <= self.slack


def promises(incident: Json, journal: list[Json], response: timedelta, within: float = LEVEL_WITHIN) -> list[Promise]:
    """Every promise of this drill that fell due in it, in that order. `within`: seconds that a level may be late."""
    ordered = sorted(journal, key=lambda call: str(call["at"]))
    calls = [call for call in ordered if _went_out(call)]
    found = [*_notice(incident, calls), *_levels(incident, calls, response, within), *_updates(calls)]
    ended = moment(ordered[-1]["at"]) if ordered else moment(incident["started_at"])
    return sorted((one for one in found if one.kept_at or one.due <= ended), key=lambda one: one.due)


def _went_out(call: Json) -> bool:
    return call["method"] in ("POST", "PATCH", "PUT") and bool(call["answered"]) and call["status"] < 300


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _notice(incident: Json, calls: list[Json]) -> Iterator[Promise]:
    posted = [call for call in calls if call["vendor"] == "statuspage" and call["path"].endswith("/incidents")]
    if posted:
        was_held = any("Public notice: nothing sent yet" in str(one.get("text")) for one in incident["timeline"])
        within = timedelta(seconds=HELD_NOTICE_WITHIN if was_held else NOTICE_WITHIN)
        yield Promise("public notice", moment(incident["started_at"]) + within, moment(posted[0]["at"]))


def _levels(incident: Json, calls: list[Json], response: timedelta, within: float) -> Iterator[Promise]:
    """A level is due after its response times, and again if a person's acknowledgement was taken back after that."""
    alert = moment(incident["started_at"])
    taken_back = [moment(one["at"]) for one in incident["timeline"] if one["kind"] == "alert_unacknowledged"]
    for call in calls:
        level = level_called(call)
        if level is not None:
            called = moment(call["at"])
            dues = (alert + response * 2 ** (level - 2), *(at for at in taken_back if at < called))
            yield Promise(f"level {level} called", max(dues), called, within)


def level_called(call: Json) -> int | None:
    """The level that this Slack message calls; None for any other message, and for an edit of the head."""
    if call["vendor"] != "slack" or not call["path"].endswith("chat.postMessage"):
        return None
    payload = ((call.get("body") or {}).get("metadata") or {}).get("event_payload") or {}
    found = _LEVEL.match(str(payload.get("update_key", "")))
    return int(found.group(1)) if found else None


def _updates(calls: list[Json]) -> Iterator[Promise]:
    """ "Next update by 14:05 UTC" falls due when a clock shows 14:05; the next message in the same place keeps it."""
    for vendor, title in (("statuspage", "public update"), ("slack", "update in Slack")):
        words = [call for call in calls if call["vendor"] == vendor and _says(call)]
        found: dict[datetime, Promise] = {}
        for word, after in pairwise([*words, None]):
            # If two messages promise the same minute, the later one must be followed by another.
            if word and (due := _promised(word)):
                found[due] = Promise(f"{title} by {due:%H:%M}", due, moment(after["at"]) if after else None)
        yield from found.values()


def _says(call: Json) -> bool:
    path = call["path"]
    return "/incidents" in path or path.endswith(("chat.postMessage", "chat.update"))


def _promised(word: Json) -> datetime | None:
    found = _PROMISE.search(json.dumps(word["body"]))
    if found is None:
        return None
    said = moment(word["at"])
    due = said.replace(hour=int(found.group(1)), minute=int(found.group(2)), second=0, microsecond=0)
    return due if due > said - timedelta(hours=12) else due + timedelta(days=1)
