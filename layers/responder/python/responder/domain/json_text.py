"""Parses JSON that somebody else wrote. Pure."""

import json
from typing import Any

# No vendor's JSON is nested deeper, and our recursive code can still follow it.
MAX_DEPTH = 100


def parse_json(text: str | None) -> Any:
    """The parsed value; None if the text is no JSON, or nested deeper than MAX_DEPTH."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return None
    level = [found]
    for _ in range(MAX_DEPTH):
        level = [inner for node in level for inner in _inside(node) if isinstance(inner, dict | list)]
        if not level:
            return found
    return None


def _inside(node: Any) -> Any:
    return node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
