"""Changes settings for an incident and reverts them. It writes the record, then the setting, then the record again.

A lease of the integration allows one writer at a time. A writer that takes longer than its lease notices it by the
record's version, and begins again from the top.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from responder.actions.overrides.target import Note, Target, TargetFailed, name_of, setting_key_of
from responder.aws.override_table import OverrideStore
from responder.contracts.action import ActionResult
from responder.domain.overrides import (
    OverriddenSetting,
    Override,
    Overrides,
    are_equal,
    confirm,
    value_text,
    with_override,
    without_overrides,
)

_TRIES = 5
_READ_BACKS = 3
_PAUSE_SECONDS = 0.2
BUSY = TargetFailed(
    "another incident is switching at this moment, or was cut off less than a minute ago; nothing was changed"
)
RACED = TargetFailed("the record of what is switched changed on each of several tries; the next try begins anew")

Values = Mapping[str, Any]
# From the recorded overrides and the target's present values: the settings as they shall become.
Decide = Callable[[Overrides, Values], list[OverriddenSetting] | TargetFailed]


@dataclass(frozen=True)
class Switch:
    """Changes one target, for one incident at a time."""

    store: OverrideStore
    target: Target
    note: Note

    def apply(self, desired: Values, override: Override) -> ActionResult:
        """Records the `desired` values for the override's incident, and sets what follows. → applied | failed."""

        def decide(overrides: Overrides, found: Values) -> list[OverriddenSetting] | TargetFailed:
            changed: list[OverriddenSetting] = []
            for name, wanted in desired.items():
                key = setting_key_of(self.target, name)
                setting, at = overrides.of(key), override.at
                mine = setting.override_of(override.incident_id) if setting else None
                if setting and mine and not mine.ending:
                    if setting.left_to_people or not setting.explains(found.get(name)):
                        value = value_text(found.get(name))
                        return TargetFailed(f"somebody set {key} to {value} since, and it is left so")
                    at = mine.at
                own = override.model_copy(update={"desired": wanted, "at": at})
                changed.append(with_override(setting, key, self.target.rule(name), found.get(name), own))
            return changed

        changed = self._change(decide, by=f"{override.incident_id}-{override.action}")
        if isinstance(changed, TargetFailed):
            return ActionResult("failed", f"Not switched: {changed.why}.")
        return ActionResult("applied", f"Switched: {_values(changed)}.", data=_effective(changed))

    def revert(
        self, incident_id: str, action: str | None = None, is_over: Callable[[str], bool] = lambda _: False
    ) -> ActionResult:
        """Ends what the incident wants of the target, by one action or by all. → undone | kept | failed.

        `is_over` says of another incident's id that it is over: its overrides end with these.
        """
        keys = self.store.read()[0].of_incident(incident_id, action)
        mine = [key for key in keys if key.startswith(f"{self.target.kind}:")]
        if not mine:
            return ActionResult("undone", "Nothing is held for this incident.")

        def decide(overrides: Overrides, found: Values) -> list[OverriddenSetting]:
            changed = []
            for setting in filter(None, map(overrides.of, mine)):
                holders = {override.incident_id for override in setting.overrides}
                over = [one for one in holders if one == incident_id or is_over(one)]
                changed.append(without_overrides(setting, found.get(name_of(setting.setting_key)), over))
            return changed

        changed = self._change(decide, by=f"{incident_id}-back")
        if isinstance(changed, TargetFailed):
            return ActionResult("failed", f"Not switched back: {changed.why}.")
        return _reverted(changed)

    def _change(self, decide: Decide, by: str) -> list[OverriddenSetting] | TargetFailed:
        with self.store.leased(by) as is_held:
            if not is_held:
                return BUSY
            for _ in range(_TRIES):
                overrides, version = self.store.read()
                found = self.target.read()
                changed = found if isinstance(found, TargetFailed) else decide(overrides, found)
                if isinstance(changed, TargetFailed):
                    return changed
                failed = self._carry_out(overrides, version, changed)
                if failed is not RACED:
                    return failed or changed
            return RACED

    def _carry_out(self, overrides: Overrides, version: int, changed: list[OverriddenSetting]) -> TargetFailed | None:
        """Records, writes, reads back, records. A failed write may have worked all the same: reading back decides."""
        before, after = overrides, overrides
        for setting in changed:
            before, after = before.with_setting(setting), after.with_setting(confirm(setting))
        if before != overrides:
            if not self.store.write(before, version):
                return RACED
            version += 1
        failed = self._write({name_of(setting.setting_key): setting.effective for setting in changed})
        if failed:
            return failed
        return RACED if after != before and not self.store.write(after, version) else None

    def _write(self, values: Values) -> TargetFailed | None:
        found = self.target.read()
        if isinstance(found, TargetFailed):
            return found
        wrong = {name: value for name, value in values.items() if not are_equal(found.get(name), value)}
        if not wrong:
            return None
        failed = self.target.write(wrong, self.note)
        for attempt in range(1 if failed else _READ_BACKS):
            # A parameter may still read as it was before the write.
            time.sleep(_PAUSE_SECONDS if attempt else 0)
            found = self.target.read()
            if isinstance(found, TargetFailed):
                return failed or found
            left = [name for name, value in wrong.items() if not are_equal(found.get(name), value)]
            if not left:
                return None
        return failed or TargetFailed(f"{left[0]} reads {value_text(found.get(left[0]))} after it was set")


def _reverted(changed: list[OverriddenSetting]) -> ActionResult:
    left = [setting for setting in changed if setting.left_to_people]
    shared = [setting for setting in changed if setting.active and not setting.left_to_people]
    restored = [setting for setting in changed if not setting.active and not setting.left_to_people]
    parts = [f"switched back: {_values(restored)}"] if restored else []
    for setting in shared:
        holders = ", ".join(override.incident_id for override in setting.active)
        parts.append(f"{setting.setting_key} is still held by {holders}")
    for setting in left:
        value = value_text(setting.before)
        parts.append(f"somebody set {setting.setting_key} to {value} since, and it is left so")
    text = "; ".join(parts) or "nothing was switched"
    outcome = "kept" if left else "undone"
    return ActionResult(outcome, f"{text[0].upper()}{text[1:]}.", data=_effective(changed))


def _effective(changed: list[OverriddenSetting]) -> dict[str, Any]:
    return {"things": {setting.setting_key: setting.effective for setting in changed}}


def _values(changed: list[OverriddenSetting]) -> str:
    return ", ".join(f"{setting.setting_key} = {value_text(setting.effective)}" for setting in changed)
