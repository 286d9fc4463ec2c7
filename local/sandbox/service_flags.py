"""The service flags that our service polls, for a rate limit or a slow provider (docs/twinmind.md#switches)."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from local.sandbox.keys import reach
from local.sandbox.shapes import Json

log = logging.getLogger(__name__)

ReadServiceFlags = Callable[[], Json | None]

# Nothing is published about ear-2's speed (docs/twinmind.md#models): only that it is the faster one.
DURATION_FACTORS = {"ear-3": 1.0, "ear-2": 0.5}


@dataclass(frozen=True)
class ServiceFlags:
    """The flags of our service, by default none. `version`: the version that the service reports."""

    request_queue: bool = False
    reject_non_critical: bool = False
    client_rate_limit_per_minute: int | None = None
    model: str = "ear-3"
    version: int = 0


def service_flags_of(given: Json | None) -> ServiceFlags:
    """An invalid service flag counts as missing; the others count."""
    given = given or {}
    limit, model = given.get("client_rate_limit_per_minute"), given.get("model")
    version = given.get("version")
    return ServiceFlags(
        request_queue=given.get("request_queue") is True,
        reject_non_critical=given.get("reject_non_critical") is True,
        client_rate_limit_per_minute=limit if type(limit) is int and limit >= 0 else None,
        model=model if model in DURATION_FACTORS else "ear-3",
        version=version if type(version) is int else 0,
    )


class ServiceFlagsParameter:
    """Reads the flags from an SSM parameter; None if there is none; the last flags while it cannot be read."""

    def __init__(self, endpoint: str, region: str | None, name: str) -> None:
        self._client = boto3.client("ssm", **reach(endpoint, region))
        self._name = name
        self._last: Json | None = None

    def __call__(self) -> Json | None:
        try:
            found = json.loads(self._client.get_parameter(Name=self._name)["Parameter"]["Value"])
        except self._client.exceptions.ParameterNotFound:
            found = None
        except (BotoCoreError, ClientError, ValueError) as error:
            log.warning("the service cannot read its service flags: %s", type(error).__name__)
            return self._last
        self._last = found if isinstance(found, dict) else None
        return self._last
