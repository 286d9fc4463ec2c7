"""What a Slack message may hold (docs/vendor-apis.md#slack-limits)."""

import json
from typing import Any

from local.sandbox.shapes import Json

BLOCKS_LIMIT, FIELDS_LIMIT, FIELD_TEXT_LIMIT = 50, 10, 2000
TEXT_LIMITS = {"section": 3000, "header": 150}
CUT_AT = 40_000
# Characters in a button's parts and in those of its confirm dialog (docs/vendor-apis.md#slack-limits).
BUTTON_LIMITS = {"text": 75, "value": 2000, "action_id": 255, "url": 3000}
CONFIRM_LIMITS = {"title": 100, "text": 300, "confirm": 30, "deny": 30}
ELEMENTS_LIMIT = 25
# A modal (docs.slack.dev, "Modal views").
VIEW_LIMITS = {"title": 24, "submit": 24, "close": 24, "private_metadata": 3000, "callback_id": 255}
VIEW_BLOCKS_LIMIT = 100


def content(given: Json) -> Json:
    """The part of chat.postMessage and chat.update that is stored: text (cut at 40,000), blocks, metadata."""
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


def broken_view(view: Json) -> bool:
    """Whether Slack would refuse the modal of views.open."""
    blocks = view.get("blocks")
    if view.get("type") != "modal" or not view.get("title") or not isinstance(blocks, list):
        return True
    human_tasks = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    return (
        (human_tasks and not view.get("submit"))
        or len(blocks) > VIEW_BLOCKS_LIMIT
        or any(_is_bad(block) for block in blocks)
        or _exceeds(view, VIEW_LIMITS)
    )


def buttons(message: Json) -> dict[str, str]:
    """The values of a message's buttons, by action_id."""
    found = [one for block in message.get("blocks") or [] if block["type"] == "actions" for one in block["elements"]]
    return {one["action_id"]: one.get("value", "") for one in found}


def _is_bad_button(element: Any) -> bool:
    if not isinstance(element, dict) or element.get("type") != "button" or not _length(element.get("text")):
        return True
    confirm = element.get("confirm")
    return (
        not element.get("action_id")
        or element.get("style", "primary") not in ("primary", "danger")
        or _exceeds(element, BUTTON_LIMITS)
        or (confirm is not None and (not all(map(confirm.get, CONFIRM_LIMITS)) or _exceeds(confirm, CONFIRM_LIMITS)))
    )


def _exceeds(given: Json, limits: dict[str, int]) -> bool:
    sizes = {name: given[name] if isinstance(given.get(name), str) else None for name in limits}
    return any(
        (len(text) if text is not None else _length(given.get(name))) > limits[name] for name, text in sizes.items()
    )


def _is_bad(block: Any) -> bool:
    if not isinstance(block, dict) or "type" not in block:
        return True
    if block["type"] == "actions":
        elements = block.get("elements") or []
        ids = [element.get("action_id") for element in elements if isinstance(element, dict)]
        return not 0 < len(elements) <= ELEMENTS_LIMIT or len(set(ids)) < len(ids) or any(map(_is_bad_button, elements))
    fields = block.get("fields", [])
    if block["type"] == "section" and not _length(block.get("text")) and not fields:
        return True
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
