"""The holds of an integration as the table keeps them, and giving back: what the spine, the audit and messages use."""

from collections.abc import Collection

from responder.actions.places import place_of
from responder.actions.plan import Done
from responder.actions.switching import Board, give_back
from responder.adapters.desk import Desk
from responder.adapters.table import Table
from responder.holds import Held, Holds


def switch_back(desk: Desk) -> list[Done]:
    """Gives back all that the desk's incident holds, latest first: one Done a place, `undone`, `kept` or `failed`.

    Idempotent: what was given back before is not touched again. Empty where nothing is held.
    """
    return give_back(_board(desk), desk.incident.id, lambda thing: place_of(desk, thing), by=desk.settings.stack_name)


def holds_of(table: Table, integration: str) -> Holds:
    """Everything that is switched now about the integration."""
    return Board(table, integration).read()[0]


def orphans(table: Table, integration: str, worked_on: Collection[str]) -> list[tuple[Held, str]]:
    """What is still switched for incidents that nobody works on, as (thing, incident id).

    `worked_on`: ids of the incidents that are open and not stopped.
    """
    return [
        (held, hold.incident_id)
        for held in holds_of(table, integration).things
        for hold in held.holds
        if hold.incident_id not in worked_on
    ]


def _board(desk: Desk) -> Board:
    return Board(desk.table, desk.runbook.integration)
