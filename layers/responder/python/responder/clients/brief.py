"""HTTP with one limit of time for all calls together: for whoever must answer somebody who waits."""

import time
from typing import Any

from responder.clients.http import Http, NoAnswer, Response


class BriefHttp(Http):
    """As the `Http` that it is made of; once `seconds` are over, nothing is sent any more."""

    def __init__(self, http: Http, seconds: float) -> None:
        self._http, self._ends = http, time.monotonic() + seconds

    def call(self, method: str, url: str, *, timeout: float = 5.0, **parts: Any) -> Response | NoAnswer:
        left = self._ends - time.monotonic()
        if left <= 0:
            return NoAnswer("timeout", 0)
        return self._http.call(method, url, timeout=min(timeout, left), **parts)
