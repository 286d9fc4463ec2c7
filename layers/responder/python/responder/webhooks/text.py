"""Cleans outside text for storing and showing."""

import re

from responder.domain.redact import bounded, redact

TITLE, NOTE, NAME, ADDRESS = 255, 2000, 100, 500

_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, lone surrogates (no UTF-8 form), marks that change the reading direction, and two non-characters
# for which SQS refuses the message: the vendor would retry for two days.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_URL = re.compile(r"https?://[^\s<>|\"'@?#\\]+", re.IGNORECASE)


def visible(text: str) -> str:
    return _UNSEEN.sub("", _BREAKS.sub(" ", text)).strip()


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
