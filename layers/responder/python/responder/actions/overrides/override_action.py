"""A setting as an action: the Doable of everything that is switched for an incident and given back at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from responder.actions.overrides.apply import apply_override, revert_override
from responder.actions.overrides.target import Note, Target, TargetFailed, setting_id
from responder.aws.override_table import OverrideStore
from responder.context import IncidentContext
from responder.contracts.action import Done, Nothing, Plan
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
    place: Callable[[IncidentContext], Target]
    wish: Callable[[IncidentContext], DesiredValues | Nothing]
    undo_words: str
    reader_within: Callable[[IncidentContext], timedelta]

    def plan(self, ctx: IncidentContext) -> Plan | Nothing:
        wish = self.wish(ctx)
        if isinstance(wish, Nothing):
            return wish
        place, (holds, _) = self.place(ctx), _board(ctx).read()
        found = place.read()
        if isinstance(found, TargetFailed):
            return Nothing(outcome="failed", text=f"{found.why[0].upper()}{found.why[1:]}.")
        own = self._hold(ctx)
        changes = {
            setting_id(place, name): _change(
                holds, place, name, found.get(name), own.model_copy(update={"wants": value})
            )
            for name, value in wish.values.items()
        }
        if self._is_so(changes, holds, ctx.incident.id):
            values = ", ".join(f"{thing} = {value_text(change['before'])}" for thing, change in changes.items())
            return Nothing(outcome="not_needed", text=f"Nothing to switch: {values} already.")
        return Plan(
            action=self.action,
            sentence=f"Set {', '.join(map(_words, changes.items()))}: {wish.because}.",
            effect=wish.effect,
            undo=self.undo_words,
            changes=changes,
        )

    @staticmethod
    def _is_so(changes: Mapping[str, Any], holds: Overrides, incident_id: str) -> bool:
        """True where nothing would change; a thing that others hold must be held by this incident too, to stay so."""

        def is_others(thing: str) -> bool:
            held = holds.of(thing)
            return bool(held and held.active and all(hold.incident_id != incident_id for hold in held.active))

        return all(are_equal(one["before"], one["after"]) and not is_others(thing) for thing, one in changes.items())

    def _hold(self, ctx: IncidentContext) -> Override:
        return Override(incident_id=ctx.incident.id, action=self.action, at=now())

    def apply(self, ctx: IncidentContext, plan: Plan) -> Done:
        """Holds and sets what the plan says, and nothing that was found to be so differently meanwhile."""
        place, override_store = self.place(ctx), _board(ctx)
        wants = {name: change["wants"] for name, change in _by_name(plan).items()}
        own = self._hold(ctx)
        why = _moved(plan, override_store.read()[0], place, ctx.incident.id)
        if why:
            return Done(outcome="failed", text=why)
        note = Note(by=f"{ctx.settings.stack_name} {ctx.incident.id}", reason=plan.sentence)
        return apply_override(override_store, place, wants, own, note)

    def verify(self, ctx: IncidentContext, plan: Plan) -> Done:
        """Reads back, then one look at whoever lives by it: `under_way` until it is seen or its time is over."""
        place, (holds, _) = self.place(ctx), _board(ctx).read()
        found = place.read()
        if isinstance(found, TargetFailed):
            return Done(outcome="not_verified", text=f"It cannot be read back: {found.why}.")
        since = now()
        for name in _by_name(plan):
            held = holds.of(setting_id(place, name))
            mine = held.override_of(ctx.incident.id) if held else None
            if held is None or mine is None or mine.ending:
                return Done(outcome="not_verified", text=f"{name} is not held for this incident.")
            if not are_equal(found.get(name), held.effective):
                return Done(
                    outcome="not_verified", text=f"{name} reads {value_text(found.get(name))}: changed meanwhile."
                )
            since = min(since, mine.at)
        seen = place.reached({name: found.get(name) for name in _by_name(plan)})
        if seen.is_seen:
            return Done(outcome="verified", text=seen.text)
        if seen.is_missing:
            # Whom nobody has seen for an earlier setting of this incident is not waited for once more.
            since = min(hold.at for held in holds.things for hold in held.holds if hold.incident_id == ctx.incident.id)
        if now() - since < self.reader_within(ctx):
            return Done(outcome="under_way", text=seen.text)
        return Done(outcome="not_verified", text=f"{', '.join(plan.changes)}: set, but not seen in force. {seen.text}")

    def undo(self, ctx: IncidentContext, done: ActionRecord) -> Done:
        """Gives back what this action holds for this incident."""
        incident_id = ctx.incident.id
        note = Note(by=f"{ctx.settings.stack_name} {incident_id}", reason=f"Given back at the end of {incident_id}.")

        def is_over(other: str) -> bool:
            kept = ctx.table.find(other)
            return kept is None or not kept.incident.status.is_open

        override_store, place = _board(ctx), self.place(ctx)
        return revert_override(override_store, place, incident_id, note, action=done.name, is_over=is_over)


def _board(ctx: IncidentContext) -> OverrideStore:
    return OverrideStore(ctx.table, ctx.runbook.integration)


def _change(holds: Overrides, place: Target, name: str, found: Any, own: Override) -> dict[str, Any]:
    after = with_override(
        holds.of(setting_id(place, name)), setting_id(place, name), place.rule(name), found, own
    ).effective
    return {"before": found, "after": after, "wants": own.wants}


def _by_name(plan: Plan) -> dict[str, dict[str, Any]]:
    return {thing.split(":", 1)[1]: change for thing, change in plan.changes.items()}


def _moved(plan: Plan, holds: Overrides, place: Target, incident_id: str) -> str | None:
    """A sentence where the world is no longer the one that was planned for; a repeat of our own is not that."""
    found = place.read()
    if isinstance(found, TargetFailed):
        return f"Not switched: {found.why}."
    for name, change in _by_name(plan).items():
        held, value = holds.of(setting_id(place, name)), found.get(name)
        is_ours = held is not None and held.override_of(incident_id) is not None
        if not is_ours and not any(are_equal(value, one) for one in (change["before"], change["after"])):
            planned = value_text(change["before"])
            return f"Not switched: {name} is {value_text(value)} now, and the plan was made for {planned}."
    return None


def _words(item: tuple[str, dict[str, Any]]) -> str:
    thing, change = item
    if are_equal(change["before"], change["after"]):
        return f"{thing} to stay {value_text(change['after'])}"
    return f"{thing} from {value_text(change['before'])} to {value_text(change['after'])}"
