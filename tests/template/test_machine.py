"""The graph of the state machine file: what sam validate and cfn-lint do not see."""

import json
import re
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from responder.workflow.deadlines import LONGEST_WAIT, SHORTEST_IN_CLASSIFY
from tests.support.inprocess import FUNCTIONS, ROOT, machine_definition

MACHINE = machine_definition()
STATES: dict[str, dict[str, Any]] = MACHINE["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
CALLBACKS = {name for name, state in TASKS.items() if state["Resource"].endswith(".waitForTaskToken")}


def targets(state: dict[str, Any]) -> set[str]:
    found = {state[key] for key in ("Next", "Default") if key in state}
    found |= {choice["Next"] for choice in state.get("Choices", [])}
    return found | {catch["Next"] for catch in state.get("Catch", [])}


def expressions(value: Any) -> list[str]:
    return [text for _, text in placed_expressions(value)]


def placed_expressions(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """(place, expression), the place such as `/Catch/0/Assign/failure`."""
    if isinstance(value, dict | list):
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            yield from placed_expressions(member, f"{place}/{name}")
    elif isinstance(value, str) and "{%" in value:
        yield place, value


def test_every_target_exists() -> None:
    missing = {(name, target) for name, state in STATES.items() for target in targets(state) - STATES.keys()}
    assert missing == set()


def test_every_state_is_reachable() -> None:
    reached: set[str] = set()
    frontier = {MACHINE["StartAt"]}
    while frontier:
        reached |= frontier
        frontier = {target for name in frontier for target in targets(STATES[name])} - reached
    assert STATES.keys() - reached == set()


def test_every_state_can_come_to_an_end() -> None:
    ending = {name for name, state in STATES.items() if state["Type"] in ("Succeed", "Fail")}
    while more := {name for name, state in STATES.items() if name not in ending and targets(state) & ending}:
        ending |= more
    assert STATES.keys() - ending == set()


# What ends by no waiting: a configuration or a right that a person must change. Told at once, not after the retries.
NOT_TRANSIENT = {
    "CodeArtifactUserDeletedException", "CodeArtifactUserFailedException", "CodeArtifactUserPendingException",
    "DurableExecutionAlreadyStartedException", "EC2AccessDeniedException", "InvalidRuntimeException",
    "InvalidSecurityGroupIDException", "InvalidSubnetIDException", "InvalidZipFileException",
    "KMSAccessDeniedException", "KMSDisabledException", "KMSInvalidStateException", "KMSNotFoundException",
}  # fmt: skip
# Of the client that Step Functions calls Lambda with (developer guide, "Handle transient Lambda service exceptions").
OF_THE_CLIENT = {"AWSLambdaException", "SdkClientException", "ClientExecutionTimeoutException"}
# Creating a function's network interface in a VPC again, after weeks without a call (Lambda developer guide).
NETWORK_INTERFACE_SECONDS = 90


def transient_errors() -> set[str]:
    """Of Lambda's Invoke, by status: a time-out (408), a conflict (409, 410), throttling (429), a server's fault."""
    invoke = botocore.session.get_session().get_service_model("lambda").operation_model("Invoke")
    statuses = {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in invoke.error_shapes}
    return {name for name, status in statuses.items() if status in (408, 409, 410, 429) or status >= 500}


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_time_out_and_catches_everything(name: str) -> None:
    state = TASKS[name]
    assert isinstance(state["TimeoutSeconds"], int) or name in CALLBACKS
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert state["Catch"][-1]["Next"] == ("WorkflowFailed" if name == "ReportFailure" else "ReportFailure")


def test_every_task_retries_exactly_the_errors_of_invoking_that_pass() -> None:
    """Never a time-out, an error of our code, or what a function may have half done: those have other names."""
    blocks = {json.dumps(state["Retry"], sort_keys=True) for state in TASKS.values()}
    assert len(blocks) == 1
    (retrier,) = json.loads(blocks.pop())
    expected = {f"Lambda.{name}" for name in (transient_errors() | OF_THE_CLIENT) - NOT_TRANSIENT}
    assert set(retrier["ErrorEquals"]) == expected
    assert transient_errors() >= NOT_TRANSIENT


def test_the_retries_last_as_long_as_a_network_interface_takes() -> None:
    """Without jitter: with it, all of them together may take no time."""
    (retrier,) = TASKS["OpenIncident"]["Retry"]
    intervals = [retrier["IntervalSeconds"] * retrier["BackoffRate"] ** n for n in range(retrier["MaxAttempts"])]
    assert sum(min(one, retrier["MaxDelaySeconds"]) for one in intervals) >= NETWORK_INTERFACE_SECONDS
    assert retrier["JitterStrategy"] == "NONE"


def test_a_waiting_state_waits_as_long_as_python_said() -> None:
    named = {name: STATES[name]["TimeoutSeconds"] for name in CALLBACKS}
    waits = dict.fromkeys(("WaitForChange", "WaitForApproval", "WaitUntilDue"), "{% $step.seconds %}")
    assert named == waits | {"ClassifyIncident": "{% $run.seconds %}"}


def test_a_waiting_state_s_time_out_only_looks_or_decides() -> None:
    after = {name: STATES[name]["Catch"][0] for name in CALLBACKS}
    due = {name: "CheckRecovery" if name == "WaitUntilDue" else "RunDiagnostics" for name in CALLBACKS}
    assert after == {name: {"ErrorEquals": ["States.Timeout"], "Next": target} for name, target in due.items()}


def test_a_quiet_look_enters_two_states() -> None:
    """From the end of one wait to the end of the next, where nothing is new (`make cost` counts the hours)."""
    (look,) = {STATES[name]["Catch"][0]["Next"] for name in ("ClassifyIncident", "WaitForChange")}
    assert (look, STATES[look]["Next"]) == ("RunDiagnostics", "ClassifyIncident")


def test_a_look_without_an_answer_waits_as_briefly_as_any() -> None:
    blind = STATES["RunDiagnostics"]["Catch"][0]["Assign"]["run"]
    assert blind["seconds"] == SHORTEST_IN_CLASSIFY.total_seconds()


def test_expressions_stay_trivial() -> None:
    """Two engines and AWS agree on field access, comparison and joining; not on much else."""
    texts = expressions(STATES)
    assert max(map(len, texts)) <= 80
    functions = {word for text in texts for word in ("$map", "$filter", "$eval", "$parse", "$merge") if word in text}
    assert functions == set()


# Where AWS offers them. Elsewhere it refuses the definition; emulators take it.
# https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
OFFERED = {"$states.result": r"/(Assign|Output)\b", "$states.errorOutput": r"/Catch/\d+/(Assign|Output)\b"}


def test_results_and_errors_are_read_only_where_they_are() -> None:
    read = [
        (name, state["Type"], place, node)
        for name, state in STATES.items()
        for place, text in placed_expressions(state)
        for node in OFFERED
        if node in text
    ]
    assert len(read) > len(TASKS)
    assert [one for one in read if one[1] != "Task" or not re.match(OFFERED[one[3]], one[2])] == []


def test_an_expression_is_all_of_its_text() -> None:
    """AWS refuses blanks or other text before `{%` or after `%}`."""
    assert [text for text in expressions(STATES) if not re.fullmatch(r"{%[^%]+%}", text)] == []


def test_what_a_choice_compares_is_one_field() -> None:
    conditions = [choice["Condition"] for state in STATES.values() for choice in state.get("Choices", [])]
    assert [text for text in conditions if " and " in text or " or " in text] == []


def test_every_state_says_why_in_one_comment() -> None:
    assert [name for name, state in STATES.items() if not state.get("Comment")] == []


def test_every_function_of_a_state_has_a_folder() -> None:
    text = (ROOT / "statemachines" / "incident.asl.json").read_text(encoding="utf-8")
    used = {part.split("}")[0] for part in text.split("${")[1:]}
    folders = {"".join(word.capitalize() for word in name.split("_")) + "FunctionArn" for name in FUNCTIONS}
    assert used - folders == set()


def test_the_machine_s_time_out_holds_the_longest_watch() -> None:
    """renew_after_iterations is at most 700; a turn waits at most five minutes and works at most 60 s more."""
    assert MACHINE["TimeoutSeconds"] > 700 * (LONGEST_WAIT.total_seconds() + 60)
