"""Restarts a Lambda function by changing a variable in its environment, so that every later call starts afresh.

An execution environment keeps what it loaded at its start, and belongs to one configuration. Once LastUpdateStatus is
Successful, Lambda uses the new one only ("Lambda function states"; UpdateFunctionConfiguration in the API reference).
A published version cannot be changed, so a function with an alias that points at one is left to people.
"""

from responder.actions import ACTIONS
from responder.actions.restart.progress import ConsumerRestart, MayWrite, Restarter, RestartStep
from responder.aws import lambda_functions
from responder.config.consumers import FunctionConsumer
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import iso

# Its value is the time of the order, so a repeat sees that the order was given.
VARIABLE = "TWINMIND_RESTARTED_AT"


class FunctionRestart(Restarter):
    _config: FunctionConsumer

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:  # noqa: ARG002
        found = lambda_functions.configuration(self._config.function)
        if "Error" in (found.get("Environment") or {}):
            text = f"{self.label} is restarted by people: its environment cannot be decrypted."
            return NothingToDo("needs_people", text)
        if pinned := lambda_functions.pinned_aliases(self._config.function):
            text = (
                f"{self.label} is restarted by people: {', '.join(pinned)} is a published version, which keeps its "
                "environments. Publish a new version after the rotation, and move the alias to it."
            )
            return NothingToDo("needs_people", text)
        return Plan(
            action="restart",
            sentence=f"Restart {self.label} by a new value of {VARIABLE} in its environment, so that it loads the "
            "current key.",
            effect="Its next calls start cold; those that run end on the old configuration.",
            undo=ACTIONS["restart"].undo,
            changes={self.label: {"before": "the environments that run", "after": "fresh ones"}},
        )

    def go_on(self, ctx: IncidentContext, own: ConsumerRestart, may_write: MayWrite) -> RestartStep:  # noqa: ARG002
        found, stamp = lambda_functions.configuration(self._config.function), iso(own.at)
        if lambda_functions.variables(found).get(VARIABLE, "") < stamp:
            if found.get("LastUpdateStatus") == "InProgress":
                return RestartStep("waiting", f"{self.label} is being updated by somebody else at this moment.")
            if objection := may_write():
                return RestartStep("stopped", f"{self.label} is not restarted: {objection}.")
            found = lambda_functions.set_variable(found, VARIABLE, stamp)
        status = found.get("LastUpdateStatus", "Successful")
        if status == "Failed":
            why = found.get("LastUpdateStatusReason") or "Lambda does not say why"
            return RestartStep("failed", f"{self.label} could not be restarted: {why}.")
        if status == "InProgress":
            return RestartStep("under_way", f"{self.label} is restarting: its new configuration is being rolled out.")
        return RestartStep("restarted", f"{self.label} is restarted: its calls meet fresh environments.")
