"""In the local cloud's own process: records once each JSONata expression, the fields that it uses, and its answer.

If the file is deleted, recording starts again (local/record_drills.py).
"""

import json
import re
from pathlib import Path
from typing import Any

# The expressions of the definition name variables, or fields of them: tests/template/test_machine.py.
NAMED = re.compile(r"\$(\w+(?:\.\w+)*)")


def listen(file: Path) -> None:
    """One JSON line for each expression, set of field names and answer. `jsonata` is the local cloud's engine."""
    import jsonata  # noqa: PLC0415 - only this process has it

    make, evaluate = jsonata.Jsonata.__init__, jsonata.Jsonata.evaluate
    seen: set[str] = set()

    def remember(self: Any, expression: str, *rest: Any, **named: Any) -> None:
        self.expression = expression
        make(self, expression, *rest, **named)

    def recorded(self: Any, document: Any, bindings: Any = None) -> Any:
        answer = evaluate(self, document, bindings)
        variables = named_by(self.expression, bindings or {})
        line = json.dumps({"expression": self.expression, "variables": variables, "answer": answer}, default=_null)
        key = json.dumps([self.expression, json.dumps(answer, default=_null)[:200], sorted(fields(variables))])
        if not file.exists():
            seen.clear()
        if key not in seen:
            seen.add(key)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(line + "\n")
        return answer

    jsonata.Jsonata.__init__, jsonata.Jsonata.evaluate = remember, recorded


def named_by(expression: str, variables: dict[str, Any]) -> dict[str, Any]:
    """The fields that the expression names, such as `$job.incident_id`: no other field can change its answer."""
    found: dict[str, Any] = {}
    for path in NAMED.findall(expression):
        _take(variables, found, path.split("."))
    return found


def _take(source: dict[str, Any], into: dict[str, Any], path: list[str]) -> None:
    name, *rest = path
    if name not in source:
        return
    if rest and isinstance(source[name], dict):
        _take(source[name], into.setdefault(name, {}), rest)
    else:
        into[name] = source[name]


def fields(value: Any, place: str = "") -> set[str]:
    """The place of every field, such as `.job.incident_id`."""
    if not isinstance(value, dict):
        return {place}
    return set().union({place}, *(fields(member, f"{place}.{name}") for name, member in value.items()))


def _null(_: object) -> None:
    """The engine has an object of its own for null."""
    return
