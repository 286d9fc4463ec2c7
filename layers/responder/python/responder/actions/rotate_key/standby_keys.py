"""Which staged key comes next, and how the secret will read with it. Pure."""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from responder.domain.json_text import parse_json
from responder.domain.secret_shape import key_flaw


class Candidate(NamedTuple):
    """`place` in the list of `staged` keys, from 1."""

    key: str
    place: int
    staged: int

    @property
    def name(self) -> str:
        """What people read: never the key itself."""
        return f"standby key {self.place} of {self.staged}"


def next_candidate(keys: Sequence[str], refused: Collection[str], last: str | None = None) -> Candidate | None:
    """The first staged key that is neither in use nor refused in this rotation; `last` only where no other is left.

    The key that was in use before this one is `last`: people mean to be rid of it, but one that works beats none.

    The list itself is never changed: taking a key off it before the promotion could lose a key that only a person
    can mint, and after the promotion it would be a second secret to keep in step. Skipping by value needs neither.
    """
    usable = [(place, key) for place, key in enumerate(keys, start=1) if key not in refused]
    for place, key in sorted(usable, key=lambda one: one[1] == last):
        return Candidate(key, place, len(keys))
    return None


def unusable(text: str | None, field: str | None) -> str | None:
    """Why the current secret cannot be rewritten safely, or None."""
    if text is None:
        return "the secret holds no text value; put the key in first"
    flaw = key_flaw(text, field)
    if flaw is None:
        return None
    if field is None:
        return f"{flaw}, but endpoints.twinmind.key_json_field does not say which field holds the key"
    return f"{flaw}; it is not JSON with the key under {field}, as endpoints.twinmind.key_json_field says"


def with_key(text: str, field: str | None, key: str) -> str:
    """The secret with `key` in its place; every other field of a JSON secret keeps its value and its order."""
    fields = parse_json(text)
    if field is None or not isinstance(fields, dict):
        return key
    return json.dumps({**fields, field: key}, ensure_ascii=False)
