"""The versions of one secret and their staging labels: the only code that moves AWSCURRENT or AWSPENDING.

Rules: Secrets Manager API reference, PutSecretValue, UpdateSecretVersionStage and DescribeSecret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from responder.aws.clients import client, error_code
from responder.aws.secrets import NO_VALUE, remember_parts

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"
PREVIOUS = "AWSPREVIOUS"
# AWS's errors when a label is elsewhere, or a token belongs to other data.
REFUSALS = ("InvalidParameterException", "ResourceNotFoundException")
TAKEN = "ResourceExistsException"


@dataclass(frozen=True)
class Stages:
    """`VersionIdsToStages` as read; AWS omits versions without a label, so they do not count here."""

    labels: Mapping[str, frozenset[str]]

    def holders(self, label: str) -> tuple[str, ...]:
        """At most one on AWS; the local cloud can leave AWSPENDING on several versions."""
        return tuple(sorted(version for version, labels in self.labels.items() if label in labels))

    def holder(self, label: str) -> str | None:
        return next(iter(self.holders(label)), None)

    def has(self, version_id: str, label: str) -> bool:
        return label in self.labels.get(version_id, ())


class Versions:
    """Consistent reads; every write names the expected state, so a lost race changes nothing."""

    def __init__(self, secret_id: str) -> None:
        self.secret_id = secret_id

    def stages(self) -> Stages:
        answer = _secrets().describe_secret(SecretId=self.secret_id)
        found = answer.get("VersionIdsToStages") or {}
        return Stages({version: frozenset(labels) for version, labels in found.items()})

    def value(self, version_id: str) -> str | None:
        """A version's text; None if it is missing or binary."""
        answer = self._get(version_id)
        text = str((answer or {}).get("SecretString") or "")
        remember_parts(text)
        return text or None

    def made_at(self, version_id: str) -> datetime | None:
        """When the version was created; None if missing. Moving labels does not change it."""
        made: datetime | None = (self._get(version_id) or {}).get("CreatedDate")
        return made

    def _get(self, version_id: str) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = _secrets().get_secret_value(SecretId=self.secret_id, VersionId=version_id)
        except ClientError as error:
            if error_code(error) == NO_VALUE:
                return None
            raise
        return answer

    def put_pending(self, version_id: str, text: str) -> bool:
        """Writes a new version under AWSPENDING; False if the id has other data already."""
        try:
            _secrets().put_secret_value(
                SecretId=self.secret_id, ClientRequestToken=version_id, SecretString=text, VersionStages=[PENDING]
            )
        except ClientError as error:
            if error_code(error) == TAKEN:
                return False
            raise
        return True

    def promote(self, version_id: str, instead_of: str) -> bool:
        """Moves AWSCURRENT (AWS then moves AWSPREVIOUS); False if `instead_of` is not current any more."""
        return self._move(CURRENT, MoveToVersionId=version_id, RemoveFromVersionId=instead_of)

    def withdraw(self, version_id: str) -> bool:
        """Removes AWSPENDING; False if it was not there."""
        return self._move(PENDING, RemoveFromVersionId=version_id)

    def forget_previous(self, version_id: str) -> bool:
        """Removes AWSPREVIOUS, so that nobody rolls back to it; False if it was not there."""
        return self._move(PREVIOUS, RemoveFromVersionId=version_id)

    def _move(self, label: str, **ends: str) -> bool:
        try:
            _secrets().update_secret_version_stage(SecretId=self.secret_id, VersionStage=label, **ends)
        except ClientError as error:
            if error_code(error) in REFUSALS:
                return False
            raise
        return True


def _secrets() -> Any:
    return client("secretsmanager")
