"""A lease in the table: one holder at a time over all running functions, with a short life."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from responder.aws.incident_records import IncidentRecords
from responder.domain.model import Model

# Longer than an attempt with its retry, so that only a dead holder's lease expires.
LIFE = timedelta(seconds=25)
_STEP_SECONDS = 0.2


class Lease(Model):
    by: str


@contextmanager
def leased(
    table: IncidentRecords, name: str, wait: float = 27.0, *, by: str = "", life: timedelta = LIFE
) -> Iterator[bool]:
    """True inside the block with the lease; False after `wait` seconds in which somebody else had it.

    `by` names a writer whose repeat takes over its own lease; by default nobody's does.
    """
    until, lease = time.monotonic() + wait, Lease(by=by)

    def acquire() -> bool:
        return table.acquire(name, lease, life) or (bool(by) and table.get_record(name, Lease) == lease)

    while not (held := acquire()) and time.monotonic() < until:
        time.sleep(_STEP_SECONDS)
    try:
        yield held
    finally:
        if held:
            table.delete_record(name)
