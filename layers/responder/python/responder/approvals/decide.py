"""Records a person's decision, once and for exactly the plan that was shown. Then the workflow goes on at once."""

from dataclasses import dataclass

from responder.aws.incident_table import IncidentTable
from responder.aws.step_functions import wake
from responder.domain.human_task import (
    REASON_LIMIT,
    HumanTask,
    TaskDecision,
    TaskNotOpen,
    is_repeat,
    task_named,
    with_decision,
)
from responder.domain.incident import Incident
from responder.domain.redact import redact
from responder.domain.timeline_text import decision_entry
from responder.domain.update import shortened


@dataclass(frozen=True)
class RecordedDecision:
    """`again`: the same person has decided the same before."""

    task: HumanTask
    again: bool


def record_decision(table: IncidentTable, incident_id: str, answer: TaskDecision) -> RecordedDecision:
    """Stores the decision by a conditional write: of several at once, only one counts. Then writes the timeline and
    wakes the workflow. A repeat of the same answer does what an interrupted first try may have left out.

    Raises TaskNotOpen, with a clause for the person who tried, if it does not count.
    """
    again = False
    reason = redact(shortened(answer.reason, REASON_LIMIT)) if answer.reason else None
    answer = answer.model_copy(update={"by": redact(answer.by), "reason": reason})

    def decide(present: Incident | None) -> Incident:
        nonlocal again
        present = _require_open(present)
        again = is_repeat(present.human_tasks, answer)
        return (
            present if again else present.model_copy(update={"human_tasks": with_decision(present.human_tasks, answer)})
        )

    task = task_named(table.change(incident_id, decide).human_tasks, answer.name)
    if task is None:
        raise TaskNotOpen("it is not asked for any more")
    table.record(incident_id, decision_entry(task))
    wake(table, incident_id)
    return RecordedDecision(task, again)


def would_count(incident: Incident, answer: TaskDecision) -> bool:
    """Records nothing."""
    try:
        with_decision(_require_open(incident).human_tasks, answer)
    except TaskNotOpen:
        return False
    return True


def _require_open(incident: Incident | None) -> Incident:
    if incident is None:
        raise TaskNotOpen("there is no such incident")
    if incident.is_over_upstream or not incident.status.is_open:
        raise TaskNotOpen("the incident is over, and nothing is changed after that")
    if incident.stopped:
        raise TaskNotOpen("the automatic response to this incident was stopped, so nobody would act on it")
    return incident
