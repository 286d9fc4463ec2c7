"""AWS on a bad day: services that refuse the product's calls, the first, some, or all for a while."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectTimeoutError

from tests.support import recording

# Which calls of a service fail, by their number from 0.
PATTERNS: dict[str, Callable[[int], bool]] = {
    "first": lambda number: number == 0,
    "some": lambda number: number % 3 == 1,
    "all": lambda number: number >= 0,
}


class Weather:
    """Only calls of the product's functions are met; what is refused here has outlived the SDK's own retries."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.refused: list[str] = []
        self._storm: tuple[set[str], Callable[[int], bool], frozenset[str]] | None = None
        self._met = 0
        self._lock = threading.Lock()
        real = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            if self._hits(client.meta.service_model.service_name):
                self.refused.append(operation)
                raise self._error(operation)
            return real(client, operation, parameters)

        monkeypatch.setattr(BaseClient, "_make_api_call", call)

    def storm(self, services: set[str], fails: Callable[[int], bool], *, spare: tuple[str, ...] = ()) -> None:
        """From now on the calls of `services` fail for which `fails` says so, except those of the functions `spare`."""
        self._met, self._storm = 0, (services, fails, frozenset(spare))

    def clear(self) -> None:
        self._storm = None

    def _hits(self, service: str) -> bool:
        function = recording._function.get()
        if function is None and threading.current_thread().name.startswith("secrets"):
            function = "run_diagnostics"
        with self._lock:
            if self._storm is None or function is None or service not in self._storm[0] or function in self._storm[2]:
                return False
            self._met += 1
            return self._storm[1](self._met - 1)

    def _error(self, operation: str) -> Exception:
        """A throttled call and a silent service take turns."""
        if len(self.refused) % 2:
            return ConnectTimeoutError(endpoint_url="https://aws.example")
        error: Any = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
        return ClientError(error, operation)
