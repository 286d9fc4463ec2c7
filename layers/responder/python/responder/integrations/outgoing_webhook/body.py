"""The body of the outgoing webhook, version 1 (docs/tasks/outgoing-webhook.md). Pure."""

import json
from datetime import datetime
from typing import Any

from responder.domain.clock import iso
from responder.domain.incident import Incident
from responder.domain.update import Update

VERSION = 1
_OF_INCIDENT = ("id", "title", "source", "url", "status", "severity", "scenario", "cause", "started_at", "resolved_at")
# Without `page`, whose signed link is for responders only, and without Slack's mention.
_OF_UPDATE = ("key", "kind", "headline", "known", "doing", "need_from_people", "commands", "next_update_by", "level")


def body_of(incident: Incident, update: Update, at: datetime) -> bytes:
    """`type`, `timestamp` and `data`, as in Standard Webhooks. Version 1 may gain fields but loses none."""
    told = _fields(update, _OF_UPDATE) | {"links": [link.model_dump() for link in update.links]}
    told["question"] = list(update.question.lines) if update.question else []
    data = {"version": VERSION, "incident": _fields(incident, _OF_INCIDENT), "update": told}
    body = {"type": f"incident.{update.kind.value}", "timestamp": iso(at), "data": data}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _fields(model: Incident | Update, names: tuple[str, ...]) -> dict[str, Any]:
    return model.model_dump(mode="json", include=set(names))
