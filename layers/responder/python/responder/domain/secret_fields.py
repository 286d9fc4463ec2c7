"""Redacts values that are secret by their field's name or an HTTP scheme: `password=…`, `"api_key": "…"`, `Bearer …`.

Pure. It takes linear time: a pattern begins at a fixed word, repeats are possessive, none looks ahead over a value.
"""

import re

MASK = "[redacted]"
_ASSIGNED = r"(?:[\"'\\]{0,4}[ \t]{0,4}(?:=>|:=|[:=])[ \t\r\n]{0,4}|>|[ \t]{1,4}(?=[\"']))"
# A value in quotes ends at the closing quote, also in JSON within JSON. Otherwise it ends at a blank or a separator.
_VALUE = (
    r"(?:\\{1,3}\"(?P<deep>[^\"\\\r\n]*+)|\"(?P<double>(?:[^\"\\\r\n]|\\.)*+)|'(?P<single>(?:[^'\\\r\n]|\\.)*+)|"
    r"(?P<bare>[^\s\"',;&<>]*+))"
)
# Words for "password" in several languages.
PASSWORDS = (
    r"passwor[dt]|passwd|pass[ -]?phrase|pass[ -]?code|pwd|(?<![a-z])pass|(?<![a-z0-9])pw|kennwort|contrase\u00f1a|"
    r"mot de passe|senha|\u043f\u0430\u0440\u043e\u043b\u044c|\u5bc6\u7801|\u30d1\u30b9\u30ef\u30fc\u30c9"
)
PASSWORD = re.compile(rf"(?i){PASSWORDS}")
FIRM_NAMES = (
    rf"(?:{PASSWORDS}|secret|credentials?|authorization|"
    r"(?:api|access|auth|account|private|signing|encryption|integration|routing|service|client|master|license|genie|"
    r"storage|shared|subscription|webhook|standby|session|secret)[ _.-]?key)"
)
_FIELD = re.compile(
    rf"(?i)(?:(?P<firm>{FIRM_NAMES})|(?P<weak>token|(?-i:[a-z]{{1,20}}Key)|(?<![a-z])(?:[a-z]{{1,20}}[_-])?key))(?P<sep>{_ASSIGNED}){_VALUE}"
)
_SCHEME = re.compile(
    r"\b(?P<name>[Bb]earer|BEARER|[Bb]asic|BASIC|[Oo][Aa]uth|[Gg]enie[Kk]ey|[Tt]oken)(?P<sep>[ \t]{1,4}(?:token=)?)"
    r"[\"']?(?P<value>[^\s\"',;&<>]++)"
)
# Fields whose name ends with "key" but that hold no secret. People need them to compare.
_IDENTIFIER = re.compile(
    r"(?i)(?:alert|incident|dedup|idempotency|primary|foreign|partition|sort|cache|issue|public|job|task|project|object|"
    r"row|group|lookup|ticket|parent|epic|correlation)[_-]?key"
)
# Words that people and programs write in the place of a secret.
_WORDS = frozenset(
    """
    null none nil true false undefined empty missing invalid incorrect wrong expired required optional unset set is are
    was were be been must should has have had not no and or the a an of for to in on at by with from as if it its this
    that reset changed rotated revoked rejected refused accepted valid unknown denied failed fails error ok yes bearer
    basic token tokens digest negotiate oauth geniekey string password passwd secret key keys value hidden masked
    redacted removed authentication authorization auth header headers credential credentials scheme format realm method
    please check see use used using sent given provided present absent new old same other one managed default test your
    example correct mandatory weak strong short long safe fine good bad gone known public leaked there here out only
    plain sha256 sha512 base64 argon2 pbkdf2 oauth2 saml2 user pass admin blank needed protected
    """.split()  # noqa: SIM905 - a list of a hundred words in quotes cannot be read
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

_LETTER, _DIGIT = re.compile(r"[A-Za-z]"), re.compile(r"[0-9]")
_INNER_CAPITALS = re.compile(r"[a-z][A-Z][a-z]{0,3}[A-Z]")


def without_field_values(text: str) -> str:
    return _FIELD.sub(_field, _SCHEME.sub(_scheme, text))


def _field(match: re.Match[str]) -> str:
    kind = next(name for name in ("deep", "double", "single", "bare") if match[name] is not None)
    is_assigned = kind != "bare" or match["sep"].strip(" \t\"'\\") != ":"
    return masked(match, kind) if _is_secret(match, match[kind], is_assigned=is_assigned) else match[0]


def _is_secret(match: re.Match[str], value: str, *, is_assigned: bool) -> bool:
    """`is_assigned`: the value follows `=` or is in quotes. A colon without quotes may be part of a sentence."""
    if says_nothing(value):
        return False
    if _UUID.search(value):
        return not (match["weak"] and _IDENTIFIER.fullmatch(match["weak"]))
    if match["firm"] and PASSWORD.match(match["firm"]):
        return is_assigned or len(value) >= 3
    if match["firm"]:
        return len(value) >= 4 if is_assigned else len(value) >= 6 and bool(_DIGIT.search(value))
    if _IDENTIFIER.fullmatch(match["weak"]) or any(sign in value for sign in " /:"):
        return False
    return is_mixed(value) and len(value) >= (6 if match["weak"].lower() == "token" and is_assigned else 16)


def _scheme(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if says_nothing(value) or len(value) < 6:
        return match[0]
    # A word of letters only counts as a token after `Bearer`, as HTTP writes it. Elsewhere it is just a word.
    is_token = is_mixed(value) or "=" in match["sep"] or (name in ("Bearer", "BEARER") and len(value) >= 8)
    return masked(match, "value") if is_token or name.lower() == "geniekey" else match[0]


def says_nothing(value: str) -> bool:
    bare = value.strip(" .:!?*-_()")
    return not bare or bare.lower() in _WORDS or value.startswith((MASK, "[", "{", "$", "%", "<", "*", "arn:"))


def is_mixed(value: str) -> bool:
    """Whether it has letters and digits, or capitals inside a word. Then it is no word of a sentence."""
    return bool(_LETTER.search(value) and (_DIGIT.search(value) or _INNER_CAPITALS.search(value)))


def masked(match: re.Match[str], kind: str) -> str:
    start, end = (place - match.start() for place in match.span(kind))
    return match[0][:start] + MASK + match[0][end:]
