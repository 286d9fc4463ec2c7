"""Cleans outside text for storing and showing."""

import re

from responder.domain.redact import bounded, redact, visible

TITLE, NOTE, NAME, ADDRESS = 255, 2000, 100, 500

_URL = re.compile(r"https?://[^\s<>|\"'@?#\\]+", re.IGNORECASE)


def clean(text: str, limit: int) -> tuple[str, bool]:
    """At most `limit` characters without control characters and credentials, and whether it was cut."""
    shown = visible(text)
    cut = bounded(shown, limit)
    redacted = redact(cut)
    if len(redacted) <= limit and cut == shown:
        return redacted, False
    return redacted[: limit - 1].rstrip() + "…", True


def clean_url(text: str) -> str | None:
    """The URL without user, query and fragment, which can hold credentials; None if not http(s)."""
    match = _URL.match(visible(text))
    if match is None or len(match[0]) > ADDRESS:
        return None
    # By segment: a whole path looks like one long random word.
    return "/".join(redact(piece) for piece in match[0].split("/"))
