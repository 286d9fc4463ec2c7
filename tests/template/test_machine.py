"""The graph of the state machine file: what sam validate and cfn-lint do not see."""

import json
from typing import Any

import pytest

from responder.workflow.deadlines import RUNGS, WAIT_FOR_APPROVAL
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
    if isinstance(value, dict):
        return [text for member in value.values() for text in expressions(member)]
    if isinstance(value, list):
        return [text for member in value for text in expressions(member)]
    return [value] if isinstance(value, str) and value.startswith("{%") else []


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


@pytest.mark.parametrize("name", TASKS)
def test_every_task_has_a_literal_time_out_and_catches_everything(name: str) -> None:
    state = TASKS[name]
    assert isinstance(state["TimeoutSeconds"], int)
    assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]
    assert state["Catch"][-1]["Next"] == ("WorkflowFailed" if name == "ReportFailure" else "ReportFailure")


def test_one_identical_retry_block_and_none_on_callbacks() -> None:
    blocks = {json.dumps(state["Retry"], sort_keys=True) for name, state in TASKS.items() if name not in CALLBACKS}
    assert len(blocks) == 1
    assert all(error.startswith("Lambda.") for error in json.loads(blocks.pop())[0]["ErrorEquals"])
    assert [name for name in CALLBACKS if "Retry" in STATES[name]] == []


def test_the_ladder_is_the_one_that_python_chooses_from() -> None:
    rungs = {name: STATES[name]["TimeoutSeconds"] for name in CALLBACKS}
    ladder = {f"WaitForChange{name.removeprefix('wait_').capitalize()}": s for name, s in RUNGS.items()}
    assert rungs == ladder | {"WaitForApproval": WAIT_FOR_APPROVAL.total_seconds()}


def test_a_waiting_state_s_time_out_only_polls() -> None:
    poll = {"ErrorEquals": ["States.Timeout"], "Next": "CheckRecovery"}
    assert all(STATES[name]["Catch"][0] == poll for name in CALLBACKS)


def test_expressions_stay_trivial() -> None:
    """Two engines and AWS agree on field access, comparison and joining; not on much else."""
    texts = expressions(STATES)
    assert max(map(len, texts)) <= 80
    functions = {word for text in texts for word in ("$map", "$filter", "$eval", "$parse", "$merge") if word in text}
    assert functions == set()


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
    """renew_after_turns is at most 700; a turn waits at most 300 s and works at most 60 s more."""
    assert MACHINE["TimeoutSeconds"] > 700 * 360
