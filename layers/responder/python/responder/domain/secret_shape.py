"""Says what form a stored secret has and what is wrong with it, without showing any of its text. Pure."""

import unicodedata

from responder.domain.json_text import parse_json

_NAMED = {"\ufeff": "a byte order mark (U+FEFF)", "\n": "a line break", "\r": "a line break"}
_HIDDEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
# More characters that nobody sees: fillers of Hangul, a joiner, and a blank of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")


def unsendable(text: str) -> str | None:
    """A phrase on the first character that no HTTP header can carry, and its place; None if there is none."""
    place = next((place for place, char in enumerate(text) if not " " <= char <= "~"), None)
    if place is None:
        return None
    return f"{_named(text[place])} at place {place + 1}, which no HTTP header can carry"


def hidden(text: str) -> str | None:
    """A phrase on the first character that nobody sees, such as a zero-width space; None if there is none."""
    found = next((char for char in text if char in _BLANK or unicodedata.category(char) in _HIDDEN), None)
    return None if found is None else _named(found)


def _named(char: str) -> str:
    return _NAMED.get(char, f"the character U+{ord(char):04X}")


def shape(text: str | None) -> str:
    """A phrase on the form of the text: plain text, a kind of JSON, or broken JSON."""
    stripped = (text or "").strip()
    if not stripped:
        return "without a text value"
    if stripped[0] == "\ufeff" and stripped[1:].lstrip()[:1] in ("{", "["):
        return "JSON behind a byte order mark (U+FEFF)"
    value = parse_json(stripped)
    if isinstance(value, dict):
        return "a JSON object"
    if isinstance(value, list):
        return "a bare JSON list"
    if value is None and stripped[0] in "{[":
        return "JSON that is cut off or broken"
    return "JSON null" if stripped == "null" else "plain text"


def is_plain(text: str | None) -> bool:
    return shape(text) == "plain text"


def key_flaw(text: str | None, field: str | None) -> str | None:
    """Why the secret holds no key, as plain text or under `field` of JSON; None if it holds one."""
    if field is None:
        return None if is_plain(text) else f"the secret is {shape(text)}"
    value = parse_json(text)
    if not isinstance(value, dict):
        return f"the secret is {shape(text)}"
    found = value.get(field)
    return None if isinstance(found, str) and found.strip() else f"the secret has no text under {field}"


def list_flaw(text: str | None) -> str | None:
    """Why the list of standby keys cannot be used; None for `{"keys": ["…"]}`, an empty list or an empty text."""
    if not (text or "").strip():
        return None
    value = parse_json(text)
    keys = value.get("keys") if isinstance(value, dict) else None
    wanted = 'where {"keys": ["…"]} is wanted'
    if not isinstance(value, dict):
        return f"the secret is {shape(text)}, {wanted}"
    if not isinstance(keys, list):
        return f"the secret has no list under keys, {wanted}"
    odd = sum(not isinstance(key, str) or not key.strip() for key in keys)
    return f"{odd} of {len(keys)} entries under keys are no text, {wanted}" if odd else None
