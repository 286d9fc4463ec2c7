"""A leaked key (S-91 to S-95): which version it is, that another takes its place, and that no label leads back to it.

What comes after (who read the secret, whether TwinMind refuses the key) is responder.actions.rotate_key.leak_review.
"""

from responder.actions.rotate_key.records import Outcome, StepResult, last_rotation
from responder.actions.rotate_key.rotation import Rotation
from responder.aws.secret_versions import CURRENT, PENDING, PREVIOUS, Stages
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.leaked_key import LeakedKey


def contained(rotation: Rotation, stages: Stages, current: str) -> StepResult | None:
    """→ already_done, where another version than the leaked one is current; None where there is work to do.

    A version that was made after the incident began cannot be the one that leaked: whoever put it there, it is done.
    """
    if rotation.ctx.incident.cause is not Cause.KEY_LEAKED or _is_leaked(rotation, stages, current):
        return None
    rotation.tidy(stages)
    # What follows our own promotion belongs to it; labels that others have set are others' to take off.
    left = strip(rotation) if rotation.record_of(current) else labelled(rotation, rotation.versions.stages())
    text = f"The leaked key is current no more: version {current} was made after this incident began."
    if left:
        text += (
            f" Version {left[0]}, which leaked, still has AWSPREVIOUS; take it off: aws secretsmanager "
            f"update-secret-version-stage --version-stage AWSPREVIOUS --remove-from-version-id {left[0]} "
            "--secret-id with the stack's output TwinMindApiKeySecretArn."
        )
    return rotation.record(Outcome.ALREADY_DONE, text, version_id=current)


def leaked_keys(rotation: Rotation) -> set[str]:
    """The keys that must never be current again, as far as their versions can still be read."""
    found = {rotation.key_of(leak.version_id) for leak in rotation.leaks.all()}
    return {key for key in found if key}


def strip(rotation: Rotation) -> list[str]:
    """Takes every label but AWSCURRENT off the leaked versions. → those that still have one."""
    if not rotation.leaks.all():
        return []
    stages = rotation.versions.stages()
    for version in labelled(rotation, stages):
        if stages.has(version, PREVIOUS):
            rotation.versions.forget_previous(version)
        if stages.has(version, PENDING):
            rotation.versions.withdraw(version)
    return labelled(rotation, rotation.versions.stages())


def labelled(rotation: Rotation, stages: Stages) -> list[str]:
    """Leaked versions, not current, that a label leads to."""
    leaked = [leak.version_id for leak in rotation.leaks.all() if not stages.has(leak.version_id, CURRENT)]
    return [version for version in leaked if stages.has(version, PREVIOUS) or stages.has(version, PENDING)]


def _is_leaked(rotation: Rotation, stages: Stages, current: str) -> bool:
    """Notes which version leaked, before anything is changed: afterwards nobody could tell."""
    if rotation.leaks.find(current):
        return True
    if rotation.key_of(current) in leaked_keys(rotation) or _is_older(rotation, current):
        _note(rotation, current)
        return True
    previous = stages.holder(PREVIOUS)
    if previous and _is_older(rotation, previous):
        _note(rotation, previous)
    return False


def _is_older(rotation: Rotation, version: str) -> bool:
    """Whether the version was there when the incident began. Our own containment is known to the millisecond.

    Also one that ended right after its promotion, before it was kept as the last: the version's record is this
    incident's, and another key must not be spent on it.
    """
    began, last = rotation.ctx.incident.started_at, last_rotation(rotation.ctx)
    if last and last.version_id == version and last.action == "contain":
        return last.at <= began
    own = rotation.record_of(version)
    if own and own.action == "contain" and own.incident_id == rotation.ctx.incident.id:
        return own.at <= began
    made = rotation.versions.made_at(version)
    return made is None or made <= began


def _note(rotation: Rotation, version: str) -> None:
    at = now()
    since = rotation.versions.made_at(version) or at
    leak = LeakedKey(version_id=version, incident_id=rotation.ctx.incident.id, noted_at=at, in_use_since=since)
    if rotation.leaks.note(leak):
        text = (
            f"The alert says that the TwinMind key leaked: version {version}, in use since {since:%Y-%m-%d %H:%M} UTC."
        )
        rotation.ctx.record("leak_noted", text, key=f"leak-{version}", version_id=version)
