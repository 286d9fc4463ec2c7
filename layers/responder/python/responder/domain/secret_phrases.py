"""Redacts values that a sentence or a command calls secret: "the password is …", `--password …`, `curl -u user:…`.

Pure. It takes linear time, as in secret_fields: between a name and its value there is only text of limited length.
"""

import re
from collections.abc import Callable
from functools import partial

from responder.domain.secret_fields import FIRM_NAMES, MASK, PASSWORD, PASSWORDS, is_mixed, masked, says_nothing

_QUOTED = r"(?:\"(?P<double>(?:[^\"\\\r\n]|\\.)*+)|'(?P<single>[^'\r\n]*+)|“(?P<curly>[^”\r\n]*+)|`(?P<tick>[^`\r\n]*+)"
_VALUE = rf"{_QUOTED}|(?P<bare>[^\s\"',;&<>]++))"
_VERB = r"(?P<verb>[ \t]{1,3}(?:is|was|to|ist|est|es)(?:[ \t]{1,3}(?:now|still|(?:re)?set[ \t]to|changed[ \t]to))?)"
_OWNER = r"(?:[ \t]{1,3}(?:for|of)(?:[ \t]{1,3}[\w.@-]{1,40}){1,3}?)?"
_SENTENCE = re.compile(rf"(?i)(?P<name>{FIRM_NAMES}|token)(?:{_OWNER}{_VERB})?[ \t:]{{1,4}}{_VALUE}")
# A password of several words, up to the end of the sentence or field: "password: correct horse battery staple".
_PHRASE = re.compile(
    rf"(?i)(?:{PASSWORDS})(?P<sep>{_OWNER}{_VERB}:?[ \t]{{1,4}}|[ \t]{{0,4}}[:=][ \t\r\n]{{0,4}})"
    r"(?P<bare>[^\W_][\w!@#$^*+-]{1,30}+(?:[ \t][\w!@#$^*+-]{2,30}+){2,11}+)(?=[ \t]{0,4}(?:[.,;)\]\r\n]|$))"
)
# If one of these words is among them, it is a sentence about a password and no password.
_SENTENCE_WORDS = frozenset(
    """
    is are was were be been being must should shall can cannot could will would may might has have had do does did not
    no and or but so the an of for to in on at by with from as if it its this that these than then when where which
    who what how you your we our us they their my he she please see use used using check ask contact enter try only
    too more least less most until after before because while again never always via per between within without into
    about over under all any each every same other new old failed fails invalid expired required missing changed reset
    wrong incorrect mismatch error unknown user username login account email authentication database server policy
    manager hash hashed encrypted stored sensitive characters letters digits symbols length prompt protected rotation
    """.split()  # noqa: SIM905 - as in secret_fields
)
# Words after "the password is" that describe a password.
_QUALITIES = frozenset(
    "short simple secure easy private unique confidential similar stale random complex case too more less".split()  # noqa: SIM905
)
_FLAG = re.compile(
    rf"(?i)(?<![\w-])--?(?:[a-z0-9]{{1,20}}-){{0,4}}(?P<name>{FIRM_NAMES}|token|secret-string)[ \t]{{1,4}}{_VALUE}"
)
# User and password for curl and the like. Commands whose -p, -a or -w is a password. -p of any command (_SHORT).
_USER = re.compile(rf"(?<![\w-])(?:-u|--user|--proxy-user)[ \t=]{{0,4}}(?:[\"']?[^\s:\"'/]{{0,80}}+[\"']?:){_VALUE}")
_COMMAND = re.compile(
    rf"\b(?:(?:mysql|mariadb|sshpass)[a-z]{{0,6}}\b[^\r\n]{{0,120}}?[ \t]-p"
    rf"|(?:login|sshpass|redis-cli|ldap[a-z]{{3,8}}|unzip|zip)\b[^\r\n]{{0,120}}?[ \t]-[pPaw][ \t]{{1,4}}){_VALUE}"
)
_SHORT = re.compile(rf"(?<![\w-])-p[ \t]{{1,4}}{_VALUE}")
_COOKIE = re.compile(r"(?i)(\b(?:set-)?cookie[\"']?[ \t]{0,4}[:=][ \t]{0,4}[\"']?[^\s=;:\"']{1,100}+=)[^\r\n\"']++")
_ADJECTIVE = re.compile(r"(?i)[a-z]+(?:ed|ing|[ai]ble|ory|ent|ful|less)")
_ENDS = re.compile(r"[ \t]*(?:[.,;:!?)\]]|$|(?:and|but|so|then|until|if|please|[-\u2013\u2014])[ \t])", re.MULTILINE)
_PLACE = re.compile(r"(?:[-/.~@]|file:|[a-z]:\\)")
_PORT = re.compile(r"[0-9.:/-]*[a-z]?")


