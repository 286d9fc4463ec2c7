"""A setting as an action: the Doable of everything that is switched for an incident and given back at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from responder.actions.overrides.apply import apply_override, revert_override
from responder.actions.overrides.target import Note, Target, TargetFailed, setting_key_of
from responder.aws.override_table import OverrideStore
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.clock import now
from responder.domain.incident import ActionRecord
from responder.domain.overrides import Override, Overrides, are_equal, value_text, with_override


@dataclass(frozen=True)
class DesiredValues:
    """What an action wants now. `values`: name in the place → wanted value; `because` follows them in the plan."""

    values: Mapping[str, Any]
    because: str
    effect: str


@dataclass(frozen=True)
class OverrideAction:
    """`wish` reads findings and runbook, never the place; `reader_within` bounds how long verifying waits."""

    action: str
    target: Callable[[IncidentContext], Target]
    desired: Callable[[IncidentContext], DesiredValues | NothingToDo]
    undo_words: str
    reader_within: Callable[[IncidentContext], timedelta]

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        desired = self.desired(ctx)
        if isinstance(desired, NothingToDo):
            return desired
        target, (overrides, _) = self.target(ctx), _board(ctx).read()
        found = target.read()
        if isinstance(found, TargetFailed):
            return NothingToDo(outcome="failed", text=f"{found.why[0].upper()}{found.why[1:]}.")
        own = self._hold(ctx)
        changes = {
            setting_key_of(target, name): _change(
                overrides, target, name, found.get(name), own.model_copy(update={"desired": value})
            )
            for name, value in desired.values.items()
        }
        if self._is_so(changes, overrides, ctx.incident.id):
            values = ", ".join(
                f"{setting_key} = {value_text(change['before'])}" for setting_key, change in changes.items()
            )
            return NothingToDo(outcome="not_needed", text=f"Nothing to switch: {values} already.")
        return Plan(
            action=self.action,
            sentence=f"Set {', '.join(map(_words, changes.items()))}: {desired.because}.",
            effect=desired.effect,
            undo=self.undo_words,
            changes=changes,
        )

    @staticmethod
    def _is_so(changes: Mapping[str, Any], overrides: Overrides, incident_id: str) -> bool:
        """True where nothing would change; a thing that others hold must be held by this incident too, to stay so."""

        def is_others(setting_key: str) -> bool:
            setting = overrides.of(setting_key)
            return bool(
                setting and setting.active and all(override.incident_id != incident_id for override in setting.active)
            )

        return all(
            are_equal(one["before"], one["after"]) and not is_others(setting_key)
            for setting_key, one in changes.items()
        )

    def _hold(self, ctx: IncidentContext) -> Override:
        return Override(incident_id=ctx.incident.id, action=self.action, at=now())

    def apply(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Holds and sets what the plan says, and nothing that was found to be so differently meanwhile."""
        target, override_store = self.target(ctx), _board(ctx)
        desired = {name: change["desired"] for name, change in _by_name(plan).items()}
        own = self._hold(ctx)
        why = _moved(plan, override_store.read()[0], target, ctx.incident.id)
        if why:
            return ActionResult(outcome="failed", text=why)
        note = Note(by=f"{ctx.settings.stack_name} {ctx.incident.id}", reason=plan.sentence)
        return apply_override(override_store, target, desired, own, note)

    def verify(self, ctx: IncidentContext, plan: Plan) -> ActionResult:
        """Reads back, then one look at whoever lives by it: `under_way` until it is seen or its time is over."""
        target, (overrides, _) = self.target(ctx), _board(ctx).read()
        found = target.read()
        if isinstance(found, TargetFailed):
            return ActionResult(outcome="not_verified", text=f"It cannot be read back: {found.why}.")
        since = now()
        for name in _by_name(plan):
            setting = overrides.of(setting_key_of(target, name))
            mine = setting.override_of(ctx.incident.id) if setting else None
            if setting is None or mine is None or mine.ending:
                return ActionResult(outcome="not_verified", text=f"{name} is not held for this incident.")
            if not are_equal(found.get(name), setting.effective):
                return ActionResult(
                    outcome="not_verified", text=f"{name} reads {value_text(found.get(name))}: changed meanwhile."
                )
            since = min(since, mine.at)
        seen = target.reached({name: found.get(name) for name in _by_name(plan)})
        if seen.is_seen:
            return ActionResult(outcome="verified", text=seen.text)
        if seen.is_missing:
            # Whom nobody has seen for an earlier setting of this incident is not waited for once more.
            since = min(
                override.at
                for setting in overrides.settings_overridden
                for override in setting.overrides
                if override.incident_id == ctx.incident.id
            )
        if now() - since < self.reader_within(ctx):
            return ActionResult(outcome="under_way", text=seen.text)
        return ActionResult(
            outcome="not_verified", text=f"{', '.join(plan.changes)}: set, but not seen in force. {seen.text}"
        )

    def undo(self, ctx: IncidentContext, done: ActionRecord) -> ActionResult:
        """Gives back what this action holds for this incident."""
        incident_id = ctx.incident.id
        note = Note(by=f"{ctx.settings.stack_name} {incident_id}", reason=f"Given back at the end of {incident_id}.")

        def is_over(other: str) -> bool:
            stored = ctx.table.find(other)
            return stored is None or not stored.incident.status.is_open

        override_store, target = _board(ctx), self.target(ctx)
        return revert_override(override_store, target, incident_id, note, action=done.name, is_over=is_over)


def _board(ctx: IncidentContext) -> OverrideStore:
    return OverrideStore(ctx.table, ctx.runbook.integration)


def _change(overrides: Overrides, target: Target, name: str, found: Any, own: Override) -> dict[str, Any]:
    after = with_override(
        overrides.of(setting_key_of(target, name)), setting_key_of(target, name), target.rule(name), found, own
    ).effective
    return {"before": found, "after": after, "desired": own.desired}


def _by_name(plan: Plan) -> dict[str, dict[str, Any]]:
    return {setting_key.split(":", 1)[1]: change for setting_key, change in plan.changes.items()}


def _moved(plan: Plan, overrides: Overrides, target: Target, incident_id: str) -> str | None:
    """A sentence where the world is no longer the one that was planned for; a repeat of our own is not that."""
    found = target.read()
    if isinstance(found, TargetFailed):
        return f"Not switched: {found.why}."
    for name, change in _by_name(plan).items():
        setting, value = overrides.of(setting_key_of(target, name)), found.get(name)
        is_ours = setting is not None and setting.override_of(incident_id) is not None
        if not is_ours and not any(are_equal(value, one) for one in (change["before"], change["after"])):
            planned = value_text(change["before"])
            return f"Not switched: {name} is {value_text(value)} now, and the plan was made for {planned}."
    return None


def _words(item: tuple[str, dict[str, Any]]) -> str:
    setting_key, change = item
    if are_equal(change["before"], change["after"]):
        return f"{setting_key} to stay {value_text(change['after'])}"
    return f"{setting_key} from {value_text(change['before'])} to {value_text(change['after'])}"
