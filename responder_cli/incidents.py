"""`responder incidents`: list, show, page, approve, decline; stop and resume for every action."""

import getpass
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import click

from responder.domain.incident import IncidentStatus
from responder_cli.commands import CommandGroup
from responder_cli.output import show
from responder_cli.target import CannotError, TargetStack

Json = dict[str, Any]


@click.group(cls=CommandGroup)
def incidents() -> None:
    """Read incidents, answer what they ask, and stop or resume every action."""


def one_incident(target: TargetStack, incident_id: str) -> Json:
    found = target.get(f"/incidents/{quote(incident_id, safe='')}")
    if found is None:
        raise CannotError(f"there is no incident {incident_id}; `responder incidents list` names them")
    return found


def all_incidents(target: TargetStack, status: str) -> list[Json]:
    found: list[Json] = []
    more = ""
    while True:
        page = target.get(f"/incidents?limit=200&status={quote(status, safe='')}{more}") or {}
        found += page.get("incidents", [])
        if not page.get("next"):
            return found
        more = f"&next={quote(page['next'], safe='')}"


@incidents.command("list")
@click.option("--status", type=click.Choice([one.value for one in IncidentStatus]), default="open", show_default=True)
@click.pass_obj
def list_incidents(target: TargetStack, status: str) -> None:
    """The incidents with this status; open means all that are not resolved."""
    found = all_incidents(target, status)
    show(target, {"incidents": found}, [_line(one) for one in found] or [f"none is {status}"])


def _line(one: Json) -> str:
    severity, cause = one.get("severity") or "--", one.get("cause") or "not diagnosed"
    return f"{one['id']:<24} {severity} {one['status']:<11} {cause:<20} {one['started_at']}  {one['title']}"


@incidents.command("show")
@click.argument("incident_id")
@click.pass_obj
def show_incident(target: TargetStack, incident_id: str) -> None:
    """Diagnosis, actions, open questions and timeline of one incident."""
    found = one_incident(target, incident_id)
    show(target, found, _story(found))


def _story(found: Json) -> Iterator[str]:
    yield _line(found)
    yield from (f"  because {reason}" for reason in found["reasons"])
    if found.get("impact"):
        yield f"  impact: {found['impact']}"
    yield from (f"  {one['name']} ({one['mode']}): {one['outcome']}. {one['plan']}" for one in found["actions"])
    yield from (f"  asked: {one['sentence']}" for one in found["human_tasks"] if not one.get("decision"))
    yield from (f"  {one['at']} {one['kind']} ({one['actor']}): {one['text']}" for one in found["timeline"])


@incidents.command()
@click.argument("incident_id")
@click.option("--open", "opens", is_flag=True, help="Open it in a browser.")
@click.pass_obj
def page(target: TargetStack, incident_id: str, opens: bool) -> None:
    """The link to the incident's page. Whoever has it can read the page."""
    link = one_incident(target, incident_id).get("page")
    if not link:
        raise CannotError("it has no page yet, or the signing secret has no value: docs/tasks/incident-page.md")
    show(target, {"page": link}, [link])
    if opens:
        click.launch(link)


def _decide(
    target: TargetStack, incident_id: str, task: str | None, decision: str, by: str, reason: str | None
) -> None:
    """The answer is for exactly the plan that is shown: it carries the plan's hash."""
    asked = target.invoke("DecideFunctionName", {"incident_id": incident_id})
    if asked.get("outcome") == "refused":
        raise CannotError(asked["text"])
    tasks = [one for one in asked.get("human_tasks", []) if task in (None, one["task"])]
    if len(tasks) != 1:
        names = ", ".join(one["task"] for one in asked.get("human_tasks", []))
        raise CannotError(f"name one of: {names}" if names else "nothing waits for an approval in this incident")
    one = tasks[0]
    click.echo(f"{one['sentence']}\nEffect: {one['effect']}\nUndo: {one['undo']}", err=True)
    click.confirm(f"{decision.capitalize()} this?", abort=True, err=True)
    answer = {"incident_id": incident_id, "task": one["task"], "plan_hash": one["plan_hash"], "decision": decision}
    found = target.invoke("DecideFunctionName", answer | {"by": by} | ({"reason": reason} if reason else {}))
    show(target, found, [found["text"]])
    if found["outcome"] != "recorded":
        raise click.exceptions.Exit(1)


BY = click.option("--by", default=getpass.getuser, help="Your name, as the timeline shows it.")
TASK = click.option("--task", help="Which of several open questions.")


@incidents.command()
@click.argument("incident_id")
@TASK
@BY
@click.pass_obj
def approve(target: TargetStack, incident_id: str, task: str | None, by: str) -> None:
    """Approve what it asks for, after showing it."""
    _decide(target, incident_id, task, "approve", by, None)


@incidents.command()
@click.argument("incident_id")
@TASK
@BY
@click.option("--reason", help="For the timeline.")
@click.pass_obj
def decline(target: TargetStack, incident_id: str, task: str | None, by: str, reason: str | None) -> None:
    """Decline what it asks for, after showing it."""
    _decide(target, incident_id, task, "decline", by, reason)


@incidents.command()
@click.pass_obj
def stop(target: TargetStack) -> None:
    """Every action only observes from now on, in every incident."""
    target.put_parameter("StopParameter", "stop")
    show(target, {"actions": "stopped"}, ["stopped: every action only observes; `responder incidents resume` ends it"])


@incidents.command()
@click.pass_obj
def resume(target: TargetStack) -> None:
    """Actions may act again, each in its mode."""
    target.put_parameter("StopParameter", "run")
    show(target, {"actions": "run"}, ["actions may act again"])
