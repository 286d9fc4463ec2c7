"""`responder stage-key`: reads a new TwinMind key unseen, tests it, and adds it to the list of standby keys.

The key goes from the prompt to TwinMind's account endpoint and to Secrets Manager: into no argument, file or log.
"""

import json
from typing import Any

import click

from responder.clients.http import Http
from responder.integrations.twinmind.key_check import check_key
from responder_cli.output import show
from responder_cli.target import CannotError, TargetStack
from responder_cli.unseen import unseen

ATTEMPTS = 5


@click.command("stage-key")
@click.pass_obj
def stage_key(target: TargetStack) -> None:
    """Add a TwinMind standby key, typed unseen (or on standard input), once it has passed its test."""
    key = unseen("TwinMind key")
    check = check_key(Http(), target.runbook().endpoints.twinmind, key)
    if not check.passed:
        raise CannotError(f"the key was not staged, because its test did not pass: {check.why}")
    count = stage(target.aws("secretsmanager"), target.output("StandbyKeysSecretArn"), key)
    show(target, {"staged": count}, [f"staged ({check.why}); {count} on the list now"])


def added(text: str | None, key: str) -> str:
    """The list with `key` at its end. Raises CannotError for a list in an unknown form, so that no key is lost."""
    if text is None:
        return json.dumps({"keys": [key]})
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        raise CannotError('the secret does not hold {"keys": […]}; look at it and mend it by hand first')
    if key in keys:
        raise CannotError("that key is on the list already")
    return json.dumps({**value, "keys": [*keys, key]})


def stage(secrets: Any, secret_id: str, key: str) -> int:
    """Adds the key; → how many are staged now. A key that somebody else stages at the same moment is not lost either.

    Secrets Manager has no conditional write: after ours, AWSPREVIOUS must be the version that we read.
    """
    before, text = _read(secrets, secret_id, "AWSCURRENT")
    for _ in range(ATTEMPTS):
        mine = added(text, key)
        written = secrets.put_secret_value(SecretId=secret_id, SecretString=mine)["VersionId"]
        previous, covered = _read(secrets, secret_id, "AWSPREVIOUS")
        current, on_top = _read(secrets, secret_id, "AWSCURRENT")
        if current == written and (before is None or previous == before):
            return len(json.loads(mine)["keys"])
        # Somebody else wrote between our read and our write, or after it: our key is added to their list.
        before, text = (written, covered) if current == written else (current, on_top)
        if current != written and text and key in json.loads(text)["keys"]:
            return len(json.loads(text)["keys"])
    raise CannotError("others keep changing the list; try again")


def _read(secrets: Any, secret_id: str, stage: str) -> tuple[str | None, str | None]:
    try:
        answer = secrets.get_secret_value(SecretId=secret_id, VersionStage=stage)
    except secrets.exceptions.ResourceNotFoundException:
        return None, None
    return answer["VersionId"], answer.get("SecretString")
