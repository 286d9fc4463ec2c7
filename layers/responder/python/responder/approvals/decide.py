"""Records what a person decided: once, on exactly the plan that was shown, and the workflow goes on at once."""

from dataclasses import dataclass

from responder.aws.incident_table import Table
from responder.aws.step_functions import wake
from responder.domain.human_task import REASON_LIMIT, Answer, Ask, NotOpen, answered, ask_named, is_repeat
from responder.domain.incident import Incident
from responder.domain.redact import redact
from responder.domain.timeline_text import decision_entry
from responder.domain.update import shortened


@dataclass(frozen=True)
class Recorded:
    """`again`: it was recorded before, by the same person; nothing new."""

    ask: Ask
    again: bool


@dataclass(frozen=True)
class Refused:
    """Nothing changed; `why` is a phrase for whoever tried."""

    why: str


def record(table: Table, incident_id: str, answer: Answer) -> Recorded | Refused:
    """By conditional write: of any answers at once, one stands. The record first, then the timeline, then the wake-up.

    A repeat of the same answer does what an interrupted first try may have left out.
    """
    again = False
    reason = redact(shortened(answer.reason, REASON_LIMIT)) if answer.reason else None
    answer = answer.model_copy(update={"by": redact(answer.by), "reason": reason})

    def decide(present: Incident | None) -> Incident:
        nonlocal again
        present = _going_on(present)
        again = is_repeat(present.asks, answer)
        return present if again else present.model_copy(update={"asks": answered(present.asks, answer)})

    try:
        incident = table.change(incident_id, decide)
    except NotOpen as refused:
        return Refused(str(refused))
    ask = ask_named(incident.asks, answer.name)
    if ask is None:
        return Refused("it is not asked for any more")
    table.tell(incident_id, decision_entry(ask))
    token = table.bump(incident_id)
    if token:
        wake(token)
    return Recorded(ask, again)


def refusal(incident: Incident, answer: Answer) -> Refused | None:
    """Why `answer` would not count now, without recording anything."""
    try:
        answered(_going_on(incident).asks, answer)
    except NotOpen as refused:
        return Refused(str(refused))
    return None


def _going_on(incident: Incident | None) -> Incident:
    if incident is None:
        raise NotOpen("there is no such incident")
    if incident.is_over_upstream or not incident.status.is_open:
        raise NotOpen("the incident is over, and nothing is changed after that")
    if incident.stopped:
        raise NotOpen("the automatic response to this incident was stopped, so nobody would act on it")
    return incident
