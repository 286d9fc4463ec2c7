"""Removes credentials from outside text before it is stored, logged or shown. Pure.

First it removes the secrets that this process has read, in their usual encodings. Then it removes what looks like a
secret: the value of a field with such a name, a word after a scheme such as Bearer, known prefixes, long random words.
Identifiers that people need stay (UUIDs, ARNs, names, vendors' short ids). No pattern takes more than linear time.
"""

import base64
import json
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from responder.domain.json_text import parse_json
from responder.domain.secret_fields import MASK, is_mixed, without_field_values
from responder.domain.secret_phrases import without_phrases, without_spoken_values


class Memory:
    """`known`: the secrets that this process has read, in all encodings, the longest first, so that no part remains.

    `masks_emails`: whether e-mail addresses are removed too (template parameter MaskEmails).
    """

    known: tuple[str, ...] = ()
    masks_emails: bool = False


_memory = Memory()
_remembering = threading.Lock()

# Invisible characters between two of ASCII can only hide something. In other scripts they shape words, so they stay.
_HIDDEN = re.compile("(?<=[\t -~])[\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufe00-\ufe0f\ufeff]+(?=[\t -~])")
# Prefixes of credentials that vendors document. gitleaks and detect-secrets look for the same ones.
_PREFIXED = re.compile(
    r"(?:tm_sk|[srp]k_(?:live|test)|(?<![A-Za-z])sk-|xox[a-z]-|xapp-|whsec_|gh[pousr]_|github_pat_|glpat-|glrt-|gldt-|eyJ|"
    r"AIza|ya29\.|(?<![A-Za-z0-9])SG\.|dop_v1_|shp(?:at|ss|ca|pa)_|hv[sb]\.|ATATT3|AGE-SECRET-KEY-)"
    r"[A-Za-z0-9_\-./+=%\\]{6,}|A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{12,}"
    r"|(?<![A-Za-z0-9_.~-])[A-Za-z0-9_.~-]{3}[0-9]Q~[A-Za-z0-9_.~-]{31,34}"
)
# The name of a secret, with CloudFormation's random end. It is not secret itself, and people must type it.
_SECRET_NAME = re.compile(
    r"((?:arn:aws[a-z-]{0,20}:secretsmanager:[a-z0-9-]+:\d{12}:secret:|(?<=--secret-id )|(?<=the secret ))"
    r"[A-Za-z][A-Za-z0-9/_+=.@-]{0,100})"
)
_USERINFO = re.compile(r"(?<=://)[^\s/@:]{0,200}+:[^\s/@]{1,200}+(?=@)")
_WORD = re.compile(r"[A-Za-z0-9_+/=%\\-]{20,}")
_PIECE = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+")
# TwinMind's request ids, which its support needs. Unlike keys, they are hexadecimal.
_REQUEST_ID = re.compile(r"req_[0-9a-f]{8,32}")
# PagerDuty's ids of incidents, services and users: people look them up.
_PAGERDUTY_ID = re.compile(r"[PQR][A-Z0-9]{6,13}")
_UUID = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?:-\d{13})?(?![0-9a-fA-F])")
_EMAIL = re.compile(r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}")
# Names of secrets that the rules for fields in a text (secret_fields.py) do not have.
_NAMED_SECRET = re.compile(r"(?i)(?:salt|dsn|hmac|jwt|seed|pin|signature|cookie|session)$")
_ORDINARY = re.compile(r"[A-Za-z]+|[a-z]{2}(?:-[a-z]+)+-[0-9]|[0-9.]+")
_BREAKS = re.compile(r"[\t\n\v\f\r\x85\u2028\u2029]+")
# Control characters, lone surrogates (no UTF-8 form), marks that change the reading direction, and two characters for
# which SQS refuses a message: then the vendor would send it again for two days.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]")


def visible(text: str) -> str:
    """An outside text in one line, without invisible characters."""
    return _UNSEEN.sub("", _BREAKS.sub(" ", text)).strip()


def remember(secret: str) -> None:
    """Redacts `secret` from now on, also if it is base64-encoded, URL-encoded or JSON-escaped."""
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
        # The tuple is replaced and never changed, because another thread may be reading it.
        _memory.known = tuple(sorted({*_memory.known, *forms}, key=len, reverse=True))


def remember_secrets_of(fields: Mapping[str, Any]) -> None:
    """Redacts from now on those values of `fields`, and of JSON in them, whose name or form says that they are secret.

    Other values, such as a stage or an address, stay readable.
    """
    for name, value in fields.items():
        inner = parse_json(value) if isinstance(value, str) and value.lstrip()[:1] in ("{", "[") else value
        if isinstance(inner, list):
            for one in inner:
                remember_secrets_of({name: one})
        elif isinstance(inner, Mapping):
            remember_secrets_of(inner)
        elif isinstance(inner, str) and not is_ordinary(inner):
            text = inner.strip()
            if MASK in _scrubbed(f"{name}={text}") or (_NAMED_SECRET.search(name) and is_mixed(text)):
                remember(text)


def is_ordinary(value: str) -> bool:
    """Whether it is one plain word, a region or a number: if redacted, it would be missing in every message."""
    return len(value) < 20 and _ORDINARY.fullmatch(value.strip()) is not None


def mask_emails(on: bool) -> None:
    _memory.masks_emails = on


def bounded(text: str, limit: int) -> str:
    """As much of an outside text as is needed to show `limit` characters. It is cut at a blank, so that no half of a
    credential remains.
    """
    most = 2 * limit + 500
    return text if len(text) <= most else text[:most].rsplit(" ", 1)[0]


def redact_short(text: str, limit: int, *, is_contact: bool = False) -> str:
    """The first `limit` characters of an outside text, redacted and in one line. The text may be very long."""
    return redact(visible(bounded(text, limit)), is_contact=is_contact)[:limit]


def redact(text: str, *, is_contact: bool = False) -> str:
    """The text without credentials. `is_contact`: it says whom to reach, so e-mail addresses stay."""
    text = _HIDDEN.sub("", text)
    for secret in _memory.known:
        if secret in text:
            text = text.replace(secret, MASK)
    # Every second piece is the name of a secret.
    pieces = _SECRET_NAME.split(text)
    text = "".join(
        piece if place % 2 and not _PREFIXED.search(piece) else _scrubbed(piece) for place, piece in enumerate(pieces)
    )
    return _EMAIL.sub(MASK, text) if _memory.masks_emails and not is_contact else text


def _scrubbed(text: str) -> str:
    text = _PREFIXED.sub(MASK, _USERINFO.sub(MASK, text))
    text = without_spoken_values(without_field_values(without_phrases(text)))
    return _WORD.sub(lambda match: match[0] if _is_readable(match[0]) else MASK, text)


def _is_readable(word: str) -> bool:
    """Whether the word is a name or a path. A long random mix of letters and digits is not."""
    if _REQUEST_ID.fullmatch(word):
        return True
    word = _UUID.sub("", word)
    parts = [part for part in re.split(r"[_/=%\\+-]", word) if part]
    # Base64 is also checked as a whole, because its own signs (/ + =) can split it into short parts.
    whole = [re.sub(r"[/+=]", "", word)] if "+" in word or "=" in word else []
    return all(_is_plain(part) for part in (*parts, *whole))


def _is_plain(part: str) -> bool:
    if len(part) < 12 or part.isdigit() or _PAGERDUTY_ID.fullmatch(part):
        return True
    return len(part) >= 3.5 * len(_PIECE.findall(part))
