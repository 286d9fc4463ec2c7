"""A document as plain values. Text is only text, and each renderer must keep it so. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

Value = TypeVar("Value")
Tone = Literal["plain", "bad", "busy", "good"]


@dataclass(frozen=True)
class Code:
    """A name or a command, word for word."""

    text: str


@dataclass(frozen=True)
class Linked:
    """A link if `url` is http or https; otherwise only its text."""

    text: str
    url: str


Inline = str | Code | Linked
Line = tuple[Inline, ...]


@dataclass(frozen=True)
class Paragraph:
    line: Line


@dataclass(frozen=True)
class Bullets:
    items: tuple[Line, ...]


@dataclass(frozen=True)
class Commands:
    """Lines for a shell, word for word, each on its own."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Checkbox:
    """One box. `name` tells it from the others of its document, however often it is written."""

    name: str
    line: Line
    done: bool = False


@dataclass(frozen=True)
class Checklist:
    items: tuple[Checkbox, ...]


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Moment:
    """One point of the picture."""

    at: datetime
    name: str
    tone: Tone = "plain"


@dataclass(frozen=True)
class Picture:
    """The incident's moments on a line of time; a table has the same, for readers who see no pictures."""

    title: str
    moments: tuple[Moment, ...]


Block = Paragraph | Bullets | Commands | Checklist | Table | Picture


@dataclass(frozen=True)
class Section:
    """`folded`: closed until the reader opens it."""

    title: str
    blocks: tuple[Block, ...]
    folded: bool = False


@dataclass(frozen=True)
class Document:
    """`facts` are the lines under the title: a name and what it is; `tone` colours the first of them."""

    title: str
    facts: tuple[tuple[str, Line], ...]
    sections: tuple[Section, ...]
    tone: Tone = "plain"


def said(*parts: Inline) -> Paragraph:
    return Paragraph(parts)


def listed(*sentences: str) -> Bullets:
    return Bullets(tuple((sentence,) for sentence in sentences))


def flat(text: str) -> str:
    """One line of printable characters: a line break from outside must not begin a heading or a list."""
    whole = text.encode("utf-8", "replace").decode()
    return _CONTROL.sub("", re.sub(r"\s+", " ", whole))


def with_texts(value: Value, change: Callable[[str], str]) -> Value:
    """The document with every text changed. Call it before rendering: escapes could hide a secret from `change`."""
    changed: Value = _changed(value, change)
    return changed


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_changed(one, change) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: _changed(getattr(value, field.name), change) for field in fields(value)})
    return value
