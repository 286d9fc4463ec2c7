"""The records that a rotation stores in the table, and the result of one of its steps."""

from enum import StrEnum

from pydantic import AwareDatetime

from responder.actions.last_rotation import Purpose
from responder.config.base import Mode
from responder.contracts.action import Plan
from responder.domain.model import Model


class RotationOutcome(StrEnum):
    STAGED = "staged"
    OBSERVED = "observed"
    NEEDS_APPROVAL = "needs_approval"
    DECLINED = "declined"
    EXPIRED = "expired"
    NOT_ALLOWED = "not_allowed"
    NO_STANDBY_KEY = "no_standby_key"
    BUSY = "busy"
    PENDING_ELSEWHERE = "pending_elsewhere"
    ALREADY_DONE = "already_done"
    SET = "set"
    LOST = "lost"
    PASSED = "passed"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    PROMOTED = "promoted"
    NOT_TESTED = "not_tested"
    RESTORED = "restored"
    KEPT = "kept"


class StepResult(Model):
    """What a step returns to the machine. `text` is for people."""

    outcome: RotationOutcome
    version_id: str | None = None
    old_version_id: str | None = None
    text: str


class VersionState(StrEnum):
    STAGING = "staging"
    PASSED = "passed"
    PROMOTED = "promoted"
    FAILED = "failed"
    UNREACHABLE = "unreachable"
    LOST = "lost"


class RotatedVersion(Model):
    """A version of the secret that we made. A version without this record is somebody else's.

    `at`: when the record last changed. The key was number `place`, from 1, in the list of `staged` keys.
    """

    incident_id: str
    action: Purpose
    state: VersionState
    at: AwareDatetime
    old_version_id: str | None = None
    plan: Plan | None = None
    mode: Mode = Mode.AUTO
    place: int = 0
    staged: int = 0

    @property
    def key_name(self) -> str:
        return f"standby key {self.place} of {self.staged}"


class Claim(Model):
    """The incident that rotates now. No other may rotate while this record lives."""

    incident_id: str
