"""`make show WHAT=thread|threads|ticket|page|report|journal|calls [INCIDENT=…]`: an incident as people see it.

Of one in the local cloud while that runs, and of every one that a drill has played since the last `make clean`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local import cloud
from local.drill.scenarios import SCENARIOS
from local.drill.stack import Stack
from local.incident_data import Kept, Left, Live, as_read
from local.journal import journal as told_as_journal
from local.paths import ROOT, Home

Json = dict[str, Any]


def thread(left: Left, incident: Json) -> Iterator[str]:
    """Every message of the incident's Slack thread as people see it, with the present text of its head."""
    for channel, messages in left.messages(incident["id"]).items():
        ours = [one for one in messages if incident["id"] in json.dumps(one.get("metadata", {}))]
        heads = {one.get("thread_ts", one["ts"]) for one in ours}
        for one in messages:
            if one.get("thread_ts", one["ts"]) in heads:
                is_reply = "thread_ts" in one and one["thread_ts"] != one["ts"]
                at = datetime.fromtimestamp(float(one["ts"]), UTC)
                yield f"── {channel} {at:%H:%M:%S} UTC{' (reply)' if is_reply else ' (head)'} " + "─" * 60
                yield from _seen(one)


def _seen(message: Json) -> Iterator[str]:
    """The blocks, which Slack shows in place of `text`, with its links and its three escapes read as it reads them."""
    for block in message["blocks"]:
        texts = [block["text"]] if "text" in block else block.get("elements", [])
        for one in texts:
            shown = one["text"]["text"] if one.get("type") == "button" else one["text"]
            yield as_read(str(shown))
        yield ""


def threads(kept: Kept) -> Iterator[str]:
    """The thread of the newest incident of each drill that was played."""
    for drill, incident_id in kept.of_each_drill().items():
        incident = kept.incident(incident_id)
        if incident and drill in SCENARIOS:
            yield from (f"══ drill {drill}: {SCENARIOS[drill].story}", "", *thread(kept, incident))


def ticket(left: Left, incident: Json) -> Iterator[str]:
    key = str((incident.get("ticket") or {}).get("key"))
    issue = left.issues(incident["id"]).get(key)
    if issue is None:
        yield "no ticket"
        return
    yield f"{key} [{issue['status']}] {issue['fields']['summary']}"
    yield from _lines(issue["fields"].get("description"))
    for comment in issue["comments"]:
        yield f"── comment, {comment['created'][11:19]} UTC " + "─" * 60
        yield from _lines(comment["body"])


def page(left: Left, incident: Json) -> Iterator[str]:
    """The page's file, and its link, which a browser on this machine opens while the local cloud runs."""
    if not incident.get("page"):
        yield "no page yet"
        return
    if isinstance(left, Live):
        yield f"live: {incident['page']}"
    yield f"now:  {_written(incident, 'page', left.page(incident))}"


def report(left: Left, incident: Json) -> Iterator[str]:
    written = left.report(incident)
    if not written:
        yield "no report yet"
        return
    yield written["md"]
    yield f"As a page: {_written(incident, 'report', written['html'])}"


def _written(incident: Json, name: str, html: str) -> Path:
    file = ROOT / ".local" / f"{name}-{incident['id']}.html"
    file.write_text(html, encoding="utf-8")
    return file


def journal(left: Left, incident: Json) -> Iterator[str]:
    """From alert to report: what came in, what was decided, what went out, and to whom."""
    yield from told_as_journal(incident, left.calls(incident["id"]))


def calls(left: Left, incident: Json) -> Iterator[str]:
    """Every call that the outside world received, oldest first."""
    for one in sorted(left.calls(incident["id"]), key=lambda call: str(call["at"])):
        yield f"{one['at'][11:23]}  {one['vendor']:<15} {one['method']:<6} {one['path']}"


SHOWN: dict[str, Callable[[Left, Json], Iterator[str]]] = {
    "thread": thread,
    "ticket": ticket,
    "page": page,
    "report": report,
    "journal": journal,
    "calls": calls,
}


def _lines(node: Any, depth: int = 0) -> Iterator[str]:
    """A Jira document as lines of text."""
    if not isinstance(node, dict):
        return
    kind, inner = node.get("type"), node.get("content", [])
    if kind in ("paragraph", "heading", "taskItem", "codeBlock"):
        text = "".join(str(child.get("text", "")) for child in inner)
        box = {"DONE": "[x] ", "TODO": "[ ] "}.get(node.get("attrs", {}).get("state"), "")
        yield f"{'  ' * depth}{'# ' if kind == 'heading' else box}{text}"
        return
    if kind == "expand":
        yield f"{'  ' * depth}# {node['attrs']['title']} (folded)"
    for child in inner:
        yield from _lines(child, depth + (kind in ("bulletList", "taskList")))


def found(home: Home, incident_id: str | None) -> tuple[Left, Json] | None:
    """The incident, or the newest one: first in the local cloud if it runs, then among those that drills kept."""
    facts = home.read_stack() if cloud.is_running(home) else None
    places: list[Left] = [Live(Stack(facts))] if facts else []
    for left in (*places, Kept(home.kept)):
        wanted = incident_id or left.newest()
        incident = left.incident(wanted) if wanted else None
        if incident is not None:
            return left, incident
    return None


def main() -> int:
    parser = argparse.ArgumentParser(prog="make show", description=__doc__)
    parser.add_argument("what", choices=[*SHOWN, "threads"])
    parser.add_argument("incident", nargs="?", help="an incident's id; the newest one otherwise")
    given = parser.parse_args()
    home = Home(ROOT / ".local")
    if given.what == "threads":
        print("\n".join(threads(Kept(home.kept))) or "No drill was played yet: `make drill SCENARIO=all` plays them.")
        return 0
    shown = found(home, given.incident)
    if shown is None:
        print(f"There is no incident {given.incident or 'yet'}: `make drill` makes one.", file=sys.stderr)
        return 1
    print("\n".join(SHOWN[given.what](*shown)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
