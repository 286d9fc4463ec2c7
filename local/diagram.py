"""`python -m local.diagram`: draws the state machine into README.md, from the definition itself."""

import json
import re
from collections.abc import Iterator
from typing import Any

from local.places import ROOT

README = ROOT / "README.md"
DEFINITION = ROOT / "statemachines" / "incident.asl.json"
BEGIN, END = "<!-- the machine: python -m local.diagram -->", "<!-- end of the machine -->"
PASSED_OVER = ("Choice", "Pass")  # become labels on the arrows: what is drawn is work or waiting
# From so many ways in on, a choice is drawn by itself: its arrows would be repeated for each of them.
CROSSING = 3

States = dict[str, dict[str, Any]]


def diagram(definition: dict[str, Any]) -> str:
    """In mermaid, without errors: every task's catch leads to the same state."""
    states: States = definition["States"]
    arrows: dict[tuple[str, str], list[str]] = {("[*]", definition["StartAt"]): []}
    for name in _without_error(states, definition["StartAt"]):
        for label, target in _ways(states, name):
            labels = arrows.setdefault((_drawn(name), _drawn(target)), [])
            labels += [label] if label and label not in labels and target == _drawn(target) else []
        if states[name]["Type"] == "Succeed":
            arrows[name, "[*]"] = []
    lines = [f"    {a} --> {b}{' : ' + ', '.join(labels) if labels else ''}" for (a, b), labels in arrows.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


def _without_error(states: States, start: str) -> list[str]:
    """What can be drawn, in the order of the definition."""
    reached: set[str] = set()
    frontier = {start}
    while frontier:
        reached |= frontier
        frontier = {target for name in frontier for _, target in _ways(states, name)} - reached
    return [name for name in states if name in reached]


def _drawn(name: str) -> str:
    """The rungs of the waiting ladder differ only in their time-outs."""
    return "WaitForChange" if name.startswith("WaitForChange") else name


def _ways(states: States, name: str, label: str = "") -> Iterator[tuple[str, str]]:
    """Where a state leads without an error, as (label, state), through what is passed over."""
    state = states[name]
    ways = [(_label(choice["Condition"]), choice["Next"]) for choice in state.get("Choices", [])]
    ways += [("otherwise", state["Default"])] if "Default" in state else []
    ways += [("", state["Next"])] if "Next" in state else []
    for word, target in ways:
        said = word or label
        if states[target]["Type"] in PASSED_OVER and _ways_in(states, target) < CROSSING:
            yield from _ways(states, target, said)
        else:
            yield said, target


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


def written_into(text: str, drawing: str) -> str:
    """`text` with `drawing` between the markers; raises ValueError where they are missing."""
    before, found, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise ValueError(f"the text lacks {BEGIN} … {END}")
    return f"{before}{BEGIN}\n{drawing}\n{END}{after}"


if __name__ == "__main__":
    text = written_into(README.read_text(encoding="utf-8"), diagram(json.loads(DEFINITION.read_text(encoding="utf-8"))))
    README.write_text(text, encoding="utf-8")
