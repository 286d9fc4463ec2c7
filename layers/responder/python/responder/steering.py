"""What the workflow does next while an incident is watched. Pure: state and time in, one word out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import AwareDatetime

from responder import deadlines
from responder.incident import Incident
from responder.runbook import Runbook
from responder.words import Cause, IncidentStatus, Severity, Word


class Watch(Word):
    """What the machine carries from turn to turn, so that a poll that changes nothing writes nothing.

    `slot` names the round that is looked at next; two take turns, so that a long watch does not fill the table.
    """

    # A fresh execution of a very long incident takes over a watch; after a failure it starts the work anew.
    resumed: bool = False
    turn: int = 0
    rounds: int = 0
    slot: int = 0
    good_rounds: int = 0
    last_round: str | None = None
    looked_at: AwareDatetime | None = None
    good_since: AwareDatetime | None = None

    def next_turn(self) -> "Watch":
        return self.model_copy(update={"turn": self.turn + 1})

    def seen(self, round_name: str, is_good: bool, at: datetime) -> "Watch":
        return self.model_copy(
            update={
                "rounds": self.rounds + 1,
                "slot": (self.rounds + 1) % 2,
                "last_round": round_name,
                "looked_at": at,
                "good_rounds": self.good_rounds + 1 if is_good else 0,
                "good_since": (self.good_since or at) if is_good else None,
            }
        )


@dataclass(frozen=True)
class Step:
    """`next` is the one field that the machine branches on; the others go to the state that it names."""

    next: str
    kind: str | None = None
    level: int | None = None

    def dump(self) -> dict[str, Any]:
        # Absent names would be an evaluation error in the machine; null is not.
        return dict(vars(self))


def next_step(incident: Incident, watch: Watch, runbook: Runbook, now: datetime) -> Step:
    """The first rule that applies, in this order: over, promises to people, recovery, a look, rest."""
    for step in (
        _renew(watch, runbook),
        _over_upstream(incident, watch),
        _escalate(incident, runbook, now),
        _recovery(incident, watch, runbook, now),
        _update(incident, runbook, now),
        _look(incident, watch, runbook, now),
    ):
        if step is not None:
            return step
    return Step(deadlines.rung(_next_due(incident, watch, runbook, now) - now))


def _renew(watch: Watch, runbook: Runbook) -> Step | None:
    return Step("renew") if watch.turn >= runbook.watch.renew_after_turns else None


def _over_upstream(incident: Incident, watch: Watch) -> Step | None:
    """People resolved it: look once more, so that we can say whether the probes agree, and close."""
    if not incident.is_over_upstream or incident.upstream is None:
        return None
    looked_since = watch.looked_at is not None and watch.looked_at >= incident.upstream.at
    return Step("close") if looked_since else Step("look")


def _escalate(incident: Incident, runbook: Runbook, now: datetime) -> Step | None:
    """Runs until a person has acknowledged: a machine's acknowledgement is not a person's (design rule 3)."""
    if incident.acknowledged_at or not _is_urgent(incident):
        return None
    due = deadlines.level_now(runbook, _severity(incident), incident.started_at, now)
    return Step("publish", kind="escalation", level=due) if due > incident.escalated_level else None


def _recovery(incident: Incident, watch: Watch, runbook: Runbook, now: datetime) -> Step | None:
    if watch.good_rounds < runbook.watch.confirmations or watch.good_since is None:
        return None
    if incident.status is not IncidentStatus.MITIGATED and incident.cause is not Cause.NO_FAULT:
        return Step("publish", kind="mitigated")
    return Step("close") if now >= _closing_time(watch.good_since, runbook) else None


def _update(incident: Incident, runbook: Runbook, now: datetime) -> Step | None:
    if incident.told_at is None:
        return None
    due = deadlines.next_update(runbook, _severity(incident), incident.told_at)
    return Step("publish", kind="progress") if now >= due else None


def _look(incident: Incident, watch: Watch, runbook: Runbook, now: datetime) -> Step | None:
    return Step("look") if now >= _next_look(incident, watch, runbook, now) else None


def _next_look(incident: Incident, watch: Watch, runbook: Runbook, now: datetime) -> datetime:
    if watch.looked_at is None:
        return now
    # Recovery in sight is confirmed soon; otherwise the older the incident, the longer between looks.
    if 0 < watch.good_rounds < runbook.watch.confirmations:
        return watch.looked_at + timedelta(seconds=runbook.watch.second_look_seconds)
    return watch.looked_at + deadlines.poll_interval(runbook, now - incident.started_at)


def _next_due(incident: Incident, watch: Watch, runbook: Runbook, now: datetime) -> datetime:
    severity = _severity(incident)
    due = [_next_look(incident, watch, runbook, now)]
    if incident.told_at:
        due.append(deadlines.next_update(runbook, severity, incident.told_at))
    if not incident.acknowledged_at and _is_urgent(incident):
        level = deadlines.level_now(runbook, severity, incident.started_at, now)
        escalation = deadlines.next_escalation(runbook, severity, incident.started_at, level)
        due += [escalation] if escalation else []
    if watch.good_rounds >= runbook.watch.confirmations and watch.good_since:
        due.append(_closing_time(watch.good_since, runbook))
    return min(due)


def _closing_time(good_since: datetime, runbook: Runbook) -> datetime:
    return good_since + timedelta(seconds=runbook.watch.close_after_seconds)


def _severity(incident: Incident) -> Severity:
    # When in doubt the higher one for people.
    return incident.severity or Severity.P1


def _is_urgent(incident: Incident) -> bool:
    """Whether anybody has to be fetched: not for what has recovered, nor where nothing is wrong."""
    return incident.status is not IncidentStatus.MITIGATED and incident.cause is not Cause.NO_FAULT
