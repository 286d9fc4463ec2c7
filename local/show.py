"""`make show WHAT=thread|ticket|page|report|journal|calls [INCIDENT=…]`: what people have of an incident."""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from local.drill.outside import Stack
from local.journal import journal as told_as_journal
from local.places import ROOT, Home

Json = dict[str, Any]


def thread(stack: Stack, incident: Json) -> Iterator[str]:
    """Every message of the incident's Slack thread as people see it there, its head as it stands now."""
    for channel, messages in stack.world()["slack"]["messages"].items():
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
            yield unescape(re.sub(r"<(https?://[^|>]+)\|([^>]+)>", r"\2: \1", str(shown)))
        yield ""


def ticket(stack: Stack, incident: Json) -> Iterator[str]:
    key = (incident.get("ticket") or {}).get("key")
    issue = stack.world()["tickets"]["issues"].get(key)
    if issue is None:
        yield "no ticket"
        return
    yield f"{key} [{issue['status']}] {issue['fields']['summary']}"
    yield from _lines(issue["fields"].get("description"))
    for comment in issue["comments"]:
        yield f"── comment, {comment['created'][11:19]} UTC " + "─" * 60
        yield from _lines(comment["body"])


def page(stack: Stack, incident: Json) -> Iterator[str]:
    """As the function answers just now, in a file; and the link, which a browser of this machine opens."""
    token = parse_qs(urlsplit(incident["page"]).query)["token"][0]
    url = f"{stack.facts['api_url']}/incidents/{incident['id']}/page"
    answer = httpx.get(url, params={"token": token}, headers=stack.facts["api_headers"], timeout=30)
    file = ROOT / ".local" / f"page-{incident['id']}.html"
    file.write_text(answer.raise_for_status().text, encoding="utf-8")
    yield f"live: {incident['page']}"
    yield f"now:  {file}"


def report(stack: Stack, incident: Json) -> Iterator[str]:
    if not incident.get("report"):
        yield "no report yet"
        return
    bucket, file = stack.facts["bucket_name"], ROOT / ".local" / f"report-{incident['id']}.html"
    html = stack.aws("s3").get_object(Bucket=bucket, Key=incident["report"].replace(".md", ".html"))["Body"].read()
    file.write_bytes(html)
    yield stack.aws("s3").get_object(Bucket=bucket, Key=incident["report"])["Body"].read().decode()
    yield f"As a page: {file}"


def journal(stack: Stack, incident: Json) -> Iterator[str]:
    """From alert to report: what came in, what was decided, what went out, and to whom."""
    yield from told_as_journal(incident, stack.journal())


def calls(stack: Stack, _: Json) -> Iterator[str]:
    """Every call that the outside world received, oldest first."""
    for one in sorted(stack.journal(), key=lambda call: str(call["at"])):
        yield f"{one['at'][11:23]}  {one['vendor']:<15} {one['method']:<6} {one['path']}"


SHOWN: dict[str, Callable[[Stack, Json], Iterator[str]]] = {
    "thread": thread,
    "ticket": ticket,
    "page": page,
    "report": report,
    "journal": journal,
    "calls": calls,
}


def _lines(node: Any, depth: int = 0) -> Iterator[str]:
    """A document of Jira's as lines of text."""
    if not isinstance(node, dict):
        return
    kind, inner = node.get("type"), node.get("content", [])
    if kind in ("paragraph", "heading", "taskItem", "codeBlock"):
        text = "".join(str(child.get("text", "")) for child in inner)
        box = {"DONE": "[x] ", "TODO": "[ ] "}.get(node.get("attrs", {}).get("state"), "")
        yield f"{'  ' * depth}{'# ' if kind == 'heading' else box}{text}"
        return
    for child in inner:
        yield from _lines(child, depth + (kind in ("bulletList", "taskList")))


def _newest(stack: Stack) -> str | None:
    found: list[Json] = []
    for status in ("open", "resolved"):
        url = f"{stack.facts['api_url']}/incidents"
        answer = httpx.get(url, params={"status": status}, headers=stack.facts["api_headers"], timeout=30)
        found += answer.raise_for_status().json()["incidents"]
    return max(found, key=lambda one: str(one["started_at"]))["id"] if found else None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local.show", description=__doc__)
    parser.add_argument("what", choices=SHOWN)
    parser.add_argument("incident", nargs="?", help="an incident's id; the newest one otherwise")
    given = parser.parse_args()
    facts = Home(ROOT / ".local").read_stack()
    if facts is None:
        print("The local cloud does not run: `make up`, or `make drill`, first.", file=sys.stderr)
        return 1
    stack = Stack(facts)
    incident_id = given.incident or _newest(stack)
    incident = stack.incident(incident_id) if incident_id else None
    if incident is None:
        print(f"There is no incident {incident_id or 'yet: `make drill` makes one'}.", file=sys.stderr)
        return 1
    print("\n".join(SHOWN[given.what](stack, incident)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
