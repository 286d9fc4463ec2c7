"""Atlassian Statuspage's manage API (facts: webhooks-and-apis.md 4.1, 4.2)."""

import threading
import time
from typing import Any

from responder.adapters.desk import Desk
from responder.adapters.http import Answer, NoAnswer
from responder.telling.answers import Refused, listed, mapping, refused

TIME_LIMIT = 3.0
# One request a second per token; two incidents in one process share the pace.
PACE_SECONDS = 1.0
_PLANNED = ("scheduled", "in_progress", "verifying", "completed")


class _Pace:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self) -> None:
        with self._lock:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + PACE_SECONDS


_pace = _Pace()


class Page:
    """Our page, with the credential of this deployment."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def unresolved(self) -> list[dict[str, Any]] | Refused:
        answer = self._call("GET", "/incidents/unresolved")
        if isinstance(answer, NoAnswer) or not answer.ok:
            return refused(answer)
        body = answer.json()
        return listed(body) if isinstance(body, list) else Refused("the list of entries could not be read", again=True)

    def create(self, fields: dict[str, Any]) -> dict[str, Any] | Refused:
        return self._written(self._call("POST", "/incidents", {"incident": fields}))

    def change(self, notice_id: str, fields: dict[str, Any]) -> dict[str, Any] | Refused:
        return self._written(self._call("PATCH", f"/incidents/{notice_id}", {"incident": fields}))

    def _written(self, answer: Answer | NoAnswer) -> dict[str, Any] | Refused:
        if isinstance(answer, NoAnswer) or not answer.ok:
            return refused(answer)
        body = mapping(answer.json())
        return body if body.get("id") else Refused("the answer has no id", again=True)

    def _call(self, method: str, path: str, body: Any = None) -> Answer | NoAnswer:
        vendor = self._desk.runbook.vendors.statuspage
        headers = {"Authorization": f"OAuth {self._desk.credentials.of('statuspage')}"}
        _pace.wait()
        url = f"{vendor.api_url}/pages/{vendor.page_id}{path}"
        return self._desk.http.call(method, url, headers=headers, json=body, timeout=TIME_LIMIT)


def realtime(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without planned maintenance, which says nothing about an incident."""
    return [entry for entry in entries if entry.get("status") not in _PLANNED]
