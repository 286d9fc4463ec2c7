"""`responder doctor`: every setting that can be wrong, with what to do."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from responder import __version__
from responder_cli.output import show
from responder_cli.target import TargetStack

SIGNS = {"ok": click.style("✓", "green"), "wrong": click.style("✗", "red"), "unknown": "–", "off": "–"}
CheckResult = dict[str, str]


@click.command()
@click.pass_obj
def doctor(target: TargetStack) -> None:
    """Look at every setting that can be wrong, from inside the stack.

    A dash: not checked, or not configured. An arrow says what to do. Exit code 1 if anything is wrong, 3 if it could
    not look.
    """
    checks = examined(target)
    show(target, {"checks": checks}, lines(checks))
    if any(one["outcome"] == "wrong" for one in checks):
        raise click.exceptions.Exit(1)


def examined(target: TargetStack) -> list[CheckResult]:
    """The checks of the stack's own function, and whether the stack has our version."""
    found = target.invoke("DoctorFunctionName", {})
    return [*found["checks"], _versions(str(found.get("version")))]


def _versions(deployed: str) -> CheckResult:
    if deployed == __version__:
        return {"name": "versions", "outcome": "ok", "text": f"the stack and this command are {deployed}", "todo": ""}
    text, todo = f"the stack runs {deployed}, this command is {__version__}", "deploy or install the same version"
    return {"name": "versions", "outcome": "wrong", "text": text, "todo": todo}


def lines(checks: list[CheckResult]) -> Iterator[str]:
    """The screen; its end names once more what is wrong, because people see the end first."""
    width = max(len(one["name"]) for one in checks)
    for one in checks:
        yield f"{SIGNS[one['outcome']]} {one['name']:<{width}}  {one['text']}"
        if one["todo"]:
            yield f"  {'':<{width}}  → {one['todo']}"
    counted: Any = Counter(one["outcome"] for one in checks)
    wrong = [one["name"] for one in checks if one["outcome"] == "wrong"]
    yield (
        f"\n{counted['ok']} right, {counted['wrong']} wrong, {counted['unknown']} that could not be checked, "
        f"{counted['off']} not configured"
    )
    if wrong:
        yield f"wrong: {', '.join(wrong)}"
