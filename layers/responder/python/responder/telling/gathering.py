"""Gathers, from the desk, what a message is composed from."""

from responder.adapters.desk import Desk
from responder.clock import now
from responder.messages import Places, Situation
from responder.telling.modes import modes_now


def situation_of(desk: Desk) -> Situation:
    """Reads the stop switch, the override and the incident's actions: what holds now, not what held when it opened."""
    actions = tuple(sorted(desk.table.actions(desk.incident.id), key=lambda action: action.at))
    bare = bare_situation(desk)
    return Situation(bare.incident, bare.runbook, bare.now, bare.region, bare.places, modes_now(desk), actions)


def bare_situation(desk: Desk) -> Situation:
    """Without another call: enough for a word in an emergency, when what it would ask may be what is broken."""
    return Situation(
        incident=desk.incident,
        runbook=desk.runbook,
        now=now(),
        region=desk.settings.region,
        places=Places(desk.settings.twinmind_api_key_secret, desk.settings.twinmind_standby_keys_secret),
        modes=desk.runbook.modes.model_dump(),
    )
