"""Where our service finds its TwinMind key: in Secrets Manager, or, run by hand, in the world itself."""

import json
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

log = logging.getLogger(__name__)

IMPATIENT = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class SecretKey:
    """Reads AWSCURRENT of one secret, plain or with the JSON field `api_key`; None while it cannot be read.

    Missing arguments are read from the stack file (`endpoint_url`, `region`, `secrets.twinmind_api_key`) at every
    call, because the sandbox starts before the stack exists.
    """

    endpoint_url: str | None = None
    region: str | None = None
    secret_id: str | None = None
    stack_file: Path | None = None

    def __call__(self) -> str | None:
        stack = self._stack()
        secret_id = self.secret_id or stack.get("secrets", {}).get("twinmind_api_key")
        endpoint = self.endpoint_url or stack.get("endpoint_url")
        if not secret_id or not endpoint:
            return None
        client = _client(endpoint, self.region or stack.get("region", "us-east-1"))
        try:
            return _plain(client.get_secret_value(SecretId=secret_id)["SecretString"])
        except (BotoCoreError, ClientError) as error:
            log.warning("the service cannot read its key: %s", type(error).__name__)
            return None

    def _stack(self) -> dict[str, Any]:
        if self.stack_file is None or not self.stack_file.exists():
            return {}
        try:
            stack: dict[str, Any] = json.loads(self.stack_file.read_text(encoding="utf-8"))
        except ValueError:
            return {}  # the file is being written; the service reads it again later
        return stack


def _client(endpoint: str, region: str) -> "SecretsManagerClient":
    return boto3.client("secretsmanager", **reach(endpoint, region))


def reach(endpoint: str, region: str | None) -> dict[str, Any]:
    """The arguments of any client of the local cloud."""
    return {
        "endpoint_url": endpoint,
        "region_name": region or "us-east-1",
        "config": IMPATIENT,
        # the local cloud takes any credentials; with none at all botocore would look for an instance role
        "aws_access_key_id": os.environ.get("AWS_ACCESS_KEY_ID", "test"),
        "aws_secret_access_key": os.environ.get("AWS_SECRET_ACCESS_KEY", "test"),
    }


def _plain(text: str) -> str | None:
    try:
        value = json.loads(text)
    except ValueError:
        return text.strip() or None
    return value.get("api_key") if isinstance(value, dict) else text.strip()
