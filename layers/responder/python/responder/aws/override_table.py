"""The holds of an integration as the table keeps them: one record, changed by one writer at a time."""

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol

from responder.domain.overrides import OverriddenSetting, Overrides

# Longer than any function runs (template.yaml), so that only a holder that died is overtaken.
LEASE = timedelta(seconds=60)
WAIT_SECONDS = 25.0
_STEP_SECONDS = 0.2


class OverrideTable(Protocol):
    """The part of the table that switching needs."""

    def versioned(self, name: str, /) -> tuple[dict[str, Any] | None, int]: ...
    def set_versioned(self, name: str, body: Mapping[str, Any], seen: int, /) -> bool: ...
    def acquire(self, name: str, body: Mapping[str, Any], life: timedelta, /) -> bool: ...
    def get_record(self, name: str, /) -> dict[str, Any] | None: ...
    def delete_record(self, name: str, /) -> None: ...


class OverrideStore:
    """The holds of one integration in the table."""

    def __init__(self, table: OverrideTable, integration: str) -> None:
        self._table = table
        self._name = f"{integration}:overrides"

    def read(self) -> tuple[Overrides, int]:
        """The record and the version that `write` must be given."""
        body, version = self._table.versioned(self._name)
        return Overrides.load(body or {}), version

    def write(self, overrides: Overrides, seen: int) -> bool:
        return self._table.set_versioned(self._name, overrides.dump(), seen)

    @contextmanager
    def leased(self, by: str) -> Iterator[bool]:
        """True once this writer may go on; False where another one does not end. A repeat takes its own lease over."""
        lease = f"{self._name}:lease"
        until = time.monotonic() + WAIT_SECONDS
        setting = self._claim(lease, by)
        while not setting and time.monotonic() < until:
            time.sleep(_STEP_SECONDS)
            setting = self._claim(lease, by)
        try:
            yield setting
        finally:
            if setting:
                self._table.delete_record(lease)

    def _claim(self, lease: str, by: str) -> bool:
        return self._table.acquire(lease, {"by": by}, LEASE) or (self._table.get_record(lease) or {}).get("by") == by


def overrides_of(table: OverrideTable, integration: str) -> Overrides:
    """Everything that is switched now about the integration."""
    return OverrideStore(table, integration).read()[0]


def orphans(table: OverrideTable, integration: str, worked_on: Collection[str]) -> list[tuple[OverriddenSetting, str]]:
    """What is still switched for incidents that nobody works on, as (thing, incident id).

    `worked_on`: ids of the incidents that are open and not stopped.
    """
    return [
        (setting, override.incident_id)
        for setting in overrides_of(table, integration).settings_overridden
        for override in setting.overrides
        if override.incident_id not in worked_on
    ]
