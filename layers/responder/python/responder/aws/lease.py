"""One at a time, over all running functions: a short claim in the table that outlives nobody for long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from responder.aws.incident_table import IncidentTable

# Longer than a try with its retry takes, so that only a holder that died is overtaken.
LIFE = timedelta(seconds=25)
_STEP = 0.25


@contextmanager
def leased(table: IncidentTable, name: str, wait: float = 27.0) -> Iterator[bool]:
    """True inside the block once `name` is ours; False after `wait` seconds in which somebody else held it."""
    until = time.monotonic() + wait
    held = table.acquire(name, {"state": "held"}, LIFE)
    while not held and time.monotonic() < until:
        time.sleep(_STEP)
        held = table.acquire(name, {"state": "held"}, LIFE)
    try:
        yield held
    finally:
        if held:
            table.delete_record(name)
