"""The deployment's override of the runbook and the stop switch, both SSM parameters."""

from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client
from responder.config.runbook import Runbook, packaged, with_override
from responder.domain.redact import redact


class InForce(NamedTuple):
    """The runbook to work by, and what is wrong with the override where something is."""

    runbook: Runbook
    problem: str | None


def runbook_in_force(parameter: str) -> InForce:
    """The packaged runbook with the override merged in.

    A bad or unreadable override leaves the packaged file in force with every mode at `observe`.
    """
    try:
        text = _read(parameter)
        return InForce(with_override(text), None)
    except (ClientError, BotoCoreError) as error:
        return InForce(packaged().observing(), f"the override could not be read ({type(error).__name__})")
    except ValueError as error:
        return InForce(packaged().observing(), f"the override is not valid: {redact(_places(error))}")


def is_stopped(parameter: str) -> bool:
    """True unless the switch clearly says `run`: one that cannot be read counts as thrown."""
    try:
        return _read(parameter).strip().lower() != "run"
    except (ClientError, BotoCoreError):
        return True


def api_url(parameter: str) -> str | None:
    """Where the stack's API is; None where that cannot be read."""
    try:
        return _read(parameter).rstrip("/")
    except (ClientError, BotoCoreError):
        return None


def _read(parameter: str) -> str:
    return str(client("ssm").get_parameter(Name=parameter)["Parameter"]["Value"])


def _places(error: ValueError) -> str:
    """Where a validation failed, without the values: an override may hold what is nobody's business."""
    details = getattr(error, "errors", None)
    if details is None:
        return str(error)
    return "; ".join(f"{'.'.join(map(str, item['loc'])) or 'runbook'}: {item['msg']}" for item in details())
