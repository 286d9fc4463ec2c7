"""Removes credentials from outside text before it is stored, logged or shown. Pure.

It masks words that look like a credential (by prefix, or long and random), and secrets that this process has read, in
their usual encodings. Identifiers that people need (UUIDs, ARNs, names, vendors' short ids) stay.
"""

import base64
import json
import re
import threading
from urllib.parse import quote

MASK = "[redacted]"


class Memory:
    """Secrets that this process has read, in all encodings, longest first so that no half remains."""

    known: tuple[str, ...] = ()


_memory = Memory()
_remembering = threading.Lock()

_PREFIXED = re.compile(
    r"(?:tm_sk|sk_live|sk_test|(?<![A-Za-z])sk-|xox[a-z]-|xapp-|whsec_|gh[pousr]_|glpat-|eyJ)[A-Za-z0-9_\-./+=%\\]{6,}"
    r"|A[KS]IA[A-Z0-9]{12,}"
)
_SCHEMES = re.compile(
    r"(?i)\b(bearer|basic|oauth|geniekey|token\s+token=|token=|api[_-]?key\s*[=:]|secret\s*[=:]|password\s*[=:])"
    r"(\s*)((?=[^\s\"',;&]*\d)[^\s\"',;&]{6,})"
)
# A secret's name with CloudFormation's random end: people must type it, and it is no secret.
_SECRET_NAME = re.compile(
    r"((?:arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:|(?<=--secret-id )|(?<=the secret ))"
    r"[A-Za-z][A-Za-z0-9/_+=.@-]{0,100})"
)
_USERINFO = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")
_WORD = re.compile(r"[A-Za-z0-9_+/=%\\-]{20,}")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# TwinMind's request ids, which its support needs: hexadecimal only, unlike any key.
_REQUEST_ID = re.compile(r"req_[0-9a-f]{8,32}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:-\d{13})?")


def remember(secret: str) -> None:
    """Masks `secret` from now on, also base64-encoded, URL-encoded or JSON-escaped."""
    if len(secret) < 8:
        return
    raw = secret.encode("utf-8", "surrogatepass")
    escaped = json.dumps(secret)[1:-1]
    forms = {secret, quote(raw, safe=""), quote(raw), escaped, escaped.replace("/", "\\/")}
    # A secret inside a longer base64 text has one of three alignments.
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")[4 if offset else 0 : -2]
        forms |= {encoded, encoded.replace("+", "-").replace("/", "_")}
    with _remembering:
        # Replaced, never changed in place: another thread may be reading it.
        _memory.known = tuple(sorted({*_memory.known, *forms}, key=len, reverse=True))


def redact(text: str) -> str:
    for secret in _memory.known:
        if secret in text:
            text = text.replace(secret, MASK)
    # Every second piece is such a name.
    pieces = _SECRET_NAME.split(text)
    return "".join(
        piece if place % 2 and not _PREFIXED.search(piece) else _scrubbed(piece) for place, piece in enumerate(pieces)
    )


def _scrubbed(text: str) -> str:
    text = _USERINFO.sub(MASK, text)
    text = _PREFIXED.sub(MASK, text)
    text = _SCHEMES.sub(lambda match: f"{match[1]}{match[2]}{MASK}", text)
    return _WORD.sub(lambda match: match[0] if _is_readable(match[0]) else MASK, text)


def _is_readable(word: str) -> bool:
    """Names and paths are readable; long runs that mix letters and digits at random are not."""
    if _UUID.fullmatch(word) or _REQUEST_ID.fullmatch(word):
        return True
    parts = [part for part in re.split(r"[_/=%\\+-]", word) if part]
    # Base64's own characters can split it into short parts.
    whole = [re.sub(r"[/+=]", "", word)] if "+" in word or "=" in word else []
    return all(_is_plain(part) for part in (*parts, *whole))


def _is_plain(part: str) -> bool:
    if len(part) < 12 or part.isdigit():
        return True
    return len(part) >= 3.5 * len(_PIECE.findall(part))
