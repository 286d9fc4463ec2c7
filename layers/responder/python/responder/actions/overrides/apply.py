"""Switching a setting on for an incident, and giving it back: record first, then the world, then the record again.

One writer at a time by a lease of the integration; should one outlive its lease, the record's version tells, and it
begins again from the top.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from responder.actions.overrides.target import Note, Target, TargetFailed, name_of, setting_key_of
from responder.aws.override_table import OverrideStore
from responder.contracts.action import ActionResult
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
    override_store: OverrideStore, target: Target, desired: Mapping[str, Any], override: Override, note: Note
) -> ActionResult:
    """Makes `hold`'s incident hold each name of `wants` (name → wanted value), and brings the place to what follows.

    → applied | failed. `hold.wants` is not used.
    """
    with override_store.leased(f"{override.incident_id}-{override.action}") as may:
        if not may:
            return ActionResult(outcome="failed", text=f"Not switched: {BUSY}.")
        return _switched_on(override_store, target, desired, override, note)


def _switched_on(
    override_store: OverrideStore, target: Target, desired: Mapping[str, Any], override: Override, note: Note
) -> ActionResult:
    for _ in range(_TRIES):
        overrides, version = override_store.read()
        found = target.read()
        if isinstance(found, TargetFailed):
            return ActionResult(outcome="failed", text=f"Not switched: {found.why}.")
        changed: list[OverriddenSetting] = []
        for name, wanted in desired.items():
            setting_key = setting_key_of(target, name)
            setting = overrides.of(setting_key)
            mine = setting.override_of(override.incident_id) if setting else None
            if (
                setting
                and mine
                and not mine.ending
                and (setting.left_to_people or not setting.explains(found.get(name)))
            ):
                return ActionResult(
                    outcome="failed",
                    text=f"Somebody set {setting_key} to {value_text(found.get(name))} since; left so.",
                )
            at = mine.at if mine and not mine.ending else override.at
            own = override.model_copy(update={"desired": wanted, "at": at})
            changed.append(with_override(setting, setting_key, target.rule(name), found.get(name), own))
        trouble = _carried_out(override_store, target, (overrides, version), changed, note)
        if trouble is None:
            return ActionResult(
                outcome="applied", text=f"Switched: {_values(changed)}.", data={"things": _things(changed)}
            )
        if trouble.why != RACED:
            return ActionResult(outcome="failed", text=f"Not switched: {trouble.why}.")
    return ActionResult(outcome="failed", text=f"Not switched: {RACED}.")


def revert_override(
    override_store: OverrideStore,
    target: Target,
    incident_id: str,
    note: Note,
    *,
    action: str | None = None,
    is_over: IsOver | None = None,
) -> ActionResult:
    """Ends what the incident holds in the place (by one action, or all), latest first. → undone | kept | failed.

    `is_over`: of another incident's id, whether nobody works on it any more; what such a one left counts no longer.
    """
    mine = [
        setting_key
        for setting_key in override_store.read()[0].of_incident(incident_id, action)
        if setting_key.startswith(f"{target.kind}:")
    ]
    if not mine:
        return ActionResult(outcome="undone", text="Nothing is held for this incident.")
    with override_store.leased(f"{incident_id}-back") as may:
        if not may:
            return ActionResult(outcome="failed", text=f"Not switched back: {BUSY}.")
        return _given_back(
            override_store, target, mine, note, lambda other: other == incident_id or bool(is_over and is_over(other))
        )


def _given_back(
    override_store: OverrideStore, target: Target, settings_overridden: list[str], note: Note, ends: IsOver
) -> ActionResult:
    for _ in range(_TRIES):
        overrides, version = override_store.read()
        found = target.read()
        if isinstance(found, TargetFailed):
            return ActionResult(outcome="failed", text=f"Not switched back: {found.why}.")
        changed = []
        for setting in filter(None, map(overrides.of, settings_overridden)):
            over = [override.incident_id for override in setting.overrides if ends(override.incident_id)]
            changed.append(without_overrides(setting, found.get(name_of(setting.setting_key)), over))
        trouble = _carried_out(override_store, target, (overrides, version), changed, note)
        if trouble is None:
            return _back(changed)
        if trouble.why != RACED:
            return ActionResult(outcome="failed", text=f"Not switched back: {trouble.why}.")
    return ActionResult(outcome="failed", text=f"Not switched back: {RACED}.")


def _carried_out(
    override_store: OverrideStore,
    target: Target,
    seen: tuple[Overrides, int],
    changed: list[OverriddenSetting],
    note: Note,
) -> TargetFailed | None:
    """Record, write, read back, record. A write that fails may have had its effect: the reading decides."""
    overrides, version = seen
    for setting in changed:
        overrides = overrides.with_setting(setting)
    if overrides != seen[0]:
        if not override_store.write(overrides, version):
            return TargetFailed(RACED)
        version += 1
    targets = {name_of(setting.setting_key): setting.effective for setting in changed}
    trouble = _written(target, targets, note)
    if trouble:
        return trouble
    after = overrides
    for setting in changed:
        after = after.with_setting(confirmed(setting))
    return TargetFailed(RACED) if after != overrides and not override_store.write(after, version) else None


def _written(target: Target, targets: Mapping[str, Any], note: Note) -> TargetFailed | None:
    found = target.read()
    if isinstance(found, TargetFailed):
        return found
    wrong = {name: value for name, value in targets.items() if not are_equal(found.get(name), value)}
    if not wrong:
        return None
    trouble = target.write(wrong, note)
    for attempt in range(1 if trouble else _READ_BACKS):
        # Nothing promises that a parameter is read as it was written a moment ago.
        time.sleep(_PAUSE_SECONDS if attempt else 0)
        found = target.read()
        if isinstance(found, TargetFailed):
            return trouble or found
        left = [name for name, value in wrong.items() if not are_equal(found.get(name), value)]
        if not left:
            return None
    return trouble or TargetFailed(f"{left[0]} reads {value_text(found.get(left[0]))} after it was set")


def _back(changed: list[OverriddenSetting]) -> ActionResult:
    left = [setting for setting in changed if setting.left_to_people]
    shared = [setting for setting in changed if setting.active and not setting.left_to_people]
    restored = [setting for setting in changed if not setting.active and not setting.left_to_people]
    parts = [
        *([f"switched back: {_values(restored)}"] if restored else []),
        *(
            f"{setting.setting_key} is still held by {', '.join(one.incident_id for one in setting.active)}"
            for setting in shared
        ),
        *(
            f"somebody set {setting.setting_key} to {value_text(setting.before)} since, and it is left so"
            for setting in left
        ),
    ]
    text = "; ".join(parts) or "nothing was switched"
    outcome = "kept" if left else "undone"
    return ActionResult(outcome=outcome, text=f"{text[0].upper()}{text[1:]}.", data={"things": _things(changed)})


def _things(changed: list[OverriddenSetting]) -> dict[str, Any]:
    return {setting.setting_key: setting.effective for setting in changed}


def _values(changed: list[OverriddenSetting]) -> str:
    return ", ".join(f"{setting.setting_key} = {value_text(setting.effective)}" for setting in changed)
