"""An integration's overrides in the table: one record, with one writer at a time."""

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import timedelta

from responder.aws.incident_records import IncidentRecords
from responder.aws.lease import leased
from responder.domain.overrides import OverriddenSetting, Overrides

# It is longer than any function may run (template.yaml), so a lease expires only if its holder has died.
LEASE = timedelta(seconds=60)
WAIT_SECONDS = 25.0


class OverrideStore:
    """The stored overrides of one integration."""

    def __init__(self, table: IncidentRecords, integration: str) -> None:
        self._table = table
        self._name = f"{integration}:overrides"

    def read(self) -> tuple[Overrides, int]:
        """The record, and the version to pass to `write`."""
        overrides, version = self._table.versioned(self._name, Overrides)
        return overrides or Overrides(), version

    def write(self, overrides: Overrides, seen: int) -> bool:
        return self._table.set_versioned(self._name, overrides, seen)

    def leased(self, by: str) -> AbstractContextManager[bool]:
        """Gives True with the lease, or False if another writer does not finish. A repeat takes over its own lease."""
        return leased(self._table, f"{self._name}:lease", WAIT_SECONDS, by=by, life=LEASE)


def overrides_of(table: IncidentRecords, integration: str) -> Overrides:
    """All current overrides of the integration."""
    return OverrideStore(table, integration).read()[0]


def orphans(
    table: IncidentRecords, integration: str, worked_on: Collection[str]
) -> list[tuple[OverriddenSetting, str]]:
    """The overrides of incidents that no execution works on, as (setting, incident id).

    `worked_on`: the ids of all incidents that are open and not stopped.
    """
    return [
        (setting, override.incident_id)
        for setting in overrides_of(table, integration).settings_overridden
        for override in setting.overrides
        if override.incident_id not in worked_on
    ]
