"""Switching a setting on for an incident, and giving it back: record first, then the world, then the record again.

One writer at a time by a lease of the integration; should one outlive its lease, the record's version tells, and it
begins again from the top.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from responder.actions.overrides.target import Note, Target, TargetFailed, name_of, setting_id
from responder.aws.override_table import OverrideStore
from responder.contracts.action import Done
from responder.domain.overrides import (
    OverriddenSetting,
    Override,
    Overrides,
    are_equal,
    confirmed,
    value_text,
    with_override,
    without_overrides,
)

_TRIES = 5
_READ_BACKS = 3
_PAUSE_SECONDS = 0.2
IsOver = Callable[[str], bool]

BUSY = "another incident is switching at this moment, or was cut off less than a minute ago; nothing was changed"
RACED = "the record of what is switched changed on each of several tries; the next try begins anew"


def apply_override(
    override_store: OverrideStore, place: Target, wants: Mapping[str, Any], hold: Override, note: Note
) -> Done:
    """Makes `hold`'s incident hold each name of `wants` (name → wanted value), and brings the place to what follows.

    → applied | failed. `hold.wants` is not used.
    """
    with override_store.leased(f"{hold.incident_id}-{hold.action}") as may:
        if not may:
            return Done(outcome="failed", text=f"Not switched: {BUSY}.")
        return _switched_on(override_store, place, wants, hold, note)


def _switched_on(
    override_store: OverrideStore, place: Target, wants: Mapping[str, Any], hold: Override, note: Note
) -> Done:
    for _ in range(_TRIES):
        holds, version = override_store.read()
        found = place.read()
        if isinstance(found, TargetFailed):
            return Done(outcome="failed", text=f"Not switched: {found.why}.")
        changed: list[OverriddenSetting] = []
        for name, wanted in wants.items():
            thing = setting_id(place, name)
            held = holds.of(thing)
            mine = held.override_of(hold.incident_id) if held else None
            if held and mine and not mine.ending and (held.left_to_people or not held.explains(found.get(name))):
                return Done(
                    outcome="failed", text=f"Somebody set {thing} to {value_text(found.get(name))} since; left so."
                )
            at = mine.at if mine and not mine.ending else hold.at
            own = hold.model_copy(update={"wants": wanted, "at": at})
            changed.append(with_override(held, thing, place.rule(name), found.get(name), own))
        trouble = _carried_out(override_store, place, (holds, version), changed, note)
        if trouble is None:
            return Done(outcome="applied", text=f"Switched: {_values(changed)}.", data={"things": _things(changed)})
        if trouble.why != RACED:
            return Done(outcome="failed", text=f"Not switched: {trouble.why}.")
    return Done(outcome="failed", text=f"Not switched: {RACED}.")


def revert_override(
    override_store: OverrideStore,
    place: Target,
    incident_id: str,
    note: Note,
    *,
    action: str | None = None,
    is_over: IsOver | None = None,
) -> Done:
    """Ends what the incident holds in the place (by one action, or all), latest first. → undone | kept | failed.

    `is_over`: of another incident's id, whether nobody works on it any more; what such a one left counts no longer.
    """
    mine = [
        thing
        for thing in override_store.read()[0].of_incident(incident_id, action)
        if thing.startswith(f"{place.kind}:")
    ]
    if not mine:
        return Done(outcome="undone", text="Nothing is held for this incident.")
    with override_store.leased(f"{incident_id}-back") as may:
        if not may:
            return Done(outcome="failed", text=f"Not switched back: {BUSY}.")
        return _given_back(
            override_store, place, mine, note, lambda other: other == incident_id or bool(is_over and is_over(other))
        )


def _given_back(override_store: OverrideStore, place: Target, things: list[str], note: Note, ends: IsOver) -> Done:
    for _ in range(_TRIES):
        holds, version = override_store.read()
        found = place.read()
        if isinstance(found, TargetFailed):
            return Done(outcome="failed", text=f"Not switched back: {found.why}.")
        changed = []
        for held in filter(None, map(holds.of, things)):
            over = [hold.incident_id for hold in held.holds if ends(hold.incident_id)]
            changed.append(without_overrides(held, found.get(name_of(held.thing)), over))
        trouble = _carried_out(override_store, place, (holds, version), changed, note)
        if trouble is None:
            return _back(changed)
        if trouble.why != RACED:
            return Done(outcome="failed", text=f"Not switched back: {trouble.why}.")
    return Done(outcome="failed", text=f"Not switched back: {RACED}.")


def _carried_out(
    override_store: OverrideStore,
    place: Target,
    seen: tuple[Overrides, int],
    changed: list[OverriddenSetting],
    note: Note,
) -> TargetFailed | None:
    """Record, write, read back, record. A write that fails may have had its effect: the reading decides."""
    holds, version = seen
    for held in changed:
        holds = holds.with_setting(held)
    if holds != seen[0]:
        if not override_store.write(holds, version):
            return TargetFailed(RACED)
        version += 1
    targets = {name_of(held.thing): held.effective for held in changed}
    trouble = _written(place, targets, note)
    if trouble:
        return trouble
    after = holds
    for held in changed:
        after = after.with_setting(confirmed(held))
    return TargetFailed(RACED) if after != holds and not override_store.write(after, version) else None


def _written(place: Target, targets: Mapping[str, Any], note: Note) -> TargetFailed | None:
    found = place.read()
    if isinstance(found, TargetFailed):
        return found
    wrong = {name: value for name, value in targets.items() if not are_equal(found.get(name), value)}
    if not wrong:
        return None
    trouble = place.write(wrong, note)
    for attempt in range(1 if trouble else _READ_BACKS):
        # Nothing promises that a parameter is read as it was written a moment ago.
        time.sleep(_PAUSE_SECONDS if attempt else 0)
        found = place.read()
        if isinstance(found, TargetFailed):
            return trouble or found
        left = [name for name, value in wrong.items() if not are_equal(found.get(name), value)]
        if not left:
            return None
    return trouble or TargetFailed(f"{left[0]} reads {value_text(found.get(left[0]))} after it was set")


def _back(changed: list[OverriddenSetting]) -> Done:
    left = [held for held in changed if held.left_to_people]
    shared = [held for held in changed if held.active and not held.left_to_people]
    restored = [held for held in changed if not held.active and not held.left_to_people]
    parts = [
        *([f"switched back: {_values(restored)}"] if restored else []),
        *(f"{held.thing} is still held by {', '.join(one.incident_id for one in held.active)}" for held in shared),
        *(f"somebody set {held.thing} to {value_text(held.before)} since, and it is left so" for held in left),
    ]
    text = "; ".join(parts) or "nothing was switched"
    outcome = "kept" if left else "undone"
    return Done(outcome=outcome, text=f"{text[0].upper()}{text[1:]}.", data={"things": _things(changed)})


def _things(changed: list[OverriddenSetting]) -> dict[str, Any]:
    return {held.thing: held.effective for held in changed}


def _values(changed: list[OverriddenSetting]) -> str:
    return ", ".join(f"{held.thing} = {value_text(held.effective)}" for held in changed)
