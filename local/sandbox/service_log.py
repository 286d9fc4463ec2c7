"""Our service's log: columns as the runbook reads them, or Pino's JSON (docs/twinmind.md#logs)."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

CONSUMERS = ("batch-import", "batch-import", "batch-import", "web-app", "mobile-app")
LONGEST = 5000


@dataclass(frozen=True)
class Line:
    """One call: when, for which consumer, how TwinMind answered, and the error type, None for a success."""

    at: float
    consumer: str
    status: str
    error: str | None
    message: str
    ms: int


class ServiceLog:
    """The last calls of one process, oldest first."""

    def __init__(self) -> None:
        self._lines: deque[Line] = deque(maxlen=LONGEST)
        self._count = 0

    def add(self, calls: int, line: Line) -> None:
        """Adds the same line for each call, with the consumers in turn."""
        by_consumer = {name: replace(line, consumer=name) for name in CONSUMERS}
        for _ in range(min(calls, LONGEST)):
            self._lines.append(by_consumer[CONSUMERS[self._count % len(CONSUMERS)]])
            self._count += 1

    def lines(self, form: str, iso: Callable[[float], str]) -> list[str]:
        """`form`: column, json, or mixed for one of each in turn."""
        forms = (_column, _json) if form == "mixed" else (_json,) if form == "json" else (_column,)
        return [forms[place % len(forms)](line, iso(line.at)) for place, line in enumerate(self._lines)]


def _column(line: Line, at: str) -> str:
    """The fourth field is the consumer, the last one the error type (runbook, scenarios 1 and 3)."""
    level = "ERROR" if line.error else "INFO"
    return f"{at} {level} transcribe {line.consumer} status={line.status} {line.ms}ms {line.error or 'ok'}"


def _json(line: Line, at: str) -> str:
    """`service`, `operation`, `duration_ms`, `error{name,message,stack}` (twinmind.md#logs); `consumer` is made up."""
    entry = {"level": 50 if line.error else 30, "time": at, "name": "twinmind", "service": "twinmind-service"}
    entry |= {"operation": "transcribe", "consumer": line.consumer, "duration_ms": line.ms, "msg": line.message}
    error = {"name": line.error, "message": line.message, "stack": f"{line.error}: {line.message}"}
    return json.dumps(entry | ({"error": error} if line.error else {}))
