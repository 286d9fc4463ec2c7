"""The log of one run of a playbook: what each action has done so far, in timeline and table."""

from datetime import timedelta
from typing import Any

from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.incident import ActionRecord

# An action that stays `under_way` longer than this has failed. It is longer than any action's own limit.
LONGEST_LOOK = timedelta(minutes=5)


class RunLog:
    """A run belongs to one execution and one diagnosis. A new execution or a new diagnosis begins a new run."""

    def __init__(self, ctx: IncidentContext) -> None:
        self.ctx = ctx
        self._run = f"{ctx.execution_number}-{ctx.incident.evidence_run or 0}"

    @property
    def use(self) -> str:
        """The name of this run as one use of the budget. A repeated step does not count again."""
        return f"{self.ctx.incident.id}-{self._run}"

    def find(self, action: str) -> ActionRecord | None:
        return self.ctx.table.action(self.ctx.incident.id, self._key(action))

    def get(self, action: str) -> ActionRecord:
        found = self.find(action)
        if found is None:
            raise LookupError(f"{action} was not begun in run {self._run}")
        return found

    def record_plan(self, plan: Plan, mode: Mode) -> None:
        """Stores the plan before anything is done: people can read it, and a repeat goes on where this try ended."""
        key = f"{self._key(plan.action)}-{plan.hash}-plan"
        self.ctx.record(
            "action_planned", plan.with_undo, key=key, action=plan.action, plan_hash=plan.hash, changes=plan.changes
        )
        # If the execution ends here, this text stays.
        begun = f"Begun, and how it ended is not known: {plan.sentence}"
        self._store(plan, mode, "applying", {"text": begun})

    def record_outcome(
        self, plan: Plan, outcome: str, text: str, *, mode: Mode = Mode.AUTO, result: ActionResult | None = None
    ) -> None:
        """Writes the outcome and the changes to timeline and actions, once each."""
        key = f"{self._key(plan.action)}-{plan.hash}-{outcome}"
        more = result.data if result else {}
        data = {"action": plan.action, "outcome": outcome, "changes": plan.changes, **more}
        self.ctx.record("action_outcome", text, key=key, **data)
        self._store(plan, mode, outcome, {"text": text, **more})

    def record_request(self, plan: Plan) -> None:
        """Stores that people are asked. The timeline has the task already."""
        self._store(plan, Mode.APPROVE, "asked", {"text": f"Waits for approval: {plan.sentence}"})

    def record_nothing(self, action: str, nothing: NothingToDo) -> None:
        key, data = self._key(action), {"text": nothing.text}
        self.ctx.record(
            "action_outcome", nothing.text, key=f"{key}-{nothing.outcome}", action=action, outcome=nothing.outcome
        )
        self.ctx.keep_action(key, action, Mode.AUTO, nothing.text, nothing.outcome, data)

    def _store(self, plan: Plan, mode: Mode, outcome: str, data: dict[str, Any]) -> None:
        data = {**data, "plan": plan.dump(), "plan_hash": plan.hash}
        self.ctx.keep_action(self._key(plan.action), plan.action, mode, plan.sentence, outcome, data)

    def _key(self, action: str) -> str:
        return f"{action}-{self._run}"


def plan_of(action_record: ActionRecord) -> Plan:
    """Raises LookupError if the action never had a plan in this run."""
    return Plan.load(action_record.data["plan"])
