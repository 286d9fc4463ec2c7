"""Gathers, from the desk, what a message is composed from."""

from responder.adapters.desk import Desk
from responder.clock import now
from responder.messages import Places, Situation
from responder.telling.modes import modes_now
from responder.telling.story import Earlier, Story, ended_by, same_cause

# How many closed incidents are looked through for the same cause, and how many of those are told of.
LOOKED_THROUGH, TOLD_OF = 100, 3


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


def story_of(desk: Desk, *, with_earlier: bool = False) -> Story:
    """Everything that the table has on the incident; `with_earlier` also reads the index of closed ones."""
    incident, table = desk.incident, desk.table
    return Story(
        situation=bare_situation(desk),
        timeline=tuple(table.timeline(incident.id)),
        actions=tuple(sorted(table.actions(incident.id), key=lambda action: action.at)),
        findings=tuple(table.findings(incident.id, incident.evidence_round)) if incident.evidence_round else (),
        earlier=_earlier(desk) if with_earlier else (),
    )


def _earlier(desk: Desk) -> tuple[Earlier, ...]:
    closed, _ = desk.table.listed("resolved", LOOKED_THROUGH, None)
    found = list(same_cause(desk.incident, closed))[:TOLD_OF]
    actions = {one.id: sorted(desk.table.actions(one.id), key=lambda action: action.at) for one in found}
    return tuple(Earlier(one, ended_by(one, actions[one.id])) for one in found)
