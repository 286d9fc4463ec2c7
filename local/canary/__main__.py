"""`make canary`: says what it costs, asks, deploys, checks, prints the table, deletes, and says what is left."""

import secrets
import sys
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local import interrupts
from local.canary import deployment
from local.canary.checks import Result, run, table
from local.canary.target import Target

PRICE = """make canary deploys the stack and a stand-in for TwinMind and Slack in account {account}, region {region},
as {name} and {name}-stand-in, for about 15 minutes, and deletes both.
By list price that is some cents: secrets and alarms by the hour, and one incident; less than 0.50 USD.
The stand-in has a public address while it lives; it knows no secret."""


def canary(
    session: Any,
    ask: Callable[[str], str],
    deploy: Callable[[Callable[[str], Any], str], Target],
    check: Callable[[Target, str], list[Result]],
) -> int:
    """Exit code: 0 if every check passed and nothing is left, 2 if nothing was begun."""
    try:
        account = session.client("sts").get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        print(f"No AWS credentials, or no region: {error}\nSet AWS_PROFILE and AWS_DEFAULT_REGION.", file=sys.stderr)
        return 2
    name = f"twinmind-canary-{secrets.token_hex(3)}"
    print(PRICE.format(account=account, region=session.region_name, name=name))
    if ask("Go on? Type yes: ").strip() != "yes":
        print("Nothing was done.")
        return 2
    failed = True
    try:
        results = check(deploy(session.client, name), f"QCANARY{secrets.token_hex(4).upper()}")
        print("\n" + table(results))
        failed = any(result.failed for result in results)
    except (ClientError, BotoCoreError, deployment.CanaryError) as error:
        print(f"\n{error}", file=sys.stderr)
    finally:
        with interrupts.held():
            left = _delete(session, name)
    return 1 if failed or left else 0


def _delete(session: Any, name: str) -> list[str]:
    print(f"\nDeleting {name}; an interruption waits until that is done.", flush=True)
    try:
        left = deployment.delete(session.client, name)
    except (ClientError, BotoCoreError) as error:
        left = [f"stacks {name} and {name}-stand-in, perhaps: {error}"]
    print("\n".join(["Left, delete it by hand (docs/tasks/delete.md):", *left] if left else ["Deleted."]))
    print("\n".join(["Stays in any case:", *deployment.STAYS]))
    return left


def main() -> int:
    try:
        answer = canary(boto3.session.Session(), input, deployment.deploy, run)
    except EOFError:
        print("\nNobody was there to say yes; nothing was done.", file=sys.stderr)
        return 2
    return answer


if __name__ == "__main__":
    sys.exit(main())
