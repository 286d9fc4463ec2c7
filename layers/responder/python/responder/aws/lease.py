"""A lease in the table: one holder at a time over all running functions, with a short life."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol, TypeVar

from responder.domain.model import Model

M = TypeVar("M", bound=Model)

# Longer than an attempt with its retry, so that only a dead holder's lease expires.
LIFE = timedelta(seconds=25)
_STEP_SECONDS = 0.2


class LeaseTable(Protocol):
    """The part of the table that a lease needs."""

    def acquire(self, name: str, record: Model, life: timedelta, /) -> bool: ...
    def get_record(self, name: str, model: type[M], /) -> M | None: ...
    def delete_record(self, name: str, /) -> None: ...


class Lease(Model):
    by: str


@contextmanager
def leased(table: LeaseTable, name: str, wait: float = 27.0, *, by: str = "", life: timedelta = LIFE) -> Iterator[bool]:
    """True inside the block with the lease; False after `wait` seconds in which somebody else had it.

    `by` names a writer whose repeat takes over its own lease; by default nobody's does.
    """
    until = time.monotonic() + wait
    while not (held := _claim(table, name, by, life)) and time.monotonic() < until:
        time.sleep(_STEP_SECONDS)
    try:
        yield held
    finally:
        if held:
            table.delete_record(name)


def _claim(table: LeaseTable, name: str, by: str, life: timedelta) -> bool:
    lease = Lease(by=by)
    return table.acquire(name, lease, life) or (bool(by) and table.get_record(name, Lease) == lease)
