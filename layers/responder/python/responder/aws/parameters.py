"""Two SSM parameters: the deployment's override of the runbook, and the stop switch."""

from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client
from responder.config.runbook import Runbook, packaged, with_override
from responder.domain.redact import redact


class InForce(NamedTuple):
    """The effective runbook, and what is wrong with the override, if anything."""

    runbook: Runbook
    problem: str | None


def runbook_in_force(parameter: str) -> InForce:
    """The packaged runbook with the override merged in.

    With an invalid or unreadable override: the packaged file with every mode at `observe`.
    """
    try:
        text = _read(parameter)
        return InForce(with_override(text), None)
    except (ClientError, BotoCoreError) as error:
        return InForce(packaged().observing(), f"the override could not be read ({type(error).__name__})")
    except ValueError as error:
        return InForce(packaged().observing(), f"the override is not valid: {redact(_places(error))}")


def is_stopped(parameter: str) -> bool:
    """True unless the parameter says `run`: an unreadable switch stops."""
    try:
        return _read(parameter).strip().lower() != "run"
    except (ClientError, BotoCoreError):
        return True


def api_url(parameter: str) -> str | None:
    """The URL of the stack's API; None if unreadable."""
    try:
        return _read(parameter).rstrip("/")
    except (ClientError, BotoCoreError):
        return None


def _read(parameter: str) -> str:
    return str(client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"])


def _places(error: ValueError) -> str:
    """The fields that failed validation, without values: those may be confidential."""
    details = getattr(error, "errors", None)
    if details is None:
        return str(error)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'runbook'}: {item['msg']}" for item in details())
