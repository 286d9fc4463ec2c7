"""A credential that somebody types: on no screen, in no argument and no history."""

import sys

import click

from responder.domain.redact import remember
from responder.domain.secret_shape import unsendable
from responder_cli.target import CannotError


def unseen(what: str, *, optional: bool = False) -> str:
    """From the terminal without echo, or one line of standard input. Raises CannotError for nothing.

    Asks again if an HTTP header cannot carry it: the vendor would refuse it, and nobody would see why.
    """
    while True:
        value = _read(what, optional=optional)
        if not value and not optional:
            raise CannotError(f"no {what} was given")
        remember(value)
        odd = unsendable(value)
        if odd is None:
            return value
        click.echo(f"  refused: {what} holds {odd}", err=True)


def _read(what: str, *, optional: bool) -> str:
    if not sys.stdin.isatty():
        return clean(sys.stdin.readline())
    prompt = f"{what} (not shown{', Enter keeps it as it is' if optional else ''})"
    return clean(str(click.prompt(prompt, hide_input=True, default="", show_default=False, err=True)))


def clean(text: str) -> str:
    """The text without what copying or piping can add around it: blanks, a byte order mark, a zero-width space."""
    return text.strip().strip("\ufeff\u200b").strip()
