"""`responder doctor`: every setting that can be wrong, with what to do."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import click

from responder import __version__
from responder_cli.output import show
from responder_cli.target import Target

SIGNS = {"ok": "✓", "wrong": "✗", "unknown": "–", "off": "–"}
Check = dict[str, str]


@click.command()
@click.option("--all", "everything", is_flag=True, help="What is right and what is not configured, too.")
@click.pass_obj
def doctor(target: Target, everything: bool) -> None:
    """Look at every setting that can be wrong, from inside the stack.

    Exit code 1 if anything is wrong. A dash: nobody can tell, or it is not configured.
    """
    found = target.invoke("DoctorFunctionName", {})
    checks: list[Check] = [*found["checks"], _versions(str(found.get("version")))]
    show(target, found | {"checks": checks}, _lines(checks, everything=everything or not target.as_json))
    if any(one["outcome"] == "wrong" for one in checks):
        raise click.exceptions.Exit(1)


def _versions(deployed: str) -> Check:
    if deployed == __version__:
        return {"name": "versions", "outcome": "ok", "text": f"the stack and this command are {deployed}", "todo": ""}
    text = f"the stack runs {deployed}, this command is {__version__}"
    return {"name": "versions", "outcome": "wrong", "text": text, "todo": "deploy anew, or install the command anew"}


def _lines(checks: list[Check], *, everything: bool) -> Iterator[str]:
    width = max(len(one["name"]) for one in checks)
    for one in checks:
        if everything or one["outcome"] in ("wrong", "unknown"):
            yield f"{SIGNS[one['outcome']]} {one['name']:<{width}}  {one['text']}"
            if one["todo"]:
                yield f"  {'':<{width}}  → {one['todo']}"
    counted: Any = Counter(one["outcome"] for one in checks)
    yield (
        f"\n{counted['ok']} right, {counted['wrong']} wrong, {counted['unknown']} that nobody can tell, "
        f"{counted['off']} not configured"
    )
