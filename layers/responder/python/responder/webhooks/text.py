"""Outside text made fit for storing and showing."""

import re

from responder.domain.redact import redact

TITLE, NOTE, NAME, ADDRESS = 255, 2000, 100, 500

_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, halves of surrogate pairs (no UTF-8 form), marks that make text read in another order, and
# two non-characters for which SQS refuses the message: the vendor would send it again and again for two days.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")
_URL = re.compile(r"https?://[^\s<>|\"'@?#\\]+", re.IGNORECASE)


def visible(text: str) -> str:
    return _UNSEEN.sub("", _BREAKS.sub(" ", text)).strip()


def clean(text: str, limit: int) -> tuple[str, bool]:
    """At most `limit` characters without control characters and credentials, and whether any had to be cut."""
    shown = visible(text)
    # Redaction costs time, so the text is bounded first: at a blank, or half a credential could slip through.
    bounded = shown if len(shown) <= 2 * limit + 500 else shown[: 2 * limit + 500].rsplit(" ", 1)[0]
    redacted = redact(bounded)
    if len(redacted) <= limit and bounded == shown:
        return redacted, False
    return redacted[: limit - 1].rstrip() + "…", True


def clean_url(text: str) -> str | None:
    """The address without user, query and fragment, where credentials travel; None if it is not http(s)."""
    match = _URL.match(visible(text))
    if match is None or len(match[0]) > ADDRESS:
        return None
    # Piece by piece: a whole path looks like one long random word to redaction.
    return "/".join(redact(piece) for piece in match[0].split("/"))
