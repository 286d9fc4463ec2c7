"""The present state that people are told: the head of the incident's Slack thread, and our status page. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any

from local.incident_data import as_read

Json = dict[str, Any]


def told_now(world: Json, incident_id: str) -> list[str]:
    """One fact a line: the head's facts, and the newest text of each public notice. `world`: the sandbox's."""
    return [*_head(world["slack"]["messages"], incident_id), *_public(world["statuspage"]["incidents"])]


def _head(channels: dict[str, list[Json]], incident_id: str) -> Iterator[str]:
    for message in (one for messages in channels.values() for one in messages):
        is_head = message.get("thread_ts", message["ts"]) == message["ts"]
        if is_head and incident_id in json.dumps(message.get("metadata", {})):
            what, *facts = as_read(message["blocks"][0]["text"]["text"]).replace("*", "").splitlines()
            yield f"Slack         {re.sub('^:[a-z_]+: ', '', what)}"
            yield from (f"                {fact}" for fact in facts)


def _public(incidents: dict[str, Json]) -> Iterator[str]:
    for entry in incidents.values():
        updates = entry.get("incident_updates") or [{}]
        yield f"status page   {entry['status']}: {updates[0].get('body', '')}"
