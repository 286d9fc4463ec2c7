"""What is switched for incidents: who holds which thing, and which value follows from all holds together. Pure.

A thing is `<place>:<name>`, for example `flag:request_queue` or `scale:hpa/twinmind-hpa`; its value is JSON, null
where there is none. The record is written before the world is, so a step that was cut off leaves its values known.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any, Literal

from pydantic import AwareDatetime

from responder.domain.model import Model

# any: true while anybody wants it. lowest, highest: the strictest number, people's own among them. latest: the newest.
Rule = Literal["any", "lowest", "highest", "latest"]


class Override(Model):
    """One incident's share in a thing. `ending`: it is being given back, and counts no more."""

    incident_id: str
    action: str
    desired: Any = None
    at: AwareDatetime
    ending: bool = False


class OverriddenSetting(Model):
    """A thing that is switched. `before` is what was found before the first hold, which people may have set by hand.

    `ours`: the values that can be there because of us, more than one while a write is under way. Any other is people's,
    and from then on (`left_to_people`) it is only changed by a plan that has seen it.
    """

    setting_key: str
    rule: Rule
    before: Any = None
    ours: tuple[Any, ...]
    left_to_people: bool = False
    overrides: tuple[Override, ...]

    @property
    def active(self) -> tuple[Override, ...]:
        return tuple(override for override in self.overrides if not override.ending)

    @property
    def effective(self) -> Any:
        """The value that the thing should have now."""
        if self.left_to_people or not self.active:
            return self.before
        newest = max(self.active, key=lambda override: (override.at, override.incident_id))
        return combined(self.rule, self.before, [override.desired for override in self.active], newest.desired)

    def override_of(self, incident_id: str) -> Override | None:
        return next((override for override in self.overrides if override.incident_id == incident_id), None)

    def explains(self, found: Any) -> bool:
        return any(are_equal(found, value) for value in self.ours)


class Overrides(Model):
    """Everything that is switched about one integration, in the order in which it was first switched."""

    settings_overridden: tuple[OverriddenSetting, ...] = ()

    def of(self, setting_key: str) -> OverriddenSetting | None:
        return next((setting for setting in self.settings_overridden if setting.setting_key == setting_key), None)

    def with_setting(self, changed: OverriddenSetting) -> "Overrides":
        """In its old place where it was there already; without any hold left it is gone."""
        if self.of(changed.setting_key) is None:
            settings_overridden: tuple[OverriddenSetting, ...] = (*self.settings_overridden, changed)
        else:
            settings_overridden = tuple(
                changed if setting.setting_key == changed.setting_key else setting
                for setting in self.settings_overridden
            )
        return Overrides(settings_overridden=tuple(setting for setting in settings_overridden if setting.overrides))

    def of_incident(self, incident_id: str, action: str | None = None) -> tuple[str, ...]:
        """The things that the incident holds, the latest switched first: the order of giving back."""
        mine = [
            (setting, override)
            for setting in self.settings_overridden
            if (override := setting.override_of(incident_id))
        ]
        found = [
            (override.at, at, setting.setting_key)
            for at, (setting, override) in enumerate(mine)
            if action in (None, override.action)
        ]
        return tuple(setting_key for *_, setting_key in sorted(found, reverse=True))


def combined(rule: Rule, before: Any, desired: Iterable[Any], newest: Any) -> Any:
    if rule == "latest":
        return newest
    known = [value for value in (before, *desired) if value is not None]
    if rule == "any":
        return any(value is True for value in known)
    return (min if rule == "lowest" else max)(known) if known else None


def with_override(
    setting: OverriddenSetting | None, setting_key: str, rule: Rule, found: Any, override: Override
) -> OverriddenSetting:
    """With `hold` on it, on its way from `found` to the new value.

    What people set meanwhile is the new `before`, and ends what was held until then: they have overruled it.
    """
    if setting is None or setting.left_to_people or not setting.explains(found):
        setting = OverriddenSetting(setting_key=setting_key, rule=rule, before=found, ours=(found,), overrides=())
    others = tuple(one for one in setting.overrides if one.incident_id != override.incident_id)
    setting = setting.model_copy(update={"overrides": (*others, override)})
    return _towards(setting, found)


def without_overrides(setting: OverriddenSetting, found: Any, incident_ids: Collection[str]) -> OverriddenSetting:
    """Without these incidents' shares, on its way to what the others need; what people changed is left to them."""
    overrides = tuple(
        one.model_copy(update={"ending": True}) if one.incident_id in incident_ids else one for one in setting.overrides
    )
    setting = setting.model_copy(update={"overrides": overrides})
    if setting.left_to_people or not setting.explains(found):
        return setting.model_copy(update={"left_to_people": True, "before": found, "ours": (found,)})
    return _towards(setting, found)


def confirmed(setting: OverriddenSetting) -> OverriddenSetting:
    """Once the thing was seen to have its value: what has ended is gone, and only that value is ours."""
    return setting.model_copy(update={"ours": (setting.effective,), "overrides": setting.active})


def _towards(setting: OverriddenSetting, found: Any) -> OverriddenSetting:
    """Values of a write that was cut off stay ours until the thing was seen to have settled."""
    known = [*setting.ours, *(value for value in (found, setting.effective) if not setting.explains(value))]
    return setting.model_copy(update={"ours": tuple(known)})


def are_equal(one: Any, other: Any) -> bool:
    """As JSON, where true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def value_text(value: Any) -> str:
    """A setting's value for people."""
    words = {None: "not set", True: "on", False: "off"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
