"""The slots for executions of an integration. The runbook limits how many incidents may have an execution at once."""

import random
import time

from responder.aws.incident_table import IncidentTable, WriteConflict
from responder.domain.model import Model

TRIES = 20


class ExecutionSlots(Model):
    """The ids of the incidents that have a slot, the oldest first."""

    ids: tuple[str, ...] = ()


def take_slot(table: IncidentTable, integration: str, incident_id: str, most: int) -> tuple[str, ...]:
    """Takes a slot for the incident. Returns () if it has one now, otherwise the ids of those that have all slots.

    A slot of an ended incident is freed only here. At most `most` callers at once get one. Raises WriteConflict.
    """
    name = f"executions:{integration}"
    for attempt in range(TRIES):
        slots, version = table.versioned(name, ExecutionSlots)
        ids = slots.ids if slots else ()
        if incident_id in ids:
            return ()
        if len(ids) >= most:
            ids = tuple(each for each in ids if _is_worked_on(table, each))
        if len(ids) >= most:
            return ids
        if table.set_versioned(name, ExecutionSlots(ids=(*ids, incident_id)), version):
            return ()
        time.sleep(random.uniform(0, 0.02 * (attempt + 1)))  # noqa: S311 - spreads retries, keeps no secret
    raise WriteConflict(f"the execution slots of {integration} changed on each of {TRIES} tries")


def _is_worked_on(table: IncidentTable, incident_id: str) -> bool:
    stored = table.find(incident_id)
    return stored is not None and stored.incident.status.is_open and not stored.incident.stopped
