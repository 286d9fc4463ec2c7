"""Every expression of the state machine, as the reference implementation of JSONata evaluates it.

Step Functions implements JSONata 2.0.6, and fails an execution where an expression is undefined:
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import record_drills
from local.drill.scenarios import SCENARIOS
from tests.support.skips import needs_node

NODE = Path(__file__).parent / "node"
OfKind = Callable[[str], list[dict[str, Any]]]
# No drill breaks a function, or resolves an alert before it arrives; tests/workflow does.
NOT_IN_A_DRILL = {
    "$failure",
    "$failure.Error & ': ' & $substring($failure.Cause, 0, 500)",
    "$job",
    "$job.event_seq",
    "$states.errorOutput",
    "'unavailable:' & $states.errorOutput.Error",
}


def evaluated_by_the_reference(asked: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    node = shutil.which("node")
    assert node is not None
    ran = subprocess.run(
        [node, "jsonata.js"], check=False, cwd=NODE, input=json.dumps(asked), capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    answers: list[dict[str, Any]] = json.loads(ran.stdout)
    return answers


@pytest.fixture(scope="module")
def defined() -> set[str]:
    return record_drills.defined()


@pytest.fixture(scope="module")
def evaluations(of_kind: OfKind, defined: set[str]) -> list[dict[str, Any]]:
    return [one for one in of_kind("jsonata") if one["expression"] in defined]


@pytest.fixture(scope="module")
def drilled() -> list[dict[str, Any]]:
    """What every drill put into the expressions on the local cloud (`make record-drills`)."""
    return record_drills.read(record_drills.FILE)


@needs_node
def test_the_reference_answers_as_the_local_engine_did(
    evaluations: list[dict[str, Any]],
    drilled: list[dict[str, Any]],
    defined: set[str],
    count: Callable[[str], None],
) -> None:
    for what, found in (("in this run", evaluations), (f"in {len(SCENARIOS)} drills", drilled)):
        answers = evaluated_by_the_reference([(one["expression"], one["variables"]) for one in found])
        both = zip(found, answers, strict=True)
        deviations = [(one, answer) for one, answer in both if answer != {"value": one["answer"]}]
        seen = f"{len(defined & {one['expression'] for one in found})} of {len(defined)} JSONata expressions"
        count(f"{seen} {what}, {len(found)} evaluations, {len(deviations)} deviations")
        assert deviations == []


def test_every_expression_was_evaluated(evaluations: list[dict[str, Any]], defined: set[str]) -> None:
    assert defined - {one["expression"] for one in evaluations} == set()


def test_every_drill_was_recorded_on_this_definition(drilled: list[dict[str, Any]], defined: set[str]) -> None:
    """Where this fails: `make record-drills`, after a change of the definition without the old file."""
    assert {drill for one in drilled for drill in one["drills"]} == set(SCENARIOS)
    assert {one["expression"] for one in drilled} - defined == set()
    assert defined - {one["expression"] for one in drilled} == NOT_IN_A_DRILL


def test_a_wait_is_a_whole_number_of_seconds(evaluations: list[dict[str, Any]], drilled: list[dict[str, Any]]) -> None:
    """AWS fails a state whose time-out is a fraction, zero or a text; an emulator may round it."""
    waits = [
        one["answer"] for one in (*evaluations, *drilled) if one["expression"] in ("$run.seconds", "$step.seconds")
    ]
    assert len(waits) > 3
    assert [wait for wait in waits if type(wait) is not int or not 1 <= wait <= 99_999_999] == []


@needs_node
@pytest.mark.parametrize(
    ("expression", "answer"),
    [("$job.id", {"value": 7}), ("$job.none", {}), ("$job.id & ''", {"value": "7"})],
)
def test_what_the_reference_says_of_a_missing_field(expression: str, answer: dict[str, Any]) -> None:
    assert evaluated_by_the_reference([(expression, {"job": {"id": 7}})]) == [answer]
