"""Words that nobody should meet at night: names of programs, of states and of AWS's labels, and ids. Pure."""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from local.incident_data import as_read
from local.paths import ROOT

Json = dict[str, Any]
# Commands and exact names are allowed: in code, in a setting's path, after "Command:", or in lines of their own.
_EXACT = re.compile(
    r"```.*?(?:```|\Z)|`[^`]*`|\brequest id \S+|“[^”]*”|https?://\S+|\bref \S+|(?<!\w):[a-z_]+:|[\w-]+(?:\.[\w-]+)+"
    r"|Command(?:, for each)?: [^\n]*|(?m:^[ ]*(?:aws |printf |kubectl |read |make |curl |--)[^\n]*)",
    re.DOTALL,
)
_HOUSE = (
    r"AWS(?:CURRENT|PENDING|PREVIOUS)|\barn:aws\S*|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
    r"|\b[a-z0-9]+(?:_[a-z0-9]+)+\b|\bverdict\b|\bscenario\b|\((?:our fault|s)\)"
)
# The report's parts that people read first; its timeline and evidence have the exact names.
_FIRST = ("# Incident Report", "## Summary", "## Root Cause", "## Resolution", "## Action Items")


def house_words(texts: Iterable[str]) -> list[str]:
    """Each such word once, with its line."""
    lines = (line for text in texts for line in _EXACT.sub(" ", text).splitlines())
    return sorted({f"{found} in “{line.strip()}”" for line in lines for found in re.findall(_pattern(), line)})


@cache
def _pattern() -> re.Pattern[str]:
    machine = json.loads((ROOT / "statemachines" / "incident.asl.json").read_text(encoding="utf-8"))
    return re.compile("|".join((_HOUSE, *(rf"\b{name}\b" for name in machine["States"]))))


def told_to_people(world: Json, report: str | None) -> Iterator[str]:
    """The texts in Slack, Teams, the pager's notes, our status page, the tickets and the report's first parts.

    `world` is the sandbox's. Mail has the words of the pager's notes.
    """
    for message in (one for messages in world["slack"]["messages"].values() for one in messages):
        for block in message["blocks"]:
            texts = [block["text"]] if "text" in block else block.get("elements", [])
            yield from (as_read(str(one["text"])) for one in texts if one.get("type") == "mrkdwn")
    for entry in world["statuspage"]["incidents"].values():
        yield from (str(update["body"]) for update in entry.get("incident_updates", []))
    for issue in world["tickets"]["issues"].values():
        for document in (issue["fields"].get("description"), *(one["body"] for one in issue["comments"])):
            yield from _plain(document)
    for incident in world["pagerduty"]["incidents"].values():
        yield from (str(note["content"]) for note in incident["notes"])
    for card in world["teams"]["cards"]:
        yield from (run["text"] for block in card["body"] for run in block.get("inlines", []))
    parts = re.split(r"^(?=#{1,2} )", report or "", flags=re.MULTILINE)
    yield from (part for part in parts if part.startswith(_FIRST))


def _plain(node: Any) -> Iterator[str]:
    """The text of a Jira document, without code and without folded parts."""
    if not isinstance(node, dict) or node.get("type") in ("codeBlock", "expand"):
        return
    if node.get("type") in ("paragraph", "heading", "taskItem"):
        inner = [child for child in node.get("content", []) if not child.get("marks")]
        yield "".join(str(child.get("text", "")) for child in inner)
        return
    for child in node.get("content", []):
        yield from _plain(child)
