"""Names that are stable over retries and copies: the incident's id and the event's fingerprint."""

import hashlib
import json
import re

# With prefix, dash and generation it stays within the 80 characters of a Step Functions execution name.
_USABLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def is_usable(upstream_id: str) -> bool:
    """Dots alone would be a step up in a URL path."""
    return bool(_USABLE.fullmatch(upstream_id)) and bool(upstream_id.strip("."))


def incident_id(prefix: str, upstream_id: str) -> str:
    """`<prefix>-<upstream id>`; an id that no execution name can hold is replaced by a hash of it."""
    return f"{prefix}-{upstream_id if is_usable(upstream_id) else hashed(upstream_id)}"


def hashed(text: str) -> str:
    return "x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def fingerprint(*parts: str | None) -> str:
    """Hex SHA-256 over the parts, with borders kept: ("ab", "c") differs from ("a", "bc")."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
