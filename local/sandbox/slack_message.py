"""What a Slack message may hold (facts: webhooks-and-apis.md 5.2)."""

import json
from typing import Any

from local.sandbox.shapes import Json

BLOCKS_LIMIT, FIELDS_LIMIT, FIELD_TEXT_LIMIT = 50, 10, 2000
TEXT_LIMITS = {"section": 3000, "header": 150}
CUT_AT = 40_000


def content(given: Json) -> Json:
    """The stored part of chat.postMessage and chat.update: text (cut at 40,000), blocks, metadata."""
    found: Json = {"text": str(given.get("text", ""))[:CUT_AT]}
    return found | {name: _parsed(given[name]) for name in ("blocks", "metadata") if given.get(name)}


def broken_limit(given: Json) -> str | None:
    """Slack's error code for a message that it would refuse, or None."""
    blocks = _parsed(given.get("blocks") or [])
    if not blocks and not given.get("text"):
        return "no_text"
    if not isinstance(blocks, list) or len(blocks) > BLOCKS_LIMIT or any(_is_bad(block) for block in blocks):
        return "invalid_blocks"
    metadata = _parsed(given.get("metadata") or {"event_type": "none", "event_payload": {}})
    complete = isinstance(metadata, dict) and metadata.get("event_type") and "event_payload" in metadata
    return None if complete else "invalid_metadata_format"


def _is_bad(block: Any) -> bool:
    if not isinstance(block, dict) or "type" not in block:
        return True
    fields = block.get("fields", [])
    return (
        _length(block.get("text")) > TEXT_LIMITS.get(block["type"], CUT_AT)
        or len(fields) > FIELDS_LIMIT
        or any(_length(field) > FIELD_TEXT_LIMIT for field in fields)
    )


def _length(text: Any) -> int:
    return len(text.get("text", "")) if isinstance(text, dict) else 0


def _parsed(value: Any) -> Any:
    """Form-encoded calls carry blocks and metadata as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None
