"""A lease in the table: of all running functions, one at a time holds it, for a short time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from responder.aws.incident_records import IncidentRecords
from responder.domain.model import Model

# It is longer than an attempt with its retry, so a lease expires only if its holder has died.
LIFE = timedelta(seconds=25)
_STEP_SECONDS = 0.2


class Lease(Model):
    by: str


@contextmanager
def leased(
    table: IncidentRecords, name: str, wait: float = 27.0, *, by: str = "", life: timedelta = LIFE
) -> Iterator[bool]:
    """A context manager. It gives True with the lease, or False if somebody else had it for `wait` seconds.

    `by` names the holder: a repeat with the same name takes over the lease. Without a name nobody takes it over.
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
