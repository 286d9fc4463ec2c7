"""The versions of one secret and their staging labels: the only code that moves AWSCURRENT or AWSPENDING.

Rules: Secrets Manager API reference, PutSecretValue, UpdateSecretVersionStage and DescribeSecret.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from responder.aws.clients import call_or_none, client
from responder.aws.secrets import NO_VALUE, remember_parts

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"
PREVIOUS = "AWSPREVIOUS"
# AWS's errors if a label is on another version, and if the token was used with other data.
REFUSALS = ("InvalidParameterException", "ResourceNotFoundException")
TAKEN = ("ResourceExistsException",)


@dataclass(frozen=True)
class Stages:
    """`VersionIdsToStages` as AWS gives it: the labels of each version that has one, by version id."""

    labels: Mapping[str, frozenset[str]]

    def holders(self, label: str) -> tuple[str, ...]:
        """The versions with this label. AWS allows one; the local cloud can leave AWSPENDING on several."""
        return tuple(sorted(version for version, labels in self.labels.items() if label in labels))

    def holder(self, label: str) -> str | None:
        return next(iter(self.holders(label)), None)

    def has(self, version_id: str, label: str) -> bool:
        return label in self.labels.get(version_id, ())


class Versions:
    """The secret's versions. Every write names the state that it expects, so it changes nothing after a lost race."""

    def __init__(self, secret_id: str) -> None:
        self.secret_id = secret_id

    def stages(self) -> Stages:
        answer = _secrets().describe_secret(SecretId=self.secret_id)
        found = answer.get("VersionIdsToStages") or {}
        return Stages({version: frozenset(labels) for version, labels in found.items()})

    def value(self, version_id: str) -> str | None:
        """The version's text; None if the version is missing or binary."""
        text = str(self._get(version_id).get("SecretString") or "")
        remember_parts(text)
        return text or None

    def made_at(self, version_id: str) -> datetime | None:
        """When the version was created; None if it is missing. Moving labels does not change this time."""
        made: datetime | None = self._get(version_id).get("CreatedDate")
        return made

    def _get(self, version_id: str) -> dict[str, Any]:
        """The answer of GetSecretValue; empty if there is no such version."""
        wanted = {"SecretId": self.secret_id, "VersionId": version_id}
        return call_or_none(lambda: _secrets().get_secret_value(**wanted), (NO_VALUE,)) or {}

    def put_pending(self, version_id: str, text: str) -> bool:
        """Writes a new version with AWSPENDING; False if this id has other data already."""
        version = {"ClientRequestToken": version_id, "SecretString": text, "VersionStages": [PENDING]}
        put = call_or_none(lambda: _secrets().put_secret_value(SecretId=self.secret_id, **version), TAKEN)
        return put is not None

    def promote(self, version_id: str, instead_of: str) -> bool:
        """Moves AWSCURRENT; False if `instead_of` is not current any more. AWS moves AWSPREVIOUS by itself."""
        return self._move(CURRENT, MoveToVersionId=version_id, RemoveFromVersionId=instead_of)

    def withdraw(self, version_id: str) -> bool:
        """Removes AWSPENDING; False if it was not there."""
        return self._move(PENDING, RemoveFromVersionId=version_id)

    def forget_previous(self, version_id: str) -> bool:
        """Removes AWSPREVIOUS, so that nobody rolls back to it; False if it was not there."""
        return self._move(PREVIOUS, RemoveFromVersionId=version_id)

    def _move(self, label: str, **ends: str) -> bool:
        ends |= {"SecretId": self.secret_id, "VersionStage": label}
        return call_or_none(lambda: _secrets().update_secret_version_stage(**ends), REFUSALS) is not None


def _secrets() -> Any:
    return client("secretsmanager")
