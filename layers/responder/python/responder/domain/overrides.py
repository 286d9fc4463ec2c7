"""What is switched for incidents: who holds which thing, and which value follows from all holds together. Pure.

A thing is `<place>:<name>`, for example `lever:request_queue` or `scale:hpa/twinmind-hpa`; its value is JSON, null
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
    wants: Any = None
    at: AwareDatetime
    ending: bool = False


class OverriddenSetting(Model):
    """A thing that is switched. `before` is what was found before the first hold, which people may have set by hand.

    `ours`: the values that can be there because of us, more than one while a write is under way. Any other is people's,
    and from then on (`left_to_people`) it is only changed by a plan that has seen it.
    """

    thing: str
    rule: Rule
    before: Any = None
    ours: tuple[Any, ...]
    left_to_people: bool = False
    holds: tuple[Override, ...]

    @property
    def active(self) -> tuple[Override, ...]:
        return tuple(hold for hold in self.holds if not hold.ending)

    @property
    def effective(self) -> Any:
        """The value that the thing should have now."""
        if self.left_to_people or not self.active:
            return self.before
        newest = max(self.active, key=lambda hold: (hold.at, hold.incident_id))
        return combined(self.rule, self.before, [hold.wants for hold in self.active], newest.wants)

    def override_of(self, incident_id: str) -> Override | None:
        return next((hold for hold in self.holds if hold.incident_id == incident_id), None)

    def explains(self, found: Any) -> bool:
        return any(are_equal(found, value) for value in self.ours)


class Overrides(Model):
    """Everything that is switched about one integration, in the order in which it was first switched."""

    things: tuple[OverriddenSetting, ...] = ()

    def of(self, thing: str) -> OverriddenSetting | None:
        return next((held for held in self.things if held.thing == thing), None)

    def with_setting(self, changed: OverriddenSetting) -> "Overrides":
        """In its old place where it was there already; without any hold left it is gone."""
        if self.of(changed.thing) is None:
            things: tuple[OverriddenSetting, ...] = (*self.things, changed)
        else:
            things = tuple(changed if held.thing == changed.thing else held for held in self.things)
        return Overrides(things=tuple(held for held in things if held.holds))

    def of_incident(self, incident_id: str, action: str | None = None) -> tuple[str, ...]:
        """The things that the incident holds, the latest switched first: the order of giving back."""
        mine = [(held, hold) for held in self.things if (hold := held.override_of(incident_id))]
        found = [(hold.at, at, held.thing) for at, (held, hold) in enumerate(mine) if action in (None, hold.action)]
        return tuple(thing for *_, thing in sorted(found, reverse=True))


def combined(rule: Rule, before: Any, wants: Iterable[Any], newest: Any) -> Any:
    if rule == "latest":
        return newest
    known = [value for value in (before, *wants) if value is not None]
    if rule == "any":
        return any(value is True for value in known)
    return (min if rule == "lowest" else max)(known) if known else None


def with_override(
    held: OverriddenSetting | None, thing: str, rule: Rule, found: Any, hold: Override
) -> OverriddenSetting:
    """With `hold` on it, on its way from `found` to the new value.

    What people set meanwhile is the new `before`, and ends what was held until then: they have overruled it.
    """
    if held is None or held.left_to_people or not held.explains(found):
        held = OverriddenSetting(thing=thing, rule=rule, before=found, ours=(found,), holds=())
    others = tuple(one for one in held.holds if one.incident_id != hold.incident_id)
    held = held.model_copy(update={"holds": (*others, hold)})
    return _towards(held, found)


def without_overrides(held: OverriddenSetting, found: Any, incident_ids: Collection[str]) -> OverriddenSetting:
    """Without these incidents' shares, on its way to what the others need; what people changed is left to them."""
    holds = tuple(
        one.model_copy(update={"ending": True}) if one.incident_id in incident_ids else one for one in held.holds
    )
    held = held.model_copy(update={"holds": holds})
    if held.left_to_people or not held.explains(found):
        return held.model_copy(update={"left_to_people": True, "before": found, "ours": (found,)})
    return _towards(held, found)


def confirmed(held: OverriddenSetting) -> OverriddenSetting:
    """Once the thing was seen to have its value: what has ended is gone, and only that value is ours."""
    return held.model_copy(update={"ours": (held.effective,), "holds": held.active})


def _towards(held: OverriddenSetting, found: Any) -> OverriddenSetting:
    """Values of a write that was cut off stay ours until the thing was seen to have settled."""
    known = [*held.ours, *(value for value in (found, held.effective) if not held.explains(value))]
    return held.model_copy(update={"ours": tuple(known)})


def are_equal(one: Any, other: Any) -> bool:
    """As JSON, where true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def value_text(value: Any) -> str:
    """A setting's value for people."""
    words = {None: "not set", True: "on", False: "off"}
    return words[value] if value is None or isinstance(value, bool) else str(value)
