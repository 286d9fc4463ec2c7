"""Overrides of settings: which incidents want one, and which value results. Pure.

A setting key is `<kind>:<name>`, for example `flag:request_queue` or `scale:hpa/twinmind-hpa`. Its value is JSON,
null if there is none. The record is written before the setting, so an interrupted step still knows its values.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any, Literal

from pydantic import AwareDatetime

from responder.domain.model import Model

# any: true while one incident wants it. lowest, highest: the strictest number, including people's. latest: the newest.
MergeRule = Literal["any", "lowest", "highest", "latest"]


class Override(Model):
    """One incident's desired value for a setting. `ending`: it is being reverted and no longer counts."""

    incident_id: str
    action: str
    desired: Any = None
    at: AwareDatetime
    ending: bool = False


class OverriddenSetting(Model):
    """A setting with overrides. `before` is the value found before the first one; people may have set it.

    `ours`: values that we may have written; several while a write is in progress. Any other value is people's;
    from then on (`left_to_people`) only a plan that has seen it may change the setting.
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
        """The desired value now."""
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
        """Replaces the setting in place; one without overrides is removed."""
        settings = {setting.setting_key: setting for setting in self.settings_overridden}
        settings[changed.setting_key] = changed
        return Overrides(settings_overridden=tuple(one for one in settings.values() if one.overrides))

    def of_incident(self, incident_id: str, action: str | None = None) -> tuple[str, ...]:
        """Keys of the settings that the incident overrides, newest first: the order for reverting."""
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
    """Adds `override`; the setting goes from `found` to its new value.

    If people changed it meanwhile, their value is the new `before` and all earlier overrides end.
    """
    if setting is None or setting.left_to_people or not setting.explains(found):
        setting = OverriddenSetting(setting_key=setting_key, rule=rule, before=found, ours=(found,), overrides=())
    others = tuple(one for one in setting.overrides if one.incident_id != override.incident_id)
    setting = setting.model_copy(update={"overrides": (*others, override)})
    return _towards(setting, found)


def without_overrides(setting: OverriddenSetting, found: Any, incident_ids: Collection[str]) -> OverriddenSetting:
    """Removes these incidents' overrides; a value that people changed stays."""
    overrides = tuple(
        one.model_copy(update={"ending": True}) if one.incident_id in incident_ids else one for one in setting.overrides
    )
    setting = setting.model_copy(update={"overrides": overrides})
    if setting.left_to_people or not setting.explains(found):
        return setting.model_copy(update={"left_to_people": True, "before": found, "ours": (found,)})
    return _towards(setting, found)


def confirm(setting: OverriddenSetting) -> OverriddenSetting:
    """Call when the setting was seen with its value: ended overrides are removed and only that value is ours."""
    return setting.model_copy(update={"ours": (setting.effective,), "overrides": setting.active})


def _towards(setting: OverriddenSetting, found: Any) -> OverriddenSetting:
    """Values of an interrupted write stay ours until the final value is seen."""
    known = [*setting.ours, *(value for value in (found, setting.effective) if not setting.explains(value))]
    return setting.model_copy(update={"ours": tuple(known)})


def are_equal(one: Any, other: Any) -> bool:
    """Compares as JSON: true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def value_text(value: Any) -> str:
    words = {None: "not set", True: "on", False: "off"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
