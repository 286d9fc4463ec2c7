"""The real state machine from a playbook's branch back to the watch, handler after handler, without waiting."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import jsonata

from tests.support.faulty_calls import Killed, LambdaLost
from tests.support.inprocess import MACHINE_ARN, Cloud, machine_definition

Json = dict[str, Any]
MOST_STATES = 120
WATCH = "CheckRecovery"
FAILED = "WorkflowFailed"
# As the Retry of each state has it, for what Lambda itself answers.
TRIES = 3


@cache
def states() -> Json:
    found: Json = machine_definition()["States"]
    return found


@cache
def _parsed(text: str) -> Any:
    return jsonata.Jsonata(text)


class Walk:
    """`path`: the states that were entered. `wait` is called for each Wait state with its seconds."""

    def __init__(self, cloud: Cloud, job: Json, wait: Callable[[float], None]) -> None:
        self._cloud, self._wait = cloud, wait
        self._variables: Json = {"job": job, "monitoring": {"iteration": 0, "acted": []}}
        self.path: list[str] = []
        self._token = ""

    def from_branch(self, branch: str, *, to: tuple[str, ...] = (WATCH, FAILED, "RunDiagnostics")) -> str:
        """The state in which it comes back to the watch, or fails."""
        self._variables["playbook"] = {"branch": branch}
        return self._go("ChoosePlaybook", to)

    def _go(self, name: str, to: tuple[str, ...]) -> str:
        while name not in to:
            self.path.append(name)
            assert len(self.path) < MOST_STATES, self.path
            name = self._enter(name, states()[name])
        return name

    def _enter(self, name: str, state: Json) -> str:
        if state["Type"] == "Choice":
            rules = state["Choices"]
            return str(next((one["Next"] for one in rules if self._of(one["Condition"])), state.get("Default")))
        if state["Type"] == "Wait":
            self._wait(float(self._of(state["Seconds"])))
            return str(state["Next"])
        assert state["Type"] == "Task", f"{name} is a {state['Type']}"
        return self._task(state)

    def _task(self, state: Json) -> str:
        function = state["Arguments"]["FunctionName"].rsplit(":", 1)[-1].split(".")[0]
        try:
            result = self._tried(function, self._of(state["Arguments"]["Payload"]))
        except (Exception, Killed) as error:  # noqa: BLE001 - Step Functions catches any
            said = {"Error": type(error).__name__, "Cause": str(error)}
            (caught,) = [one for one in state["Catch"] if "States.ALL" in one["ErrorEquals"]]
            self._assign(caught.get("Assign", {}), {"errorOutput": said})
            return str(caught["Next"])
        self._assign(state.get("Assign", {}), {"result": {"Payload": result}})
        return str(state["Next"])

    def _tried(self, function: str, payload: Any) -> Any:
        for _ in range(TRIES - 1):
            try:
                return self._cloud.invoke(function, payload)
            except LambdaLost:
                continue
        return self._cloud.invoke(function, payload)

    def _assign(self, names: Json, of_state: Json) -> None:
        self._variables |= {name: self._of(value, of_state) for name, value in names.items()}

    def _of(self, value: Any, of_state: Json | None = None) -> Any:
        if isinstance(value, dict):
            return {name: self._of(one, of_state) for name, one in value.items()}
        if not (isinstance(value, str) and value.startswith("{%")):
            return value
        job = self._variables["job"]
        name = f"{job['incident_id']}-{job['execution_number']}"
        arn = MACHINE_ARN.replace(":stateMachine:", ":execution:") + f":{name}"
        given = {
            "incident_id": self._variables["job"]["incident_id"],
            "execution_number": self._variables["job"]["execution_number"],
        }
        context = {"Execution": {"Id": arn, "Name": name, "Input": given}, "Task": {"Token": self._token}}
        found = _parsed(value[2:-2].strip()).evaluate(
            None, {**self._variables, "states": {"context": context, "input": given, **(of_state or {})}}
        )
        return json.loads(json.dumps(found))
