"""docs/runbook-coverage.md names only what exists, and leaves no line of the runbook out."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from responder.actions import ACTIONS
from responder.config.runbook import PACKAGED
from responder.probes import PROBES

ROOT = Path(__file__).parents[2]
RESPONDER = PACKAGED.parents[1]
ROW = re.compile(r"\| S-(\d+) \| (.+?) \| (.+?) \| `(\S+)::(\w+)` \|")
NAMED = re.compile(r"\b(probe|state|action|function|setting|file) `([^`]+)`")


def rows() -> list[tuple[int, str, str, str]]:
    """Number, what covers it, the test's file and name."""
    text = (ROOT / "docs" / "runbook-coverage.md").read_text("utf-8")
    return [(int(found[1]), found[3], found[4], found[5]) for found in ROW.finditer(text)]


def states(machine: dict[str, Any]) -> Iterator[str]:
    for name, state in machine["States"].items():
        yield name
        for inner in (*state.get("Branches", ()), *filter(None, [state.get("ItemProcessor")])):
            yield from states(inner)


@cache
def known(kind: str) -> frozenset[str]:
    if kind == "state":
        machine = json.loads((ROOT / "statemachines" / "incident.asl.json").read_text("utf-8"))
        return frozenset(states(machine))
    if kind == "function":
        return frozenset(path.parent.name for path in (ROOT / "functions").glob("*/app.py"))
    return frozenset({"probe": PROBES, "action": ACTIONS}[kind])


@cache
def functions_of(file: str) -> frozenset[str]:
    path = ROOT / "tests" / file
    if not path.exists():
        return frozenset()
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def exists(kind: str, name: str) -> bool:
    if kind == "file":
        return (RESPONDER / name).is_file()
    if kind == "setting":
        found: Any = yaml.safe_load(PACKAGED.read_text("utf-8"))
        for part in name.split("."):
            key = int(part) if part.isdecimal() else part
            if not isinstance(found, dict) or key not in found:
                return False
            found = found[key]
        return True
    return name in known(kind)


def test_every_line_of_the_runbook_is_there_once_in_its_order() -> None:
    assert [number for number, *_ in rows()] == list(range(1, 131))


@pytest.mark.parametrize(("number", "covered", "file", "test"), rows(), ids=lambda value: str(value)[:30])
def test_what_a_line_names_exists(number: int, covered: str, file: str, test: str) -> None:
    named = NAMED.findall(covered)
    assert named or covered.startswith("People"), f"S-{number} names nothing"
    assert [f"{kind} {name}" for kind, name in named if not exists(kind, name)] == []
    assert test in functions_of(file), f"tests/{file} has no {test}"


def test_what_does_not_exist_is_found() -> None:
    assert not exists("probe", "twinmind_weather")
    assert not exists("state", "WaitForGodot")
    assert not exists("setting", "severities.P5")
    assert not exists("file", "actions/pray.py")
    assert exists("setting", "severities.P1")
