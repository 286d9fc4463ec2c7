"""Gathers, from the desk, what a message is composed from."""

from dataclasses import replace

from responder.approvals.modes import modes_now
from responder.aws.incident_table import Table
from responder.aws.override_table import holds_of
from responder.config.runbook import Runbook
from responder.config.settings import Settings
from responder.context import Desk
from responder.diagnosis.quota import quota_of
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.notifications.incident_history import Earlier, Story, ended_by, same_cause
from responder.notifications.messages import Places, Situation
from responder.notifications.messages.compose import ASKS_SUPPORT

# How many closed incidents are looked through for the same cause, and how many of those are told of.
LOOKED_THROUGH, TOLD_OF = 100, 3


def situation_of(desk: Desk) -> Situation:
    """Reads the stop switch, the override and the incident's actions: what holds now, not what held when it opened."""
    actions = tuple(sorted(desk.table.actions(desk.incident.id), key=lambda action: action.at))
    bare = bare_situation(desk)
    holds = holds_of(desk.table, desk.runbook.integration)
    evidence = _evidence(desk)
    quota = quota_of(evidence, desk.runbook) if desk.incident.cause is Cause.RATE_LIMITED else None
    return replace(bare, modes=modes_now(desk), actions=actions, holds=holds, quota=quota, evidence=evidence)


def _evidence(desk: Desk) -> tuple[Finding, ...]:
    """Only where it goes into a mail to TwinMind."""
    incident = desk.incident
    if incident.evidence_round is None or incident.cause is None or incident.cause.verdict not in ASKS_SUPPORT:
        return ()
    return tuple(desk.table.findings(incident.id, incident.evidence_round))


def bare_situation(desk: Desk) -> Situation:
    """Without another call: enough for a word in an emergency, when what it would ask may be what is broken."""
    return situation_for(desk.incident, desk.runbook, desk.settings)


def situation_for(incident: Incident, runbook: Runbook, settings: Settings) -> Situation:
    return Situation(
        incident=incident,
        runbook=runbook,
        now=now(),
        region=settings.region,
        places=Places(
            settings.twinmind_api_key_secret, settings.twinmind_standby_keys_secret, settings.levers_parameter
        ),
        modes=runbook.modes.model_dump(),
    )


def story_of(desk: Desk, *, with_earlier: bool = False) -> Story:
    """Everything that the table has on the incident; `with_earlier` also reads the index of closed ones."""
    story = recorded(desk.table, bare_situation(desk))
    return replace(story, earlier=_earlier(desk)) if with_earlier else story


def recorded(table: Table, situation: Situation) -> Story:
    incident = situation.incident
    return Story(
        situation=situation,
        timeline=tuple(table.timeline(incident.id)),
        actions=tuple(sorted(table.actions(incident.id), key=lambda action: action.at)),
        findings=tuple(table.findings(incident.id, incident.evidence_round)) if incident.evidence_round else (),
    )


def _earlier(desk: Desk) -> tuple[Earlier, ...]:
    closed, _ = desk.table.listed("resolved", LOOKED_THROUGH, None)
    found = list(same_cause(desk.incident, closed))[:TOLD_OF]
    actions = {one.id: sorted(desk.table.actions(one.id), key=lambda action: action.at) for one in found}
    return tuple(Earlier(one, ended_by(one, actions[one.id])) for one in found)
