"""`python -m local.diagram`: draws the state machine and the layers into README.md and docs/architecture.md.

The sources of the drawings are the machine's definition and the import rules of pyproject.toml.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from local.paths import ROOT

DEFINITION = ROOT / "statemachines" / "incident.asl.json"
PACKAGE = ROOT / "layers" / "responder" / "python" / "responder"
PASSED_OVER = ("Choice", "Pass")  # become labels on the arrows: only work and waiting are drawn as states
# A choice with so many arrows is drawn as a state: otherwise they would be repeated for each way in.
CROSSING_WAYS_IN, CROSSING_ARROWS = 3, 12

# README's eight boxes with their states. A state that is in no other box belongs to "act".
ACT = "Act, within modes and budgets"
PHASES = {
    "OpenIncident": "Open the incident",
    "RunDiagnostics": "Run every probe",
    "WaitForRecheck": "Run every probe",
    "ClassifyIncident": "Find cause and severity",
    "AnnounceIncident": "Notify people",
    "AskForApproval": "Ask or hand to people",
    "HandOver": "Ask or hand to people",
    "CheckRecovery": "Watch, update, escalate",
    "PublishUpdate": "Watch, update, escalate",
    "WaitForApproval": "Watch, update, escalate",
    "WaitForChange": "Watch, update, escalate",
    "WaitUntilDue": "Watch, update, escalate",
    "ContinuedInNextExecution": "Watch, update, escalate",
    "CloseIncident": "Close, write the report",
    "WriteReport": "Close, write the report",
    "IncidentClosed": "Close, write the report",
}

States = dict[str, dict[str, Any]]


def diagram(definition: dict[str, Any]) -> str:
    """In mermaid, without errors: every task's catch leads to the same state. The time-out of a wait is no error."""
    arrows = {("[*]", definition["StartAt"]): [], **_arrows(definition)}
    arrows |= {(name, "[*]"): [] for name, state in definition["States"].items() if state["Type"] == "Succeed"}
    lines = [f"    {a} --> {b}{' : ' + ', '.join(labels) if labels else ''}" for (a, b), labels in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def overview(definition: dict[str, Any]) -> str:
    """The same machine in eight boxes; raises KeyError where PHASES names a state that is gone."""
    drawn = dict.fromkeys(name for arrow in _arrows(definition) for name in arrow)
    if gone := PHASES.keys() - drawn:
        raise KeyError(f"no state is called {', '.join(sorted(gone))}: mend PHASES in local/diagram.py")
    boxes = list(dict.fromkeys(PHASES.get(name, ACT) for name in drawn))
    phases = [(PHASES.get(a, ACT), PHASES.get(b, ACT)) for a, b in _arrows(definition)]
    arrows = dict.fromkeys((boxes.index(a), boxes.index(b)) for a, b in phases if a != b)
    lines = [
        "    webhook([PagerDuty, Opsgenie or JSM calls]) --> b0",
        *(f'    b{at}["{box}"]' for at, box in enumerate(boxes)),
    ]
    return "\n".join(["```mermaid", "flowchart TD", *lines, *(f"    b{a} --> b{b}" for a, b in arrows), "```"])


def layers(pyproject: dict[str, Any], package: Path) -> str:
    """The layers that import-linter holds, top down, as a drawing and as a table of what each is for."""
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    (found,) = (one["layers"] for one in contracts if one["type"] == "layers" and one["containers"] == ["responder"])
    rows = [[name.strip() for name in layer.split(":")] for layer in ("functions", *found)]
    lines = [f'    l{at}["{" · ".join(names)}"]' for at, names in enumerate(rows)]
    arrows = [f"    l{at} --> l{at + 1}" for at in range(len(rows) - 1)]
    table = [f"| `{name}` | {_purpose(package, name)} |" for names in rows[1:] for name in names]
    return "\n".join(
        ["```mermaid", "flowchart TD", *lines, *arrows, "```", "", "| Folder | What it is for |", "|---|---|", *table]
    )


def _purpose(package: Path, name: str) -> str:
    """The first line of a folder's or a module's docstring."""
    file = package / name / "__init__.py" if (package / name).is_dir() else package / f"{name}.py"
    said = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not said:
        raise ValueError(f"{file} says in no docstring what it is for")
    return said.splitlines()[0]


def _arrows(definition: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    """From a state to the next one that is drawn, with the labels of all ways between them."""
    states: States = definition["States"]
    arrows: dict[tuple[str, str], list[str]] = {}
    for name in _without_error(states, definition["StartAt"]):
        for label, target in _ways(states, name):
            labels = arrows.setdefault((name, target), [])
            labels += [label] if label and label not in labels else []
    return arrows


def _without_error(states: States, start: str) -> list[str]:
    """The states that are drawn, in the order of the definition."""
    reached: set[str] = set()
    frontier = {start}
    while frontier:
        reached |= frontier
        frontier = {target for name in frontier for _, target in _ways(states, name)} - reached
    return [name for name in states if name in reached]


def _ways(states: States, name: str, label: str = "") -> Iterator[tuple[str, str]]:
    """Where a state leads without an error, as (label, state); choices in between are passed over."""
    state = states[name]
    ways = [(_label(choice["Condition"]), choice["Next"]) for choice in state.get("Choices", [])]
    ways += [("otherwise", state["Default"])] if "Default" in state else []
    ways += [("", state["Next"])] if "Next" in state else []
    catches = [catch["Next"] for catch in state.get("Catch", []) if catch["ErrorEquals"] == ["States.Timeout"]]
    ways += [("time is over", target) for target in catches]
    for word, target in ways:
        said = word or label
        if states[target]["Type"] in PASSED_OVER and not _is_crossing(states, target):
            yield from _ways(states, target, said)
        else:
            yield said, target


def _is_crossing(states: States, name: str) -> bool:
    ways_in, ways_out = _ways_in(states, name), len(_next_of_choices(states[name])) + 1
    return ways_in >= CROSSING_WAYS_IN or (ways_in > 1 and ways_in * ways_out >= CROSSING_ARROWS)


def _ways_in(states: States, name: str) -> int:
    """How many states lead there without an error."""
    nexts = [[state.get("Next"), state.get("Default"), *_next_of_choices(state)] for state in states.values()]
    return sum(name in found for found in nexts)


def _next_of_choices(state: dict[str, Any]) -> list[str]:
    return [choice["Next"] for choice in state.get("Choices", [])]


def _label(condition: str) -> str:
    """`{% $found.next = 'look_again' %}` → `look again`; `{% $step.closed %}` → `closed`."""
    found = re.search(r"= '(\w+)'", condition) or re.search(r"\.(\w+) %}", condition)
    return found[1].replace("_", " ") if found else condition


def drawings() -> dict[tuple[str, str], str]:
    """Every drawing by its file and its mark there."""
    machine = json.loads(DEFINITION.read_text(encoding="utf-8"))
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {
        ("README.md", "overview"): overview(machine),
        ("docs/architecture.md", "layers"): layers(pyproject, PACKAGE),
        ("docs/architecture.md", "machine"): diagram(machine),
    }


def written_into(text: str, mark: str, drawing: str) -> str:
    """`text` with `drawing` between the markers of `mark`; raises ValueError where they are missing."""
    begin, end = f"<!-- {mark}: drawn by python -m local.diagram -->", f"<!-- end of {mark} -->"
    before, found, rest = text.partition(begin)
    _, ended, after = rest.partition(end)
    if not (found and ended):
        raise ValueError(f"the text lacks {begin} … {end}")
    return f"{before}{begin}\n{drawing}\n{end}{after}"


if __name__ == "__main__":
    for (name, mark), drawing in drawings().items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (ROOT / name).write_text(written_into(text, mark, drawing), encoding="utf-8")
