"""`responder configure`: asks for what a deployment needs, tries each credential, and writes after showing it."""

import difflib
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import click
import yaml

from responder.aws.active_secrets import active_secrets
from responder.config.override import read_override
from responder.config.runbook import Runbook, packaged, with_override
from responder.integrations.sources import SOURCES
from responder_cli.output import show
from responder_cli.questions import PARTS, Part, Prompt
from responder_cli.target import CannotError, TargetStack
from responder_cli.tried import tried
from responder_cli.unseen import clean, unseen

Json = dict[str, Any]
NAMES = tuple(part.name for part in PARTS)
SHORTEST = 16
CREDENTIALS, WEBHOOKS = "VendorCredentialsSecretArn", "WebhookSecretArn"


@dataclass
class PendingChanges:
    """What is written once people have seen it: the override, and entries of the two secrets by output."""

    override: Json
    secrets: dict[str, dict[str, Any]] = field(default_factory=lambda: {CREDENTIALS: {}, WEBHOOKS: {}})

    @property
    def runbook(self) -> Runbook:
        try:
            return with_override(_text(self.override))
        except ValueError as error:
            raise CannotError(f"nothing was written: {error}") from error


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(NAMES), metavar="[PART]...")
@click.option("--yes", is_flag=True, help="Write without asking, after showing the difference.")
@click.pass_obj
def configure(target: TargetStack, parts: tuple[str, ...], yes: bool) -> None:
    """Ask for what the deployment needs, in the order in which it is got, and write it.

    Parts: pager, opsgenie, jsm, slack, statuspage, jira, contacts, approvers, service, others, modes; without one, all
    of them. Enter keeps a value, `none` switches it off. Credentials are typed unseen and tried at the vendor before
    they are kept. The difference is shown before anything is written.
    """
    before = _present(target)
    changes = PendingChanges(deepcopy(before))
    for part in PARTS:
        if not parts or part.name in parts:
            _ask_part(target, part, changes)
    changes.runbook  # noqa: B018 - valid, or nothing is written
    difference = list(_difference(before, changes))
    if not difference:
        show(target, {"written": []}, ["nothing is new"])
        return
    for line in difference:
        click.echo(line, err=target.as_json)
    if not yes:
        click.confirm("Write this?", abort=True, err=True)
    written = _write(target, before, changes)
    show(target, {"written": written}, [f"written: {', '.join(written)}", "next: responder doctor"])


def _present(target: TargetStack) -> Json:
    text = target.parameter("RunbookParameter")
    try:
        return read_override(text)[0]
    except ValueError as error:
        raise CannotError(f"the override in force cannot be read, so correct it first: {error}") from error


def _ask_part(target: TargetStack, part: Part, changes: PendingChanges) -> None:
    click.echo(f"\n{part.title}", err=True)
    if part.first:
        click.echo(part.first.format(url=target.output("WebhookUrl")), err=True)
    for question in part.questions:
        _ask(question, changes)
    for name, text in part.credentials.items():
        _ask_credential(name, text, changes)
    while part.sender and (secret := unseen(part.sender_text, optional=True)):
        # Two secrets at once while one is replaced: {"active": ["new", "old"]}.
        active = active_secrets(secret)
        if active and all(len(one) >= SHORTEST for one in active):
            changes.secrets[WEBHOOKS][part.sender] = json.loads(secret) if secret.startswith("{") else secret
            break
        click.echo(f'  refused: it has {SHORTEST} characters or more; two are {{"active": ["new", "old"]}}', err=True)


