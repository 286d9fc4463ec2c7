"""What a command prints: lines for people, or one JSON document."""

import json
from collections.abc import Iterable
from typing import Any

import click

from responder_cli.target import TargetStack


def show(target: TargetStack, document: Any, lines: Iterable[str]) -> None:
    if target.as_json:
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            click.echo(line)
