"""`make stage-key STACK=…`: reads a new TwinMind key unseen, tests it, and adds it to the list of standby keys.

Works on your AWS credentials, or on the local cloud (`make up`) where STACK is left out. The key goes from the
prompt to TwinMind's account endpoint and to Secrets Manager: into no argument, file or log.
"""

import argparse
import getpass
import json
import sys
from typing import Any

import boto3

from local import aws
from local.paths import ROOT, Home
from responder.clients.http import Http
from responder.config.runbook import Runbook, with_override
from responder.integrations.twinmind.key_check import check_key

ATTEMPTS = 5
HOME = Home(ROOT / ".local")


class CannotStageError(Exception):
    """Nothing was changed; the text says what to do."""


def added(text: str | None, key: str) -> str:
    """The list with `key` at its end. Raises CannotStageError rather than dropping what it does not understand."""
    if text is None:
        return json.dumps({"keys": [key]})
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    keys = value.get("keys") if isinstance(value, dict) else None
    if not isinstance(keys, list):
        raise CannotStageError('the secret does not hold {"keys": […]}; look at it and mend it by hand first')
    if key in keys:
        raise CannotStageError("that key is on the list already")
    return json.dumps({**value, "keys": [*keys, key]})


def stage(secrets: Any, secret_id: str, key: str) -> int:
    """Adds the key; → how many are staged now. Somebody who stages at the same moment loses nothing either.

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
        # Theirs came between our read and our write, or after it: ours is added to theirs.
        before, text = (written, covered) if current == written else (current, on_top)
        if current != written and text and key in json.loads(text)["keys"]:
            return len(json.loads(text)["keys"])
    raise CannotStageError("others keep changing the list; try again")


def _read(secrets: Any, secret_id: str, stage: str) -> tuple[str | None, str | None]:
    try:
        answer = secrets.get_secret_value(SecretId=secret_id, VersionStage=stage)
    except secrets.exceptions.ResourceNotFoundException:
        return None, None
    return answer["VersionId"], answer.get("SecretString")


def _places(stack: str | None, home: Home) -> tuple[Any, str, Runbook]:
    """The client, the secret's id and the runbook in force; of the local cloud where no stack is named."""
    if stack is None:
        running = home.read_stack()
        if running is None:
            raise CannotStageError("name the stack (make stage-key STACK=twinmind-responder), or start `make up`")
        endpoint, stack = running["endpoint_url"], str(running["stack_name"])
        clients = {name: aws.client(name, endpoint) for name in ("cloudformation", "secretsmanager", "ssm")}
    else:
        clients = {name: boto3.client(name) for name in ("cloudformation", "secretsmanager", "ssm")}
    found = clients["cloudformation"].describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in found}
    override = clients["ssm"].get_parameter(Name=outputs["RunbookParameter"])["Parameter"]["Value"]
    return clients["secretsmanager"], outputs["StandbyKeysSecretArn"], with_override(override)


def main(home: Home = HOME) -> str:
    parser = argparse.ArgumentParser(prog="make stage-key", description=__doc__)
    parser.add_argument("--stack", help="the CloudFormation stack; without it the local cloud's")
    secrets, secret_id, runbook = _places(parser.parse_args().stack or None, home)
    key = (getpass.getpass("TwinMind key (not shown): ") if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not key:
        raise CannotStageError("no key was given")
    check = check_key(Http(), runbook.endpoints.twinmind, key)
    if not check.passed:
        raise CannotStageError(f"the key was not staged, because its test did not pass: {check.why}")
    return f"staged ({check.why}); {stage(secrets, secret_id, key)} on the list now"


if __name__ == "__main__":
    try:
        print(main())
    except (CannotStageError, ValueError) as error:
        sys.exit(f"stage-key: {error}")
