"""One incident from the alert to the report, with times: what came in, was found, and went out to whom. Pure.

The sandbox's journal has what went out; the incident's timeline has what came in and was decided. Calls that only read
are left out: `make show WHAT=calls` lists every one.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]
WIDTH = 120
WRITES = ("POST", "PUT", "PATCH")
# Kinds of entries that are shown: what was found, decided and done. The calls show the rest already.
_DECIDED = (
    "diagnosis", "acknowledgement", "machine_acknowledged", "approval", "action_asked", "action_outcome", "proof",
    "handed_over", "mitigated", "closed", "leak", "audit", "workflow_failed", "report",
)  # fmt: skip
_LONGEST = 190
_PAGERS = {"pagerduty": "PagerDuty", "opsgenie": "Opsgenie", "jsm": "JSM"}
# Mail is sent by SNS, which is not in the sandbox, so it is read from the timeline.
_BY_SNS = {"mail": "mail, on call", "stakeholders": "mail, stakeholders", "level_topic": "mail, this level"}


@dataclass(frozen=True)
class Line:
    at: datetime
    whom: str
    text: str


def journal(incident: Json, calls: list[Json]) -> Iterator[str]:
    """`calls`: the sandbox's journal; calls before the alert are left out."""
    alert = _moment(incident["started_at"])
    lines = sorted((*_of_timeline(incident), *_of_calls(calls, alert)), key=lambda line: line.at)
    yield f"{incident['id']}: {incident['title']}"
    yield f"{incident['severity']} · {incident['cause']} · {incident['status']}; the alert came at {alert:%H:%M:%S} UTC"
    yield ""
    for line in lines:
        yield from _told(line, alert)
    reads = sum(1 for call in calls if call["method"] not in WRITES and _moment(call["at"]) >= alert)
    yield ""
    yield f"Left out: {reads} calls that only read (probes, polls). `make show WHAT=calls` lists every call."


def _told(line: Line, alert: datetime) -> list[str]:
    seconds = max(0.0, (line.at - alert).total_seconds())
    lead = f"{line.at:%H:%M:%S}  +{int(seconds // 60):>2} min {seconds % 60:04.1f} s  {line.whom:<26} "
    text = textwrap.shorten(line.text, _LONGEST, placeholder=" …")
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)) or [lead]


def _of_timeline(incident: Json) -> Iterator[Line]:
    for entry in incident["timeline"]:
        at, kind, text = _moment(entry["at"]), str(entry["kind"]), str(entry["text"])
        if kind.startswith("alert_"):
            who = str(entry["actor"]).partition(":")[2]
            yield Line(at, f"← {_PAGERS.get(incident['source'], 'by hand')}", text + (f" ({who})" if who else ""))
        elif kind in _DECIDED:
            yield Line(at, f"· {kind.replace('_', ' ')}", text)
        elif kind == "message" and " did not take " in text:
            yield Line(at, "✗ not delivered", text)
        elif kind == "message" and entry["data"].get("channel") in _BY_SNS and "nothing sent" not in text:
            whom = _BY_SNS[entry["data"]["channel"]]
            yield Line(at, f"→ {whom}", f"{entry['data'].get('update')}: {text.partition(': ')[2]}")


def _of_calls(calls: list[Json], alert: datetime) -> Iterator[Line]:
    in_slack = ""
    for call in sorted(calls, key=lambda one: str(one["at"])):
        at = _moment(call["at"])
        if call["method"] not in WRITES or at < alert or not (said := _said(call)):
            continue
        what, text = said
        # After a reply, the thread's head gets the same words.
        if what != "Slack, head edited" or text != in_slack:
            yield Line(at, f"→ {what}", f"{_failure(call)}{text}")
        in_slack = text if call["vendor"] == "slack" else in_slack


def _failure(call: Json) -> str:
    if not call["answered"]:
        return "(no answer) "
    return f"(HTTP {call['status']}) " if call["status"] >= 300 else ""


def _said(call: Json) -> tuple[str, str] | None:
    """Whom a write reached, and its text; None for a vendor's bookkeeping and for our own tests."""
    vendor, path, body = str(call["vendor"]), str(call["path"]), call.get("body")
    fields: Json = body if isinstance(body, dict) else {}
    if vendor == "slack":
        return _in_slack(path, fields)
    if vendor == "statuspage":
        entry = fields.get("incident", {})
        return f"status page, {entry.get('status', 'marked')}", str(entry.get("body", ""))
    if vendor == "tickets":
        return _in_ticket(call, path, fields)
    if vendor in _PAGERS:
        note = fields.get("note") or fields.get("message") or ""
        words = note.get("content", "") if isinstance(note, dict) else note
        return _PAGERS[vendor] + (", note" if "notes" in path else ""), _first(words) or path.rpartition("/")[2]
    if vendor in ("service", "kubernetes"):
        return vendor, f"{call['method']} {path}"
    return None


def _in_slack(path: str, fields: Json) -> tuple[str, str] | None:
    if path.endswith("chat.update"):
        return "Slack, head edited", _first(fields.get("text"))
    if path.endswith("chat.postMessage"):
        return "Slack, reply" if "thread_ts" in fields else "Slack, thread opened", _first(fields.get("text"))
    return None


def _in_ticket(call: Json, path: str, fields: Json) -> tuple[str, str] | None:
    if path.endswith("/issue"):
        return "ticket, made", str(fields.get("fields", {}).get("summary", ""))
    if path.endswith("/comment"):
        return "ticket, comment", _text(fields.get("body"))
    if call["method"] == "PUT" and "/properties/" not in path:
        return "ticket, rewritten", "as things stand now"
    return None


def _text(node: Any) -> str:
    """The first words of a Jira document."""
    if isinstance(node, dict):
        return str(node.get("text", "")) or next(
            (found for one in node.get("content", []) if (found := _text(one))), ""
        )
    return ""


def _first(text: Any) -> str:
    return str(text or "").split("\n", 1)[0]


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
