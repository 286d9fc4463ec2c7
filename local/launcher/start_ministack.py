"""Starts MiniStack, which fails on a task whose TimeoutSeconds is an expression; AWS evaluates it (ASL, "Task state").

Runs in MiniStack's own environment, so it imports nothing of ours, and nothing else lies in this folder.
"""

from typing import Any

from ministack.app import main
from ministack.services import stepfunctions

_without_expressions = stepfunctions._execute_task  # noqa: SLF001 - MiniStack has no other place for it


def execute_task(state: dict[str, Any], raw_input: Any, execution: Any, context: Any) -> Any:
    """The same with the expression's value as a literal; anything but a whole number above 0 is a bug, and raises."""
    seconds = state.get("TimeoutSeconds")
    if isinstance(seconds, str):
        text = seconds.removeprefix("{%").removesuffix("%}").strip()
        value = stepfunctions._evaluate_jsonata(text, raw_input, context)  # noqa: SLF001
        if type(value) is not int or value < 1:
            raise ValueError(f"TimeoutSeconds {seconds} is {value!r}")
        state = state | {"TimeoutSeconds": value}
    return _without_expressions(state, raw_input, execution, context)


stepfunctions._execute_task = execute_task  # noqa: SLF001
main()
