"""SSM parameters: the deployment's override of the runbook, the stop switch, and the API's URL."""

from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client
from responder.config.credential_hosts import refused_address
from responder.config.runbook import Runbook, packaged, with_override
from responder.config.settings import settings
from responder.domain.redact import redact


class InForce(NamedTuple):
    """The runbook in force, and what is wrong with the override, if anything."""

    runbook: Runbook
    problem: str | None


def runbook_in_force(parameter: str) -> InForce:
    """The packaged runbook with the override merged in.

    If the override is not valid, its last valid version is used, or else the packaged runbook. If it cannot be read,
    the packaged runbook is used. In these cases every mode is `observe`.
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
    """The last valid version, out of at most twenty: Parameter Store keeps a hundred, but each one costs a call."""
    for earlier in range(version - 1, max(version - 21, 0), -1):
        try:
            return _checked(_stored(f"{parameter}:{earlier}")["Value"]), f"Version {earlier}"
        except (ValueError, ClientError, BotoCoreError):
            continue
    return packaged(), "The packaged runbook"


def _checked(text: str) -> Runbook:
    """The runbook. Raises ValueError if the override is not valid or would send a credential to a host not pinned."""
    runbook = with_override(text)
    if problem := refused_address(runbook, settings().credential_hosts):
        raise ValueError(problem)
    return runbook


def is_stopped(parameter: str) -> bool:
    """True unless the parameter says `run`. A stop switch that cannot be read counts as thrown."""
    return (readable(parameter) or "").strip().lower() != "run"


def api_url(parameter: str) -> str | None:
    """The URL of the stack's API; None if it cannot be read."""
    found = readable(parameter)
    return found.rstrip("/") if found else None


def readable(parameter: str) -> str | None:
    """The parameter's value; None if it cannot be read."""
    try:
        return str(_stored(parameter)["Value"])
    except (ClientError, BotoCoreError):
        return None


def _stored(name: str) -> dict[str, Any]:
    """The parameter by name, which may end with a version: `/stack/runbook:3`."""
    found: dict[str, Any] = client("ssm").get_parameter(Name=name)["Parameter"]
    return found
