"""Overrides of settings: which value each incident wants, and which value results. Pure.

A setting's key is `<kind>:<name>`, such as `flag:request_queue` or `scale:hpa/twinmind-hpa`. Its value is JSON, or null
if there is none. The record is written before the setting, so that after an interruption the values are known.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any, Literal

from pydantic import AwareDatetime

from responder.domain.model import Model

# How wanted values become one. any: true if one is true. lowest, highest: also of the value before. latest: the newest.
MergeRule = Literal["any", "lowest", "highest", "latest"]


class Override(Model):
    """The value that one incident wants for a setting. `ending`: it is being reverted, and does not count any more."""

    incident_id: str
    action: str
    desired: Any = None
    at: AwareDatetime
    ending: bool = False


class OverriddenSetting(Model):
    """A setting with overrides. `before`: its value before the first override.

    `ours`: the values that we may have written; several while a write is under way. Any other value was set by people.
    Then the setting is `left_to_people`: only a new plan, made with their value, may change it.
    """

    setting_key: str
    rule: MergeRule
    before: Any = None
    ours: tuple[Any, ...]
    left_to_people: bool = False
    overrides: tuple[Override, ...]

    @property
    def active(self) -> tuple[Override, ...]:
        return tuple(override for override in self.overrides if not override.ending)

    @property
    def effective(self) -> Any:
        """The value that the setting should have now."""
        if self.left_to_people or not self.active:
            return self.before
        newest = max(self.active, key=lambda override: (override.at, override.incident_id))
        return combine(self.rule, self.before, [override.desired for override in self.active], newest.desired)

    def override_of(self, incident_id: str) -> Override | None:
        return next((override for override in self.overrides if override.incident_id == incident_id), None)

    def explains(self, found: Any) -> bool:
        return any(are_equal(found, value) for value in self.ours)


class Overrides(Model):
    """All overridden settings of one integration, oldest first."""

    settings_overridden: tuple[OverriddenSetting, ...] = ()

    def of(self, setting_key: str) -> OverriddenSetting | None:
        return next((setting for setting in self.settings_overridden if setting.setting_key == setting_key), None)

    def with_setting(self, changed: OverriddenSetting) -> "Overrides":
        """Replaces or adds the setting. A setting without overrides is removed."""
        settings = {setting.setting_key: setting for setting in self.settings_overridden}
        settings[changed.setting_key] = changed
        return Overrides(settings_overridden=tuple(one for one in settings.values() if one.overrides))

    def of_incident(self, incident_id: str, action: str | None = None) -> tuple[str, ...]:
        """The keys of the settings that the incident overrides, the newest first, which is the order for reverting."""
        found = [
            (override.at, place, setting.setting_key)
            for place, setting in enumerate(self.settings_overridden)
            if (override := setting.override_of(incident_id)) and action in (None, override.action)
        ]
        return tuple(setting_key for *_, setting_key in sorted(found, reverse=True))


def combine(rule: MergeRule, before: Any, desired: Iterable[Any], newest: Any) -> Any:
    if rule == "latest":
        return newest
    known = [value for value in (before, *desired) if value is not None]
    if rule == "any":
        return any(value is True for value in known)
    return (min if rule == "lowest" else max)(known) if known else None


def with_override(
    setting: OverriddenSetting | None, setting_key: str, rule: MergeRule, found: Any, override: Override
) -> OverriddenSetting:
    """The setting, whose value now is `found`, with `override` added.

    If people changed the value meanwhile, it is the new `before`, and all earlier overrides end.
    """
    if setting is None or setting.left_to_people or not setting.explains(found):
        setting = OverriddenSetting(setting_key=setting_key, rule=rule, before=found, ours=(found,), overrides=())
    others = tuple(one for one in setting.overrides if one.incident_id != override.incident_id)
    setting = setting.model_copy(update={"overrides": (*others, override)})
    return _towards(setting, found)


def without_overrides(setting: OverriddenSetting, found: Any, incident_ids: Collection[str]) -> OverriddenSetting:
    """The setting with the overrides of these incidents ending. A value that people changed stays."""
    overrides = tuple(
        one.model_copy(update={"ending": True}) if one.incident_id in incident_ids else one for one in setting.overrides
    )
    setting = setting.model_copy(update={"overrides": overrides})
    if setting.left_to_people or not setting.explains(found):
        return setting.model_copy(update={"left_to_people": True, "before": found, "ours": (found,)})
    return _towards(setting, found)


def confirm(setting: OverriddenSetting) -> OverriddenSetting:
    """Call it once the setting was read with its new value. Ended overrides are removed; only this value is ours."""
    return setting.model_copy(update={"ours": (setting.effective,), "overrides": setting.active})


def _towards(setting: OverriddenSetting, found: Any) -> OverriddenSetting:
    """The setting before it is written. Both its old and its new value count as ours until the new one is read."""
    known = [*setting.ours, *(value for value in (found, setting.effective) if not setting.explains(value))]
    return setting.model_copy(update={"ours": tuple(known)})


def are_equal(one: Any, other: Any) -> bool:
    """Whether both are the same JSON. So true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def value_text(value: Any) -> str:
    words = {None: "not set", True: "on", False: "off"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
