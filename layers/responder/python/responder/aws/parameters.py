"""SSM parameters: the deployment's override of the runbook, the stop switch, and the API's URL."""

from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client
from responder.config.credential_hosts import refused_address
from responder.config.runbook import Runbook, packaged, with_override
from responder.config.settings import settings
from responder.domain.redact import redact


class InForce(NamedTuple):
    """The effective runbook, and what is wrong with the override, if anything."""

    runbook: Runbook
    problem: str | None


def runbook_in_force(parameter: str) -> InForce:
    """The packaged runbook with the override merged in.

    With an invalid override: its last valid version, or the packaged file, with every mode at `observe`. With an
    unreadable one: the packaged file, in the same way.
    """
    try:
        stored = _stored(parameter)
    except (ClientError, BotoCoreError) as error:
        return InForce(packaged().observing(), f"the override could not be read ({type(error).__name__})")
    try:
        return InForce(_checked(stored["Value"]), None)
    except ValueError as error:
        runbook, which = _last_valid(parameter, int(stored["Version"]))
        why = f"version {stored['Version']} of the override is not valid: {redact(str(error))}"
        return InForce(runbook.observing(), f"{why}. {which} is in force")


def _last_valid(parameter: str, version: int) -> tuple[Runbook, str]:
    """Looks back at most twenty versions: Parameter Store keeps a hundred, and each is a call."""
    for earlier in range(version - 1, max(version - 21, 0), -1):
        try:
            return _checked(_stored(f"{parameter}:{earlier}")["Value"]), f"Version {earlier}"
        except (ValueError, ClientError, BotoCoreError):
            continue
    return packaged(), "The packaged runbook"


def _checked(text: str) -> Runbook:
    """Raises ValueError for an override that is not valid, and for one that sends a credential elsewhere."""
    runbook = with_override(text)
    if problem := refused_address(runbook, settings().credential_hosts):
        raise ValueError(problem)
    return runbook


def is_stopped(parameter: str) -> bool:
    """True unless the parameter says `run`: an unreadable switch stops."""
    return (readable(parameter) or "").strip().lower() != "run"


def api_url(parameter: str) -> str | None:
    """The URL of the stack's API; None if unreadable."""
    found = readable(parameter)
    return found.rstrip("/") if found else None


def readable(parameter: str) -> str | None:
    """The parameter's value; None if unreadable."""
    try:
        return str(_stored(parameter)["Value"])
    except (ClientError, BotoCoreError):
        return None


def _stored(name: str) -> dict[str, Any]:
    """`name` may end with a version: `/stack/runbook:3`."""
    found: dict[str, Any] = client("ssm").get_parameter(Name=name)["Parameter"]
    return found
