"""Reads a service's last log lines for errors by type and heavy consumers, as Pino's JSON or columns of text. Pure.

Sources: runbook scenarios 1 (last field of a line with an error) and 3 (fourth field of a transcription line);
docs/twinmind.md#error-codes, #logs.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from responder.domain.json_text import parse_json
from responder.domain.redact import redact
from responder.probes.error_kinds import kind_of

_ERROR = re.compile(r"\b(?:error|Error|ERROR)\b")
_ABOUT_WORK = re.compile("transcribe", re.IGNORECASE)
# Pino's levels: 50 is error, 60 fatal.
_PINO_ERROR = 50
_CONSUMER_FIELDS = ("consumer", "client", "caller", "tenant")
_STATUS_FIELDS = ("status", "statusCode", "status_code")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@:-]{0,39}")
MOST_CONSUMERS = 5

# Names that every error of a language has: the code says more.
_GENERIC = ("Error", "TypeError", "FetchError", "AxiosError", "Exception")
MOST_TYPES = 8


@dataclass(frozen=True)
class Entry:
    """One line. `error` is its type, or None."""

    error: str | None
    text: str
    consumer: str | None


@dataclass(frozen=True)
class Reading:
    """`errors` by kind (KINDS); `types` as the log names them."""

    lines: int
    errors: Counter[str]
    types: Counter[str]
    consumers: Counter[str]


def reading(lines: Iterable[str]) -> Reading:
    entries = [entry(line) for line in lines if line.strip()]
    return Reading(
        lines=len(entries),
        errors=Counter(kind_of(f"{one.error} {one.text}") for one in entries if one.error is not None),
        types=Counter(one.error for one in entries if one.error),
        consumers=Counter(one.consumer for one in entries if one.consumer),
    )


def entry(line: str) -> Entry:
    """JSON if the line is an object, else columns."""
    if line.lstrip().startswith("{"):
        body = parse_json(line)
        if isinstance(body, dict):
            return _of_json(body)
    return _of_columns(line)


def _of_json(body: dict[str, Any]) -> Entry:
    error, level = body.get("error") or body.get("err"), body.get("level")
    fields = error if isinstance(error, dict) else {"message": error} if isinstance(error, str) else {}
    high = level >= _PINO_ERROR if isinstance(level, int) else str(level).lower() in ("error", "fatal")
    status = next((found for name in _STATUS_FIELDS for found in (fields.get(name), body.get(name)) if found), None)
    said = (fields.get("name"), fields.get("code"), fields.get("message"), body.get("msg"), status)
    text = " ".join(str(part) for part in said if part)
    consumer = next((body[name] for name in _CONSUMER_FIELDS if isinstance(body.get(name), str)), None)
    names = [name for name in (fields.get("name"), fields.get("type")) if name not in _GENERIC]
    named = next((name for name in (*names, fields.get("code"), fields.get("name"), fields.get("type")) if name), None)
    return Entry(_shown(named) or "" if fields or high else None, text, _shown(consumer))


def _of_columns(line: str) -> Entry:
    fields = line.split()
    error = _shown(fields[-1]) or "" if _ERROR.search(line) else None
    consumer = fields[3] if len(fields) > 4 and _ABOUT_WORK.search(line) else None
    return Entry(error, line, _shown(consumer))


def _shown(word: Any) -> str | None:
    """Shows only names that do not look like a credential."""
    return word if isinstance(word, str) and _NAME.fullmatch(word) and redact(word) == word else None
