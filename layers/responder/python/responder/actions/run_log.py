"""What one run of a playbook has done so far, action by action, as timeline and table keep it."""

from datetime import datetime, timedelta
from typing import Any

from responder.context import IncidentContext
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.clock import now
from responder.domain.incident import ActionRecord
from responder.domain.mode import Mode

# Longer than any action's own limit: a Doable that stays `under_way` for ever ends here.
LONGEST_LOOK = timedelta(minutes=5)


class RunLog:
    """A run is one execution's answer to one diagnosis: a fresh execution, or a symptom that returns, begins anew."""

    def __init__(self, ctx: IncidentContext) -> None:
        self.ctx = ctx
        self._run = f"{ctx.execution_number}-{ctx.incident.evidence_run or 0}"

    @property
    def use(self) -> str:
        """What the budget counts as one use, however often a step is repeated."""
        return f"{self.ctx.incident.id}-{self._run}"

    def action_record(self, action: str) -> ActionRecord | None:
        return self.ctx.table.action(self.ctx.incident.id, self._key(action))

    def outcome(self, action: str) -> str | None:
        action_record = self.action_record(action)
        return action_record.outcome if action_record else None

    def plan(self, action: str) -> Plan:
        """The plan that was begun. Raises LookupError where none was."""
        action_record = self.action_record(action)
        if action_record is None or "plan" not in action_record.data:
            raise LookupError(f"no plan of {action} was begun in run {self._run}")
        return Plan.load(action_record.data["plan"])

    def mode(self, action: str) -> Mode:
        action_record = self.action_record(action)
        return Mode(action_record.mode) if action_record else Mode.AUTO

    def probed_until(self, action: str) -> datetime:
        action_record = self.action_record(action)
        return (action_record.at if action_record else now()) + LONGEST_LOOK

    def planned(self, plan: Plan, mode: Mode) -> None:
        """In the timeline before anything is done; the record lets a repeat go on where this try was cut off."""
        key = f"{self._key(plan.action)}-{plan.hash}-plan"
        self.ctx.record(
            "action_planned", plan.with_undo, key=key, action=plan.action, plan_hash=plan.hash, changes=plan.changes
        )
        # What is shown of it for good, should the execution end here.
        begun = f"Begun, and how it ended is not known: {plan.sentence}"
        self._store(plan.action, plan, mode, "applying", {"text": begun})

    def keep(
        self, plan: Plan, outcome: str, text: str, *, mode: Mode = Mode.AUTO, done: ActionResult | None = None
    ) -> None:
        """The outcome in timeline and actions, once each, with what changed."""
        key = f"{self._key(plan.action)}-{plan.hash}-{outcome}"
        more = done.data if done else {}
        data = {"action": plan.action, "outcome": outcome, "changes": plan.changes, **more}
        self.ctx.record("action_outcome", text, key=key, **data)
        self._store(plan.action, plan, mode, outcome, {"text": text, **more})

    def asked(self, plan: Plan) -> None:
        """The ask itself is in the timeline already."""
        self._store(plan.action, plan, Mode.APPROVE, "asked", {"text": f"Waits for approval: {plan.sentence}"})

    def nothing(self, action: str, nothing: NothingToDo) -> None:
        key = f"{self._key(action)}-{nothing.outcome}"
        self.ctx.record("action_outcome", nothing.text, key=key, action=action, outcome=nothing.outcome)
        data = {"text": nothing.text}
        self.ctx.keep_action(self._key(action), action, Mode.AUTO, nothing.text, nothing.outcome, data)

    def _store(self, action: str, plan: Plan, mode: Mode, outcome: str, data: dict[str, Any]) -> None:
        data = {**data, "plan": plan.dump(), "plan_hash": plan.hash}
        self.ctx.keep_action(self._key(action), action, mode, plan.sentence, outcome, data)

    def _key(self, action: str) -> str:
        return f"{action}-{self._run}"