def without_phrases(text: str) -> str:
    """Redacts passwords of several words. Call it before single values are redacted: else a part would stay."""
    return _PHRASE.sub(_phrase, text)


def _phrase(match: re.Match[str]) -> str:
    words = match["bare"].split()
    least = 4 if match["verb"] else 3
    is_sentence = any(word.lower() in _SENTENCE_WORDS for word in words) or _ADJECTIVE.fullmatch(words[0])
    return match[0] if len(words) < least or is_sentence else masked(match, "bare")


def without_spoken_values(text: str) -> str:
    text = _COOKIE.sub(rf"\1{MASK}", text)
    for pattern, is_secret in (
        (_FLAG, _flag),
        (_USER, _user),
        (_COMMAND, _password),
        (_SHORT, _short),
        (_SENTENCE, _sentence),
    ):
        text = pattern.sub(partial(_masked, is_secret), text)
    return text


def _sentence(match: re.Match[str], value: str) -> bool:
    """A word of letters counts only after a verb and at the end of the sentence: "the password is swordfish"."""
    bare, is_password = value.rstrip(".:!?)"), _is_password(match)
    # Without a verb, the name must be a word of its own: not part of `proxy_pass` or of a path.
    is_alone = not re.match(r"[\w/]", match.string[max(0, match.start() - 1) :]) or match.start() == 0
    if says_nothing(value) or not (match["verb"] or (is_password and is_alone and not set(value) & set("/=:"))):
        return False
    if match["bare"] is None:
        return len(value) >= 4
    if not bare.isalpha():
        return len(bare) >= (4 if is_password and match["verb"] else 6) and _looks_made_up(bare)
    ends = bare != value or _ENDS.match(match.string, match.end())
    return bool(is_password and match["verb"] and len(bare) >= 4 and ends and not _is_quality(bare))


def _is_quality(word: str) -> bool:
    return bool(_ADJECTIVE.fullmatch(word)) or word.lower() in _QUALITIES


def _looks_made_up(value: str) -> bool:
    return is_mixed(value) or bool(re.search(r"[!@#$^&*+]", value))


def _flag(match: re.Match[str], value: str) -> bool:
    if _is_password(match):
        return not value.startswith("-") and not says_nothing(value)
    return len(value) >= 6 and not _PLACE.match(value.lower()) and not says_nothing(value) and is_mixed(value)


def _user(match: re.Match[str], value: str) -> bool:
    """For curl and wget a plain word counts too. For other programs the second part may be a group."""
    is_http = "curl" in match.string or "wget" in match.string
    if says_nothing(value) or value[:1].isspace() or value.startswith("//"):
        return False
    return is_mixed(value) or (is_http and not _PORT.fullmatch(value))


def _password(_: re.Match[str], value: str) -> bool:
    return not says_nothing(value) and not _PORT.fullmatch(value) and not _PLACE.match(value)


def _short(match: re.Match[str], value: str) -> bool:
    return _password(match, value) and is_mixed(value) and not value.isalpha() and not set(value) & set("/.:=\\")


def _is_password(match: re.Match[str]) -> bool:
    return bool(PASSWORD.match(match["name"]))


def _masked(is_secret: Callable[[re.Match[str], str], bool], match: re.Match[str]) -> str:
    kind = next(name for name in ("double", "single", "curly", "tick", "bare") if match[name] is not None)
    return masked(match, kind) if is_secret(match, match[kind]) else match[0]
