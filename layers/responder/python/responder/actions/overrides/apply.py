"""Changes settings for an incident and reverts them. It writes the record, then the setting, then the record again.

A lease of the integration allows one writer at a time. A writer that takes longer than its lease notices it by the
record's version, and begins again from the top.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from responder.actions.overrides.target import Target, name_of
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
from responder.domain.platform_refused import PlatformRefused

_TRIES = 5
_READ_BACKS = 3
_PAUSE_SECONDS = 0.2

Values = Mapping[str, Any]
# From the recorded overrides and the target's present values: the settings as they shall become.
Decide = Callable[[Overrides, Values], list[OverriddenSetting]]


@dataclass(frozen=True)
class Switch:
    """Changes one target, for one incident at a time. `by` and `reason`: see Target.write."""

    store: OverrideStore
    target: Target
    by: str
    reason: str

    def apply(self, changes: Mapping[str, Values], override: Override) -> ActionResult:
        """Records what is desired for the override's incident, and sets what follows. → applied | failed.

        `changes`: those of the plan, by setting key. It fails if somebody has changed a setting since.
        """

        def decide(overrides: Overrides, found: Values) -> list[OverriddenSetting]:
            changed: list[OverriddenSetting] = []
            for key, change in changes.items():
                name, setting, at = name_of(key), overrides.of(key), override.at
                value = found.get(name)
                mine = setting.override_of(override.incident_id) if setting else None
                if mine is None and not any(are_equal(value, change[one]) for one in ("before", "after")):
                    planned = value_text(change["before"])
                    raise _refused(f"{name} is {value_text(value)} now, and the plan was made for {planned}")
                if setting and mine and not mine.ending:
                    if setting.left_to_people or not setting.explains(value):
                        raise _refused(f"somebody set {key} to {value_text(value)} since, and it is left so")
                    at = mine.at
                own = override.model_copy(update={"desired": change["desired"], "at": at})
                changed.append(with_override(setting, key, self.target.rule(name), value, own))
            return changed

        try:
            changed = self._change(decide, by=f"{override.incident_id}-{override.action}")
        except PlatformRefused as error:
            return ActionResult("failed", f"Not switched: {error}.")
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

        try:
            return _reverted(self._change(decide, by=f"{incident_id}-back"))
        except PlatformRefused as error:
            return ActionResult("failed", f"Not switched back: {error}.")

    def _change(self, decide: Decide, by: str) -> list[OverriddenSetting]:
        with self.store.leased(by) as is_held:
            if not is_held:
                why = "another incident is switching at this moment, or was cut off less than a minute ago"
                raise _refused(f"{why}; nothing was changed")
            for _ in range(_TRIES):
                overrides, version = self.store.read()
                changed = decide(overrides, self.target.read())
                if self._carry_out(overrides, version, changed):
                    return changed
            raise _refused("the record of what is switched changed on each of several tries; the next try begins anew")

    def _carry_out(self, overrides: Overrides, version: int, changed: list[OverriddenSetting]) -> bool:
        """Records, writes, reads back, records. False if the record changed meanwhile."""
        before, after = overrides, overrides
        for setting in changed:
            before, after = before.with_setting(setting), after.with_setting(confirm(setting))
        if before != overrides:
            if not self.store.write(before, version):
                return False
            version += 1
        self._write({name_of(setting.setting_key): setting.effective for setting in changed})
        return after == before or self.store.write(after, version)

    def _write(self, values: Values) -> None:
        """Writes what differs. A failed write may have worked all the same: reading back decides."""
        wrong = {name: values[name] for name in self._differing(values)}
        if not wrong:
            return
        failed = None
        try:
            self.target.write(wrong, self.by, self.reason)
        except PlatformRefused as error:
            failed = error
        for attempt in range(1 if failed else _READ_BACKS):
            # A parameter may still read as it was before the write.
            time.sleep(_PAUSE_SECONDS if attempt else 0)
            left = self._differing(wrong)
            if not left:
                return
        name, found = next(iter(left.items()))
        raise failed or _refused(f"{name} reads {value_text(found)} after it was set")

    def _differing(self, values: Values) -> Values:
        """The present value of each name that has another value than in `values`."""
        found = self.target.read()
        return {name: found.get(name) for name, value in values.items() if not are_equal(found.get(name), value)}


def _refused(why: str) -> PlatformRefused:
    return PlatformRefused(why, passes=True)


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
