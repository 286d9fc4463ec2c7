"""An action that overrides settings for an incident and reverts them at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from responder.actions import ACTIONS
from responder.actions.overrides.apply import Switch
from responder.actions.overrides.target import Target, name_of, setting_key_of
from responder.aws.override_table import OverrideStore, overrides_of
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.clock import now
from responder.domain.overrides import Override, Overrides, are_equal, value_text, with_override
from responder.domain.platform_refused import PlatformRefused

Changes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class DesiredValues:
    """The values that an action wants now, by the target's names. `because` is the plan's reason, after a colon."""

    values: Mapping[str, Any]
    because: str
    effect: str


@dataclass(frozen=True)
class OverrideAction:
    action: str
    target: Callable[[IncidentContext], Target]
    desired: Callable[[IncidentContext], DesiredValues | NothingToDo]

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        desired = self.desired(ctx)
        if isinstance(desired, NothingToDo):
            return desired
        target, overrides = self.target(ctx), overrides_of(ctx.table, ctx.runbook.integration)
        try:
            found = target.read()
        except PlatformRefused as error:
            why = str(error)
            return NothingToDo("failed", f"{why[0].upper()}{why[1:]}.")
        changes: dict[str, Any] = {}
        for name, value in desired.values.items():
            key = setting_key_of(target, name)
            own = self._override(ctx).model_copy(update={"desired": value})
            after = with_override(overrides.of(key), key, target.rule(name), found.get(name), own).effective
            changes[key] = {"before": found.get(name), "after": after, "desired": value}
        if _changes_nothing(changes, overrides, ctx.incident.id):
            values = ", ".join(f"{key} = {value_text(change['before'])}" for key, change in changes.items())
            return NothingToDo("not_needed", f"Nothing to switch: {values} already.")
        return Plan(
            action=self.action,
            sentence=f"Set {', '.join(_words(key, change) for key, change in changes.items())}: {desired.because}.",
            effect=desired.effect,
            undo=ACTIONS[self.action].undo,
            changes=changes,
        )

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Sets what the plan says. Fails if somebody has changed a setting since the plan was made."""
        return self._switch(ctx, plan.sentence).apply(plan.changes, self._override(ctx))

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Reads the setting back, then asks its reader. `under_way` until the reader applies it or its time is over."""
        target, overrides = self.target(ctx), overrides_of(ctx.table, ctx.runbook.integration)
        try:
            found = target.read()
        except PlatformRefused as error:
            return ActionResult("not_verified", f"It cannot be read back: {error}.")
        since = now()
        for name in map(name_of, plan.changes):
            setting = overrides.of(setting_key_of(target, name))
            mine = setting.override_of(ctx.incident.id) if setting else None
            if setting is None or mine is None or mine.ending:
                return ActionResult("not_verified", f"{name} is not held for this incident.")
            if not are_equal(found.get(name), setting.effective):
                return ActionResult("not_verified", f"{name} reads {value_text(found.get(name))}: changed meanwhile.")
            since = min(since, mine.at)
        seen = target.reached({name: found.get(name) for name in map(name_of, plan.changes)})
        if seen.is_seen:
            return ActionResult("verified", seen.text)
        if seen.is_missing:
            # There is no reader. The time counts from the incident's first setting, so it is waited for only once.
            held = (setting.override_of(ctx.incident.id) for setting in overrides.settings_overridden)
            since = min(override.at for override in held if override)
        if now() - since < target.patience:
            return ActionResult("under_way", seen.text)
        return ActionResult("not_verified", f"{', '.join(plan.changes)}: set, but not seen in force. {seen.text}")

    def undo(self, ctx: IncidentContext) -> ActionResult:
        """Reverts the settings that this action changed for this incident."""

        def is_over(other: str) -> bool:
            stored = ctx.table.find(other)
            return stored is None or not stored.incident.status.is_open

        switch = self._switch(ctx, f"Given back at the end of {ctx.incident.id}.")
        return switch.revert(ctx.incident.id, self.action, is_over)

    def _switch(self, ctx: IncidentContext, reason: str) -> Switch:
        store = OverrideStore(ctx.table, ctx.runbook.integration)
        return Switch(store, self.target(ctx), f"{ctx.settings.stack_name} {ctx.incident.id}", reason)

    def _override(self, ctx: IncidentContext) -> Override:
        return Override(incident_id=ctx.incident.id, action=self.action, at=now())


def _changes_nothing(changes: Changes, overrides: Overrides, incident_id: str) -> bool:
    """False too if only other incidents hold a setting: this incident must hold it as well, or it ends with them."""
    for key, change in changes.items():
        setting = overrides.of(key)
        holders = {override.incident_id for override in setting.active} if setting else set()
        if not are_equal(change["before"], change["after"]) or (holders and incident_id not in holders):
            return False
    return True


def _words(setting_key: str, change: Mapping[str, Any]) -> str:
    if are_equal(change["before"], change["after"]):
        return f"{setting_key} to stay {value_text(change['after'])}"
    return f"{setting_key} from {value_text(change['before'])} to {value_text(change['after'])}"
