"""Lets a rotation wait for a key that only people can make, or for the end of somebody else's rotation.

People are asked once, and reminded. Later tries that find the same ask nothing new. The first try that can go on
closes the request.
"""

from datetime import timedelta

from responder.actions.rotate_key.rotation import Rotation
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.human_task import STANDBY_KEY, Decision, HumanTask, task_named, with_task
from responder.domain.incident import Incident, WaitingFor
from responder.notifications.messages.stage_key import how_to_stage


def wait_for_key(rotation: Rotation) -> None:
    """Opens the human task `standby_key`. It has no plan and never expires: the rotation itself closes it."""
    ctx = rotation.ctx
    response = ctx.runbook.severities[ctx.incident.severity or Severity.P1].response_minutes
    task = HumanTask(
        name=STANDBY_KEY,
        action=rotation.action,
        sentence=f"A TwinMind key is needed: make one at {ctx.runbook.endpoints.dashboard_url} and stage it. No staged "
        "one is left that works and is not in use.",
        effect="The rotation then goes on by itself at the next check.",
        undo="take the key off the list again",
        command=how_to_stage(ctx.settings.stack_name, ctx.settings.twinmind_standby_keys_secret),
        requested_at=now(),
        remind_at=now() + timedelta(minutes=response),
    )

    def asking(incident: Incident) -> Incident:
        asked = task_named(incident.human_tasks, STANDBY_KEY)
        is_open = asked is not None and asked.decision is None
        human_tasks = incident.human_tasks if is_open else with_task(incident.human_tasks, task)
        return incident.model_copy(update={"waiting_for": "no_standby_key", "human_tasks": human_tasks})

    ctx.table.edit(ctx.incident.id, asking)


def wait_for_others(rotation: Rotation, what: WaitingFor) -> None:
    rotation.ctx.table.edit(
        rotation.ctx.incident.id, lambda incident: incident.model_copy(update={"waiting_for": what})
    )


def go_on(rotation: Rotation, decision: Decision = "fulfilled") -> None:
    """Ends the wait, and closes an open request for a key without a message."""

    def in_progress(incident: Incident) -> Incident:
        asked = task_named(incident.human_tasks, STANDBY_KEY)
        if asked is None or asked.decision is not None:
            return incident.model_copy(update={"waiting_for": None})
        done = {"decision": decision, "decided_at": now(), "decided_by": "the rotation", "acted_on": True}
        human_tasks = with_task(incident.human_tasks, asked.model_copy(update=done))
        return incident.model_copy(update={"waiting_for": None, "human_tasks": human_tasks})

    incident = rotation.ctx.incident
    if incident.waiting_for or any(task.name == STANDBY_KEY and task.decision is None for task in incident.human_tasks):
        rotation.ctx.table.edit(incident.id, in_progress)
