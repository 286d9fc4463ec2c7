"""In the local cloud's own process: each JSONata expression with the variables that it names and its answer, once."""

import json
import re
from pathlib import Path
from typing import Any

NAMED = re.compile(r"\$(\w+)")


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
        names = set(NAMED.findall(self.expression))
        variables = {name: value for name, value in (bindings or {}).items() if name in names}
        line = json.dumps({"expression": self.expression, "variables": variables, "answer": answer}, default=_null)
        key = json.dumps([self.expression, json.dumps(answer, default=_null)[:200], sorted(fields(variables))])
        if key not in seen:
            seen.add(key)
            with file.open("a", encoding="utf-8") as lines:
                lines.write(line + "\n")
        return answer

    jsonata.Jsonata.__init__, jsonata.Jsonata.evaluate = remember, recorded


def fields(value: Any, place: str = "") -> set[str]:
    """The place of every field, such as `.job.incident_id`."""
    if not isinstance(value, dict):
        return {place}
    return set().union({place}, *(fields(member, f"{place}.{name}") for name, member in value.items()))


def _null(_: object) -> None:
    """The engine has an object of its own for null."""
    return
