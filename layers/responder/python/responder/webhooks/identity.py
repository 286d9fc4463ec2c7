"""Names that are the same for retries and copies: the incident's id and the event's fingerprint."""

import hashlib
import json
import re

# With prefix, dash and execution number it fits into the 80 characters of a Step Functions execution name. Other
# characters there, such as a dot, disable the execution's logging (StartExecution, "name").
_USABLE = re.compile(r"[A-Za-z0-9_-]{1,64}")


def is_usable(upstream_id: str) -> bool:
    return bool(_USABLE.fullmatch(upstream_id))


def incident_id(prefix: str, upstream_id: str) -> str:
    """`<prefix>-<upstream id>`; an id that does not fit an execution name is replaced by its hash."""
    return f"{prefix}-{upstream_id if is_usable(upstream_id) else hashed(upstream_id)}"


def manual_upstream_id(execution_name: str) -> str:
    """For an execution that a person started in the console: its name becomes the id."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", execution_name.removeprefix("manual-"))[:60]


def hashed(text: str) -> str:
    return "x" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def fingerprint(*parts: str | None) -> str:
    """Hex SHA-256 of the parts with separators: ("ab", "c") differs from ("a", "bc")."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
