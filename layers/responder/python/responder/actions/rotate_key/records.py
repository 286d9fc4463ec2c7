"""What a rotation keeps in the table, and what one of its steps came to."""

from enum import StrEnum

from pydantic import AwareDatetime

from responder.actions.last_rotation import Purpose
from responder.contracts.action import Plan
from responder.domain.mode import Mode
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
    """What the machine goes on with; `text` is for people."""

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
    """One version that we made; a version without such a record is somebody else's. `at`: of its last change.

    `place`: of its key in the list of `staged` ones, from 1.
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
    """Who rotates now."""

    incident_id: str
