"""Which staged key comes next, and the text of the secret with this key. Pure."""

import json
from collections.abc import Collection, Sequence
from typing import NamedTuple

from responder.domain.json_text import parse_json
from responder.domain.secret_shape import key_flaw


class Candidate(NamedTuple):
    """A key, its `place` in the list, from 1, and how many keys are `staged`."""

    key: str
    place: int
    staged: int

    @property
    def name(self) -> str:
        """The name that people read in place of the key."""
        return f"standby key {self.place} of {self.staged}"


def next_candidate(keys: Sequence[str], refused: Collection[str], last: str | None = None) -> Candidate | None:
    """The first of `keys` that is not in `refused`; None if there is none.

    `last` is the key that was in use before the current one. People want to be rid of it, so it comes last.
    The list itself is never changed. To remove a key before the promotion could lose a key that only a person can make.
    To remove it afterwards would mean to keep two secrets consistent.
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
    """The secret's text with the new `key`. All other fields of a JSON secret keep their values and their order."""
    fields = parse_json(text)
    if field is None or not isinstance(fields, dict):
        return key
    return json.dumps({**fields, field: key}, ensure_ascii=False)
