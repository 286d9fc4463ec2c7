"""Every call that the outside world received, with credentials only as fingerprints."""

import copy
import hashlib
import hmac
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any

from local.sandbox.shapes import Json

SECRET_FIELD = re.compile(
    r"(^|[_-])(token|secret|password|api_?key|authorization|routing_key|credential)s?$", re.IGNORECASE
)
SECRET_TEXT = re.compile(r"\b(tm_sk_[\w-]+|xox[a-z]-[\w-]+|whsec_\w+)|(?<=api_key=)[^&\s]+")
SHORTEST_SECRET = 8


class Journal:
    """Entries oldest first. `known` gives the credential values to look for in paths and bodies."""

    def __init__(self, known: Callable[[], Iterable[str]]) -> None:
        self._key = secrets.token_bytes(32)
        self._known = known
        self._seen: set[str] = set()
        self._lock = threading.Lock()
        self._entries: list[Json] = []

    def fingerprint(self, value: str) -> str:
        """First 8 hex digits of an HMAC under a key of this process: equal values compare, nothing leaks."""
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()[:8]

    def begin(self, entry: Json, credential: str | None) -> Json:
        """Stores the call when it arrives, so that one that hangs is seen too; `finish` adds the answer."""
        if credential:
            self._seen.add(credential)
        entry = self.scrub(entry)
        entry |= {"credential": self.fingerprint(credential) if credential else None, "status": None, "answered": False}
        with self._lock:
            self._entries.append(entry)
        return entry

    def finish(self, entry: Json, status: int | None, answered: bool) -> None:
        with self._lock:
            entry.update(status=status, answered=answered)

    def entries(self) -> list[Json]:
        with self._lock:
            return copy.deepcopy(self._entries)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def scrub(self, value: Any) -> Any:
        known = {value for value in (*self._known(), *self._seen) if len(value) >= SHORTEST_SECRET}
        return self._scrub(value, sorted(known, key=len, reverse=True))

    def _scrub(self, value: Any, known: list[str]) -> Any:
        if isinstance(value, dict):
            return {self._text(name, known): self._field(name, item, known) for name, item in value.items()}
        if isinstance(value, list):
            return [self._scrub(item, known) for item in value]
        return self._text(value, known) if isinstance(value, str) else value

    def _field(self, name: str, value: Any, known: list[str]) -> Any:
        if SECRET_FIELD.search(name) and isinstance(value, str) and value:
            return self.mark(value)
        return self._scrub(value, known)

    def _text(self, text: str, known: list[str]) -> str:
        for value in known:
            if value in text:
                text = text.replace(value, self.mark(value))
        return SECRET_TEXT.sub(lambda match: self.mark(match.group()), text)

    def mark(self, value: str) -> str:
        return f"[credential {self.fingerprint(value)}]"
