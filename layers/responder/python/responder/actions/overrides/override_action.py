"""A setting as an action: the Doable of everything that is switched for an incident and given back at its end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from responder.actions.overrides.apply import give_back, switch_on
from responder.actions.overrides.target import Note, Place, Trouble, thing_of
from responder.aws.override_table import Board
from responder.context import Desk
from responder.contracts.action import Done, Nothing, Plan
from responder.domain.clock import now
from responder.domain.incident import Settled
from responder.domain.overrides import Hold, Holds, same, shown, taken


@dataclass(frozen=True)
class Wish:
    """What an action wants now. `values`: name in the place → wanted value; `because` follows them in the plan."""

    values: Mapping[str, Any]
    because: str
    effect: str


@dataclass(frozen=True)
class Setting:
    """`wish` reads findings and runbook, never the place; `reader_within` bounds how long verifying waits."""

    action: str
    place: Callable[[Desk], Place]
    wish: Callable[[Desk], Wish | Nothing]
    undo_words: str
    reader_within: Callable[[Desk], timedelta]

    def plan(self, desk: Desk) -> Plan | Nothing:
        wish = self.wish(desk)
        if isinstance(wish, Nothing):
            return wish
        place, (holds, _) = self.place(desk), _board(desk).read()
        found = place.read()
        if isinstance(found, Trouble):
            return Nothing(outcome="failed", text=f"{found.why[0].upper()}{found.why[1:]}.")
        own = self._hold(desk)
        changes = {
            thing_of(place, name): _change(holds, place, name, found.get(name), own.model_copy(update={"wants": value}))
            for name, value in wish.values.items()
        }
        if self._is_so(changes, holds, desk.incident.id):
            values = ", ".join(f"{thing} = {shown(change['before'])}" for thing, change in changes.items())
            return Nothing(outcome="not_needed", text=f"Nothing to switch: {values} already.")
        return Plan(
            action=self.action,
            sentence=f"Set {', '.join(map(_words, changes.items()))}: {wish.because}.",
            effect=wish.effect,
            undo=self.undo_words,
            changes=changes,
        )

    @staticmethod
    def _is_so(changes: Mapping[str, Any], holds: Holds, incident_id: str) -> bool:
        """True where nothing would change; a thing that others hold must be held by this incident too, to stay so."""

        def is_others(thing: str) -> bool:
            held = holds.of(thing)
            return bool(held and held.active and all(hold.incident_id != incident_id for hold in held.active))

        return all(same(one["before"], one["after"]) and not is_others(thing) for thing, one in changes.items())

    def _hold(self, desk: Desk) -> Hold:
        return Hold(incident_id=desk.incident.id, action=self.action, at=now())

    def apply(self, desk: Desk, plan: Plan) -> Done:
        """Holds and sets what the plan says, and nothing that was found to be so differently meanwhile."""
        place, board = self.place(desk), _board(desk)
        wants = {name: change["wants"] for name, change in _by_name(plan).items()}
        own = self._hold(desk)
        why = _moved(plan, board.read()[0], place, desk.incident.id)
        if why:
            return Done(outcome="failed", text=why)
        note = Note(by=f"{desk.settings.stack_name} {desk.incident.id}", reason=plan.sentence)
        return switch_on(board, place, wants, own, note)

    def verify(self, desk: Desk, plan: Plan) -> Done:
        """Reads back, then one look at whoever lives by it: `under_way` until it is seen or its time is over."""
        place, (holds, _) = self.place(desk), _board(desk).read()
        found = place.read()
        if isinstance(found, Trouble):
            return Done(outcome="not_verified", text=f"It cannot be read back: {found.why}.")
        since = now()
        for name in _by_name(plan):
            held = holds.of(thing_of(place, name))
            mine = held.hold_of(desk.incident.id) if held else None
            if held is None or mine is None or mine.ending:
                return Done(outcome="not_verified", text=f"{name} is not held for this incident.")
            if not same(found.get(name), held.effective):
                return Done(outcome="not_verified", text=f"{name} reads {shown(found.get(name))}: changed meanwhile.")
            since = min(since, mine.at)
        seen = place.reached({name: found.get(name) for name in _by_name(plan)})
        if seen.is_seen:
            return Done(outcome="verified", text=seen.text)
        if seen.is_missing:
            # Whom nobody has seen for an earlier setting of this incident is not waited for once more.
            since = min(hold.at for held in holds.things for hold in held.holds if hold.incident_id == desk.incident.id)
        if now() - since < self.reader_within(desk):
            return Done(outcome="under_way", text=seen.text)
        return Done(outcome="not_verified", text=f"{', '.join(plan.changes)}: set, but not seen in force. {seen.text}")

    def undo(self, desk: Desk, done: Settled) -> Done:
        """Gives back what this action holds for this incident."""
        incident_id = desk.incident.id
        note = Note(by=f"{desk.settings.stack_name} {incident_id}", reason=f"Given back at the end of {incident_id}.")

        def is_over(other: str) -> bool:
            kept = desk.table.find(other)
            return kept is None or not kept.incident.status.is_open

        board, place = _board(desk), self.place(desk)
        return give_back(board, place, incident_id, note, action=done.name, is_over=is_over)


def _board(desk: Desk) -> Board:
    return Board(desk.table, desk.runbook.integration)


def _change(holds: Holds, place: Place, name: str, found: Any, own: Hold) -> dict[str, Any]:
    after = taken(holds.of(thing_of(place, name)), thing_of(place, name), place.rule(name), found, own).effective
    return {"before": found, "after": after, "wants": own.wants}


def _by_name(plan: Plan) -> dict[str, dict[str, Any]]:
    return {thing.split(":", 1)[1]: change for thing, change in plan.changes.items()}


def _moved(plan: Plan, holds: Holds, place: Place, incident_id: str) -> str | None:
    """A sentence where the world is no longer the one that was planned for; a repeat of our own is not that."""
    found = place.read()
    if isinstance(found, Trouble):
        return f"Not switched: {found.why}."
    for name, change in _by_name(plan).items():
        held, value = holds.of(thing_of(place, name)), found.get(name)
        is_ours = held is not None and held.hold_of(incident_id) is not None
        if not is_ours and not any(same(value, one) for one in (change["before"], change["after"])):
            return f"Not switched: {name} is {shown(value)} now, and the plan was made for {shown(change['before'])}."
    return None


def _words(item: tuple[str, dict[str, Any]]) -> str:
    thing, change = item
    if same(change["before"], change["after"]):
        return f"{thing} to stay {shown(change['after'])}"
    return f"{thing} from {shown(change['before'])} to {shown(change['after'])}"
