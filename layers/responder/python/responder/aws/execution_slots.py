"""Which incidents of an integration may have a running execution: at most as many as the runbook says."""

import random
import time

from responder.aws.incident_table import IncidentTable, WriteConflict
from responder.domain.model import Model

TRIES = 20


class ExecutionSlots(Model):
    """The incidents that have one, the oldest first."""

    ids: tuple[str, ...] = ()


def take_slot(table: IncidentTable, integration: str, incident_id: str, most: int) -> tuple[str, ...]:
    """Empty: the incident has a slot, now or already. Otherwise the incidents that have all of them.

    Those of ended incidents are free, and are given up only here. Of many callers at once at most `most` get one.
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
