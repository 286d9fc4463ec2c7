"""Calls about Lambda functions, our own or one that loads the key. Each raises PlatformRefused if AWS refuses it."""

import json
from typing import TYPE_CHECKING, Any

from responder.aws.clients import ONCE, READING, SHORT_TIMEOUT, client, refusals
from responder.domain.redact import remember_secrets_of

if TYPE_CHECKING:
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

# These pass: another update is under way, or there is a newer revision than the one that we read.
_PASSES = ("ResourceConflictException", "PreconditionFailedException", "TooManyRequestsException", "ServiceException")


def invoke_later(name: str, event: dict[str, Any]) -> None:
    """Returns once Lambda has queued the event. If the function fails, Lambda tries twice more, then tells people."""
    with refusals("Lambda", _passes):
        client("lambda", SHORT_TIMEOUT).invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))


def configuration(name: str) -> "FunctionConfigurationResponseTypeDef":
    """The configuration of $LATEST. Credentials in its environment are redacted from now on."""
    with refusals("Lambda", _passes):
        found: FunctionConfigurationResponseTypeDef = client("lambda", READING).get_function_configuration(
            FunctionName=name
        )
    remember_secrets_of(variables(found))
    return found


def variables(found: "FunctionConfigurationResponseTypeDef") -> dict[str, str]:
    return dict((found.get("Environment") or {}).get("Variables") or {})


def pinned_aliases(name: str) -> list[str]:
    """The aliases that point at a published version, such as `live → 12`. A new configuration does not reach them."""
    with refusals("Lambda", _passes):
        found = client("lambda", READING).list_aliases(FunctionName=name)["Aliases"]
    return [f"{one['Name']} → {one['FunctionVersion']}" for one in found if one["FunctionVersion"] != "$LATEST"]


def set_variable(
    found: "FunctionConfigurationResponseTypeDef", name: str, value: str
) -> "FunctionConfigurationResponseTypeDef":
    """Sets a variable of the function's environment, if nobody has changed the function since `found` was read."""
    seen: dict[str, str] = {key: str(text) for key, text in found.items() if key == "RevisionId"}  # emulators have none
    values = {"Variables": variables(found) | {name: value}}
    with refusals("Lambda", _passes):
        changed: FunctionConfigurationResponseTypeDef = client("lambda", ONCE).update_function_configuration(
            FunctionName=found["FunctionArn"], Environment=values, **seen
        )
    return changed


def _passes(code: str) -> bool:
    return not code or code in _PASSES
