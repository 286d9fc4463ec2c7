"""Switching a setting on for an incident, and giving it back: record first, then the world, then the record again.

One writer at a time by a lease of the integration; should one outlive its lease, the record's version tells, and it
begins again from the top.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from itertools import groupby
from typing import Any, Protocol

from responder.actions.place import Note, Place, Trouble, name_of, thing_of
from responder.actions.plan import Done
from responder.holds import Held, Hold, Holds, ended, same, settled, shown, taken

# Longer than any function runs (template.yaml), so that only a holder that died is overtaken.
LEASE = timedelta(seconds=60)
WAIT_SECONDS = 8.0
_STEP_SECONDS = 0.2
_TRIES = 5


class HoldTable(Protocol):
    """The part of the table that switching needs."""

    def versioned(self, name: str, /) -> tuple[dict[str, Any] | None, int]: ...
    def set_versioned(self, name: str, body: Mapping[str, Any], seen: int, /) -> bool: ...
    def claim(self, name: str, body: Mapping[str, Any], life: timedelta, /) -> bool: ...
    def mark(self, name: str, /) -> dict[str, Any] | None: ...
    def drop_mark(self, name: str, /) -> None: ...


class Board:
    """The holds of one integration in the table."""

    def __init__(self, table: HoldTable, integration: str) -> None:
        self._table = table
        self._name = f"{integration}:holds"

    def read(self) -> tuple[Holds, int]:
        """The record and the version that `write` must be given."""
        body, version = self._table.versioned(self._name)
        return Holds.load(body or {}), version

    def write(self, holds: Holds, seen: int) -> bool:
        return self._table.set_versioned(self._name, holds.dump(), seen)

    @contextmanager
    def leased(self, by: str) -> Iterator[bool]:
        """True once this writer may go on; False where another one does not end. A repeat takes its own lease over."""
        lease = f"{self._name}:lease"
        until = time.monotonic() + WAIT_SECONDS
        held = self._claim(lease, by)
        while not held and time.monotonic() < until:
            time.sleep(_STEP_SECONDS)
            held = self._claim(lease, by)
        try:
            yield held
        finally:
            if held:
                self._table.drop_mark(lease)

    def _claim(self, lease: str, by: str) -> bool:
        return self._table.claim(lease, {"by": by}, LEASE) or (self._table.mark(lease) or {}).get("by") == by


BUSY = "another incident is switching at this moment, or was cut off less than a minute ago; nothing was changed"
RACED = "the record of what is switched changed on each of several tries; the next try begins anew"


def switch_on(board: Board, place: Place, wants: Mapping[str, Any], hold: Hold, note: Note) -> Done:
    """Makes `hold`'s incident hold each name of `wants` (name → wanted value), and brings the place to what follows.

    → applied | failed. `hold.wants` is not used.
    """
    with board.leased(f"{hold.incident_id}-{hold.action}") as may:
        if not may:
            return Done(outcome="failed", text=f"Not switched: {BUSY}.")
        return _switched_on(board, place, wants, hold, note)


def _switched_on(board: Board, place: Place, wants: Mapping[str, Any], hold: Hold, note: Note) -> Done:
    for _ in range(_TRIES):
        holds, version = board.read()
        found = place.read()
        if isinstance(found, Trouble):
            return Done(outcome="failed", text=f"Not switched: {found.why}.")
        changed: list[Held] = []
        for name, wanted in wants.items():
            thing = thing_of(place, name)
            held = holds.of(thing)
            mine = held.hold_of(hold.incident_id) if held else None
            if held and mine and not mine.ending and (held.left_to_people or not held.explains(found.get(name))):
                return Done(outcome="failed", text=f"Somebody set {thing} to {shown(found.get(name))} since; left so.")
            at = mine.at if mine and not mine.ending else hold.at
            own = hold.model_copy(update={"wants": wanted, "at": at})
            changed.append(taken(held, thing, place.rule(name), found.get(name), own))
        trouble = _carried_out(board, place, (holds, version), changed, note)
        if trouble is None:
            return Done(outcome="applied", text=f"Switched: {_values(changed)}.", data={"things": _things(changed)})
        if trouble.why != RACED:
            return Done(outcome="failed", text=f"Not switched: {trouble.why}.")
    return Done(outcome="failed", text=f"Not switched: {RACED}.")


def give_back(
    board: Board, incident_id: str, place_of: Callable[[str], Place], *, by: str, action: str | None = None
) -> list[Done]:
    """Ends what the incident holds (of one action, or of all), latest first. One Done a place."""
    mine = board.read()[0].of_incident(incident_id, action)
    found: list[Done] = []
    for kind, things in groupby(mine, key=lambda thing: thing.split(":", 1)[0]):
        names = tuple(things)
        with board.leased(f"{incident_id}-back") as may:
            text = f"Not switched back ({kind}): {BUSY}."
            done = _given_back(board, incident_id, place_of(names[0]), names, by) if may else None
            found.append(done or Done(outcome="failed", text=text))
    return found


def _given_back(board: Board, incident_id: str, place: Place, things: tuple[str, ...], by: str) -> Done:
    note = Note(by=f"{by} {incident_id}", reason=f"given back at the end of {incident_id}")
    for _ in range(_TRIES):
        holds, version = board.read()
        found = place.read()
        if isinstance(found, Trouble):
            return Done(outcome="failed", text=f"Not switched back: {found.why}.")
        mine = [held for thing in things if (held := holds.of(thing)) and held.hold_of(incident_id)]
        changed = [ended(held, found.get(name_of(held.thing)), incident_id) for held in mine]
        trouble = _carried_out(board, place, (holds, version), changed, note)
        if trouble is None:
            return _back(changed)
        if trouble.why != RACED:
            return Done(outcome="failed", text=f"Not switched back: {trouble.why}.")
    return Done(outcome="failed", text=f"Not switched back: {RACED}.")


def _carried_out(
    board: Board, place: Place, seen: tuple[Holds, int], changed: list[Held], note: Note
) -> Trouble | None:
    """Record, write, read back, record. A write that fails may have had its effect: the reading decides."""
    holds, version = seen
    for held in changed:
        holds = holds.with_held(held)
    if holds != seen[0]:
        if not board.write(holds, version):
            return Trouble(RACED)
        version += 1
    targets = {name_of(held.thing): held.effective for held in changed}
    trouble = _written(place, targets, note)
    if trouble:
        return trouble
    after = holds
    for held in changed:
        after = after.with_held(settled(held))
    return Trouble(RACED) if after != holds and not board.write(after, version) else None


def _written(place: Place, targets: Mapping[str, Any], note: Note) -> Trouble | None:
    found = place.read()
    if isinstance(found, Trouble):
        return found
    wrong = {name: value for name, value in targets.items() if not same(found.get(name), value)}
    if not wrong:
        return None
    trouble = place.write(wrong, note)
    found = place.read()
    if isinstance(found, Trouble):
        return trouble or found
    left = [name for name, value in wrong.items() if not same(found.get(name), value)]
    return (trouble or Trouble(f"{left[0]} reads {shown(found.get(left[0]))} after it was set")) if left else None


def _back(changed: list[Held]) -> Done:
    left = [held for held in changed if held.left_to_people]
    shared = [held for held in changed if held.active and not held.left_to_people]
    restored = [held for held in changed if not held.active and not held.left_to_people]
    parts = [
        *([f"switched back: {_values(restored)}"] if restored else []),
        *(f"{held.thing} is still held by {', '.join(one.incident_id for one in held.active)}" for held in shared),
        *(f"somebody set {held.thing} to {shown(held.before)} since, and it is left so" for held in left),
    ]
    text = "; ".join(parts) or "nothing was switched"
    outcome = "kept" if left else "undone"
    return Done(outcome=outcome, text=f"{text[0].upper()}{text[1:]}.", data={"things": _things(changed)})


def _things(changed: list[Held]) -> dict[str, Any]:
    return {held.thing: held.effective for held in changed}


def _values(changed: list[Held]) -> str:
    return ", ".join(f"{held.thing} = {shown(held.effective)}" for held in changed)
