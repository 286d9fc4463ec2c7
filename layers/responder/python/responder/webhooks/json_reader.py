"""Reads a webhook body: a field without the documented form is absent, and named in `odd`."""

from collections.abc import Mapping
from typing import Any

from responder.domain.redact import visible
from responder.webhooks.identity import is_usable
from responder.webhooks.text import NAME, clean, clean_url

_MOST = 50
_EMPTY: Mapping[str, Any] = {}


class JsonReader:
    """One JSON object of a body. Readers of its parts share the list of odd fields: names, never values."""

    def __init__(self, node: Any, place: str = "", odd: dict[str, None] | None = None) -> None:
        self._odd: dict[str, None] = {} if odd is None else odd
        self._place = place
        self._node: Mapping[str, Any] = node if isinstance(node, Mapping) else _EMPTY
        if node is not None and not isinstance(node, Mapping):
            self._odd[place or "body"] = None

    @property
    def odd(self) -> tuple[str, ...]:
        return tuple(self._odd)

    def is_empty(self) -> bool:
        return not self._node

    def raw(self, name: str) -> Any:
        return self._node.get(name)

    def note_odd(self, name: str) -> None:
        self._odd[self._at(name)] = None

    def child(self, name: str) -> "JsonReader":
        return JsonReader(self.raw(name), self._at(name), self._odd)

    def children(self, name: str) -> list["JsonReader"]:
        return [JsonReader(item, f"{self._at(name)}[]", self._odd) for item in self._items(name) if item is not None]

    def text(self, name: str, limit: int = NAME, *, required: bool = False) -> str | None:
        """Redacted text of at most `limit` characters; None if absent, empty or not text."""
        value = self._string(name)
        if not value:
            if required:
                self.note_odd(name)
            return None
        shown, was_cut = clean(value, limit)
        if was_cut:
            self.note_odd(name)
        return shown

    def ident(self, name: str) -> str | None:
        """An identifier, unredacted: comparisons and calls need it unchanged."""
        return (self._string(name) or "")[:512] or None

    def scalar(self, name: str) -> str | None:
        """Any text or number, unchanged and never odd; only for comparisons."""
        value = self.raw(name)
        if isinstance(value, int) and abs(value) >= 10**40:
            return None
        return str(value) if isinstance(value, str | int | float) else None

    def upstream_id(self, name: str) -> str | None:
        value = self._string(name) or None
        if value is not None and not is_usable(value):
            self.note_odd(name)
        return value

    def url(self, name: str) -> str | None:
        value = self._string(name)
        address = clean_url(value) if value else None
        if value and address is None:
            self.note_odd(name)
        return address

    def texts(self, name: str) -> list[str]:
        """Short texts of a list, or of a comma-joined string, which is odd."""
        found = []
        for item in self._items(name):
            if isinstance(item, str) and item.strip():
                found.append(clean(item, NAME)[0])
            elif not isinstance(item, str):
                self.note_odd(name)
        return [text for text in found if text]

    def _items(self, name: str) -> list[Any]:
        value = self.raw(name)
        if isinstance(value, list):
            if len(value) > _MOST:
                self.note_odd(name)
            return value[:_MOST]
        if value is not None:
            self.note_odd(name)
        return value.split(",")[:_MOST] if isinstance(value, str) else []

    def _string(self, name: str) -> str | None:
        value = self.raw(name)
        if value is None or isinstance(value, str):
            return value if value is None else visible(value)
        self.note_odd(name)
        is_count = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**40
        return str(value) if is_count else None

    def _at(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name
