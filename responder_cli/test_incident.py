"""`responder test-incident`: one incident from alert to report, marked TEST; shows which message arrived, and when."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from responder_cli.output import show
from responder_cli.target import TargetStack

Json = dict[str, Any]
POLL_SECONDS = 2.0
SIGNS = {"sent": "✓", "failed": "✗", "skipped": "–"}


@click.command("test-incident")
@click.option("--severity", type=click.Choice(["P1", "P2", "P3", "P4"]), default="P3", show_default=True)
@click.option("--seconds", type=click.IntRange(10), default=300, show_default=True, help="How long it is followed.")
@click.pass_obj
def test_incident(target: TargetStack, severity: str, seconds: int) -> None:
    """Send one incident the whole way, with the real probes, and say what reached whom after how long.

    Every message is marked TEST. No action acts, whatever its mode. Nothing is public, no pager is called, and no
    statistics count it. It ends by itself once the checks are good. Exit code 1 if a channel failed, or nobody was
    reached.
    """
    name = f"manual-test-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    given = {"title": "responder test-incident", "severity": severity, "test": True}
    machine = target.output("StateMachineArn")
    target.aws("stepfunctions").start_execution(stateMachineArn=machine, name=name, input=json.dumps(given))
    click.echo(f"{name} is started; its messages begin with TEST", err=True)
    found = _followed(target, name, seconds)
    messages = [entry for entry in found.get("timeline", []) if entry["kind"] == "message"]
    show(target, {"incident": found, "messages": messages}, _lines(found, messages))
    reached = [one for one in messages if one["data"]["outcome"] == "sent" and one["data"]["audience"] == "responders"]
    if not reached or any(one["data"]["outcome"] == "failed" for one in messages):
        raise click.exceptions.Exit(1)


def _followed(target: TargetStack, incident_id: str, seconds: int) -> Json:
    """The incident when its report is written, or when the time is over."""
    found: Json = {}
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = target.get(f"/incidents/{incident_id}") or found
        if found.get("report"):
            break
        time.sleep(POLL_SECONDS)
    return found


def _lines(found: Json, messages: list[Json]) -> Iterator[str]:
    if not found:
        yield "the incident has not opened yet: look at its execution in the Step Functions console"
        return
    began = datetime.fromisoformat(found["started_at"])
    yield f"diagnosis: {found.get('cause') or 'none yet'} ({found.get('severity') or 'not classified'})"
    yield from (f"  because {reason}" for reason in found["reasons"])
    for one in messages:
        after = (datetime.fromisoformat(one["at"]) - began).total_seconds()
        yield f"{SIGNS[one['data']['outcome']]} + {after:5.1f} s  {one['data']['update']:<12} {one['text']}"
    yield from (f"  {one['name']} ({one['mode']}): {one['outcome']}" for one in found["actions"])
    if not found.get("report"):
        yield f"it is still open: checks see something wrong, or need longer. responder incidents show {found['id']}"