def _ask(question: Prompt, changes: PendingChanges) -> None:
    """Asks again until the answer is one that the runbook can take."""
    while True:
        present = _at(changes.override, question.place, None)
        shown = packaged_value(question.place) if present is None else present
        given = clean(str(click.prompt(question.text, default=_shown(question, shown), err=True)))
        if given == _shown(question, shown):
            return
        new = deepcopy(changes.override)
        _set(new, question.place, _value(question, given))
        try:
            # Other settings of the part are not asked for yet, so mistakes there are judged at the end.
            with_override(_text(_only(new, question.place)))
        except ValueError as error:
            if question.place in str(error):
                # The lines of one answer.
                click.echo(f"  {re.sub(r'line [0-9]+: ', '', str(error))}", err=True)
                continue
        changes.override = new
        return


def _ask_credential(name: str, text: str, changes: PendingChanges) -> None:
    """Asks again while the vendor refuses it. If no call can try it, it is kept, and that is said."""
    while credential := unseen(text, optional=True):
        trial = tried(name, changes.runbook, credential)
        click.echo(f"  {trial.outcome}{': ' if trial.why else ''}{trial.why}", err=True)
        if trial.outcome != "refused":
            changes.secrets[CREDENTIALS][name] = credential
            return


def packaged_value(place: str) -> Any:
    """The value that counts if the override has none."""
    value: Any = packaged().model_dump(mode="json")
    for name in place.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _shown(question: Prompt, value: Any) -> str:
    if question.kind == "pairs":
        return ", ".join(f"{name}={one}" for name, one in (value or {}).items()) or "none"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else "each action's own" if isinstance(value, dict) else str(value)


def _value(question: Prompt, given: str) -> Any:
    if question.kind == "list":
        return [] if given == "none" else [one.strip() for one in given.split(",") if one.strip()]
    if question.kind == "pairs":
        pairs = [] if given == "none" else [one.partition("=") for one in given.split(",") if one.strip()]
        return {name.strip(): one.strip() for name, _, one in pairs}
    if question.kind == "modes" and given in ("own", "none"):
        return {}
    if question.kind == "switch":
        return {"yes": True, "y": True, "no": False, "n": False, "none": False}.get(given.lower(), given)
    return None if given == "none" else given


def _at(tree: Json, place: str, default: Any) -> Any:
    value: Any = tree
    for name in place.split("."):
        if not isinstance(value, dict) or name not in value:
            return default
        value = value[name]
    return value


def _set(tree: Json, place: str, value: Any) -> None:
    *above, last = place.split(".")
    for name in above:
        if not isinstance(tree.get(name), dict):  # `scope: any` becomes a list of names
            tree[name] = {}
        tree = tree[name]
    tree[last] = value


def _only(tree: Json, place: str) -> Json:
    one: Json = {}
    _set(one, place, _at(tree, place, None))
    return one


def _text(override: Json) -> str:
    return yaml.safe_dump(override, allow_unicode=True, sort_keys=False, width=120)


def _difference(before: Json, changes: PendingChanges) -> Iterator[str]:
    old, new = _text(before).splitlines(), _text(changes.override).splitlines()
    yield from difflib.unified_diff(old, new, "the override in force", "the new one", lineterm="")
    for output, entries in changes.secrets.items():
        for name in entries:
            yield f"+ {output}: a new value for {name} (not shown)"


def _write(target: TargetStack, before: Json, changes: PendingChanges) -> list[str]:
    """Secrets first: the settings that need them come after. Other entries of a secret stay."""
    written: list[str] = []
    for output, entries in changes.secrets.items():
        if not entries:
            continue
        text = target.secret(output) or "{}"
        try:
            stored = json.loads(text)
        except ValueError:
            stored = None
        if stored is None and output == WEBHOOKS:
            # A plain string counts for every sender (aws/active_secrets.py).
            stored = dict.fromkeys((*SOURCES, "slack"), text)
        if not isinstance(stored, dict):
            raise CannotError(f'{output} does not hold {{"name": "…"}}; look at it and correct it by hand first')
        target.put_secret(output, json.dumps(stored | entries))
        written += [f"{name} in {output}" for name in entries]
    if before != changes.override:
        target.put_parameter("RunbookParameter", _text(changes.override))
        written.append("the override")
    return written
