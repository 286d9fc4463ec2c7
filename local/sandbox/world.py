"""The state of the outside world: one JSON document that tests read, change and reset."""

import copy
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from local.sandbox.defaults import ENTRIES, OPEN, default_world
from local.sandbox.shapes import Json

Clock = Callable[[], float]
Sleep = Callable[[float], None]

NULLABLE_NUMBERS = ("status_code", "remaining", "queue")


class WorldError(ValueError):
    """A change that the world does not know; `problems` says per name what is allowed."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class World:
    """Holds the document and its lock; `clock` gives Unix seconds, `sleep` holds a call for some seconds."""

    def __init__(self, initial: Json | None = None, clock: Clock = time.time, sleep: Sleep = time.sleep) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.sleep = sleep
        self._initial = merged(default_world(), checked(initial or {}))
        self.data: Json = copy.deepcopy(self._initial)
        self.resets = 0

    def __getitem__(self, name: str) -> Any:
        return self.data[name]

    def now(self) -> float:
        return self.clock()

    def iso(self, at: float | None = None) -> str:
        """ISO 8601 in UTC with milliseconds, of `at` (Unix seconds) or now."""
        moment = datetime.fromtimestamp(self.now() if at is None else at, UTC)
        return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def patch(self, change: Any) -> None:
        """Deep merge; raises WorldError, and changes nothing, when a name or type is unknown."""
        checked(change)
        with self.lock:
            self.data = merged(self.data, change)

    def reset(self) -> None:
        with self.lock:
            self.data = copy.deepcopy(self._initial)
            self.resets += 1

    def snapshot(self) -> Json:
        with self.lock:
            return copy.deepcopy(self.data)


def merged(base: Json, change: Json, path: str = "") -> Json:
    """A new document: dictionaries merge, everything else replaces; null removes an entry of an open dictionary."""
    result = dict(base)
    for name, value in change.items():
        if value is None and path in OPEN:
            result.pop(name, None)
        elif isinstance(value, dict) and isinstance(result.get(name), dict):
            result[name] = merged(result[name], value, _join(path, name))
        else:
            result[name] = copy.deepcopy(value)
    return result


def checked(change: Any) -> Json:
    """The change itself; raises WorldError if the world does not know it."""
    problems = _problems(default_world(), change, "")
    if problems:
        raise WorldError(problems)
    known: Json = change
    return known


def _problems(template: Json, change: Any, path: str) -> list[str]:
    if not isinstance(change, dict):
        return [f"{path or 'the change'} must be an object"]
    if path in OPEN:
        return [problem for name, value in change.items() for problem in _entry_problems(path, name, value)]
    found: list[str] = []
    for name, value in change.items():
        where = _join(path, name)
        if name not in template:
            found.append(f"unknown name {where}; allowed in {path or 'the world'}: {', '.join(sorted(template))}")
        elif isinstance(template[name], dict):
            found += _problems(template[name], value, where)
        elif not _fits(name, template[name], value):
            found.append(f"{where} must be like {template[name]!r}, not {type(value).__name__}")
    return found


def _entry_problems(path: str, name: str, value: Any) -> list[str]:
    allowed = ENTRIES.get(path)
    if value is None or allowed is None:
        return []
    if not isinstance(value, dict):
        return [f"{_join(path, name)} must be an object"]
    unknown = sorted(set(value) - set(allowed))
    return [f"unknown name {_join(path, name)}.{one}; allowed there: {', '.join(allowed)}" for one in unknown]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fits(name: str, default: Any, value: Any) -> bool:
    if default is None or value is None:
        return default is None and (value is None or name not in NULLABLE_NUMBERS or _is_number(value))
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, int | float):
        return _is_number(value)
    return isinstance(value, type(default))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
