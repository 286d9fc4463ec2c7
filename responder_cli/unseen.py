"""A credential that somebody types: on no screen, in no argument and no history."""

import sys

import click

from responder.domain.redact import remember
from responder_cli.target import CannotError


def unseen(what: str, *, optional: bool = False) -> str:
    """From the terminal without echo, or one line of standard input. Raises CannotError for nothing."""
    if sys.stdin.isatty():
        prompt = f"{what} (not shown{', Enter keeps it as it is' if optional else ''})"
        value = click.prompt(prompt, hide_input=True, default="", show_default=False, err=True)
    else:
        value = sys.stdin.readline()
    value = str(value).strip()
    if not value and not optional:
        raise CannotError(f"no {what} was given")
    remember(value)
    return value
