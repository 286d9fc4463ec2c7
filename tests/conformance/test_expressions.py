"""Every expression of the state machine, as the reference implementation of JSONata evaluates it.

Step Functions implements JSONata 2.0.6, and fails an execution where an expression is undefined:
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.inprocess import machine_definition
from tests.support.skips import needs_node

NODE = Path(__file__).parent / "node"
OfKind = Callable[[str], list[dict[str, Any]]]


def expressions(value: Any) -> Iterator[str]:
    """The text between `{%` and `%}`, wherever the definition has one."""
    if isinstance(value, dict):
        for member in value.values():
            yield from expressions(member)
    elif isinstance(value, list):
        for member in value:
            yield from expressions(member)
    elif isinstance(value, str) and value.startswith("{%"):
        yield value.removeprefix("{%").removesuffix("%}").strip()


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
    return set(expressions(machine_definition()))


@pytest.fixture(scope="module")
def evaluations(of_kind: OfKind, defined: set[str]) -> list[dict[str, Any]]:
    return [one for one in of_kind("jsonata") if one["expression"] in defined]


@needs_node
def test_the_reference_answers_as_the_local_engine_did(
    evaluations: list[dict[str, Any]], defined: set[str], count: Callable[[str], None]
) -> None:
    answers = evaluated_by_the_reference([(one["expression"], one["variables"]) for one in evaluations])
    deviations = [
        (one, answer) for one, answer in zip(evaluations, answers, strict=True) if answer != {"value": one["answer"]}
    ]
    count(f"{len(defined)} JSONata expressions, {len(evaluations)} evaluations, {len(deviations)} deviations")
    assert deviations == []


def test_every_expression_was_evaluated(evaluations: list[dict[str, Any]], defined: set[str]) -> None:
    assert defined - {one["expression"] for one in evaluations} == set()


@needs_node
@pytest.mark.parametrize(
    ("expression", "answer"),
    [("$job.id", {"value": 7}), ("$job.none", {}), ("$job.id & ''", {"value": "7"})],
)
def test_what_the_reference_says_of_a_missing_field(expression: str, answer: dict[str, Any]) -> None:
    assert evaluated_by_the_reference([(expression, {"job": {"id": 7}})]) == [answer]
