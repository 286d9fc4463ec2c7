"""The end of the drill's screen."""

import textwrap
from pathlib import Path
from typing import Any

from local.drill.promises import Promise
from local.drill.run import Outcome
from responder.domain.diagnosis import Cause
from responder.notifications.messages.parts import readable
from responder.notifications.messages.wording import FAULT

Json = dict[str, Any]
WIDTH = 118


def summary(outcome: Outcome, report_file: Path | None, *, verbose: bool) -> str:
    """`verbose`: with the timeline, and every message that left."""
    incident = outcome.incident
    lines = [
        "",
        _title(f"{incident.get('severity')} · {FAULT[Cause(incident.get('cause') or Cause.UNKNOWN)]}"),
        ", ".join(f"{name} {incident.get(name)}" for name in ("status", "scenario", "cause", "verdict")),
        *_wrapped("impact: ", incident.get("impact") or "none found"),
        _title("Why"),
        *[line for reason in incident.get("reasons", []) for line in _wrapped("- ", readable(reason))],
        _title("Actions, in order of time"),
        *[line for action in incident.get("actions", []) for line in _wrapped("- ", _action(action))],
        *([] if incident.get("actions") else ["none"]),
        _title("After the alert"),
        *_figures(outcome.report or ""),
        _title("Promised to people, and kept (UTC)"),
        *([_promise(one) for one in outcome.promises] or ["nothing fell due"]),
        *(_all_of_it(outcome) if verbose else []),
        _title("Report"),
        f"{report_file} (in the bucket: {incident.get('report')})" if report_file else "none",
    ]
    return "\n".join(lines)


def _all_of_it(outcome: Outcome) -> list[str]:
    return [
        _title("Timeline (UTC)"),
        *[line for entry in outcome.incident.get("timeline", []) for line in _entry(entry)],
        _title("Where messages went"),
        *[_message(entry) for entry in outcome.messages],
    ]


def verdict(outcome: Outcome) -> str:
    if outcome.problems:
        return "\n".join([_title("NOT as expected"), *[f"✗ {problem}" for problem in outcome.problems]])
    return f"\n✓ as expected, {outcome.seconds:.1f} s from alert to report"


def _title(text: str) -> str:
    return f"\n── {text} " + "─" * max(0, WIDTH - len(text) - 4)


def _wrapped(lead: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=lead, subsequent_indent=" " * len(lead)) or [lead]


def _entry(entry: Json) -> list[str]:
    clock = entry["at"][11:19]
    return _wrapped(f"{clock}  {entry['kind']:<20} ", entry["text"])


def _action(action: Json) -> str:
    said = readable(str(action["data"].get("text") or action["plan"]))
    return f"{action['at'][11:19]} {action['name']} ({action['mode']}) → {action['outcome']}: {said}"


def _figures(report: str) -> list[str]:
    """The incident's own figures, from the table of its report."""
    _, _, table = report.partition("| After the alert |")
    rows = [line.strip("| ").split(" | ") for line in table.split("\n\n")[0].splitlines()[2:]]
    return [f"{row[0]:<26} {row[1]}" for row in rows if len(row) == 2] or ["without a report there are no figures"]


def _promise(one: Promise) -> str:
    return f"{'✓' if one.is_kept else '✗'} {one.what:<26} due by {one.due:%H:%M:%S}, kept {one.said_late}"


def _message(entry: Json) -> str:
    text = " ".join(_text(entry.get("body")).split())
    line = f"{entry['vendor']:<10} {entry['method']:<5} {entry['path']}  {text}"
    return textwrap.shorten(line, WIDTH, placeholder=" …")


def _text(body: Any) -> str:
    """The first text that a person would read in a request."""
    if isinstance(body, dict):
        for name in ("text", "content", "body", "message", "note", "incident"):
            if name in body and (found := _text(body[name])):
                return found
        return ""
    return body if isinstance(body, str) else ""
