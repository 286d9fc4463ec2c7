"""createSecret: brings the next staged standby key under AWSPENDING, or says why not."""

from typing import NamedTuple

from responder.actions import ACTIONS
from responder.actions.gate import Permission, allowed
from responder.actions.rotation import MAX_ATTEMPTS, Outcome, Rotation
from responder.actions.standby import Candidate, next_candidate, unusable, with_key
from responder.adapters.secrets import read_secret, standby_keys
from responder.adapters.versions import CURRENT, PENDING, PREVIOUS, Stages


class Choice(NamedTuple):
    version_id: str
    candidate: Candidate


def create_secret(rotation: Rotation) -> Outcome:
    """→ staged | observed | not_allowed | no_standby_key | busy | already_done | pending_elsewhere."""
    stages = rotation.versions.stages()
    current = stages.holder(CURRENT)
    text = rotation.versions.value(current) if current else None
    problem = unusable(text, rotation.field)
    if current is None or text is None or problem:
        return rotation.tell("not_allowed", f"The key is not rotated: {problem}.")
    if (rotation.record(current) or {}).get("state") == "passed":
        rotation.note(current, "promoted")  # by a try that ended before it could write this down
    if rotation.check(current).passed:
        return _already_done(rotation, stages, current)
    permission = allowed(rotation.desk, "rotate", use=rotation.use())
    if not permission.granted and not permission.observes:
        rotation.tidy(stages)
        return rotation.tell("not_allowed", f"The key is not rotated: {permission.why}.", mode=permission.mode)
    if foreign := rotation.foreign_pending(stages):
        return _pending_elsewhere(rotation, foreign)
    if permission.observes:
        return _observed(rotation, stages, current, permission)
    if not rotation.claim():
        return rotation.tell("busy", f"Incident {rotation.holder()} is rotating the key at this moment.")
    return _staged_before(rotation, stages, current) or _stage(rotation, stages, current, text)


def _already_done(rotation: Rotation, stages: Stages, current: str) -> Outcome:
    rotation.tidy(stages)
    last = rotation.last() or {}
    by = f" (rotated by incident {last['incident_id']} at {last['at']})" if last.get("version_id") == current else ""
    text = f"Nothing to rotate: TwinMind accepts the current key{by}. What is left is to see that the service uses it."
    return rotation.tell("already_done", text, version_id=current)


def _pending_elsewhere(rotation: Rotation, version_id: str) -> Outcome:
    rotation.release()
    return rotation.tell(
        "pending_elsewhere",
        f"The key is not rotated: version {version_id} of the secret waits under AWSPENDING, and this workflow did "
        "not put it there. Somebody else's rotation is under way or was left half-way. Finish it, or take the label "
        "off, and the next attempt goes on; nothing of it was touched.",
    )


def _observed(rotation: Rotation, stages: Stages, current: str, permission: Permission) -> Outcome:
    rotation.tidy(stages)
    choice = _choose(rotation, stages)
    if choice is None:
        return _none_left(rotation)
    text = f"Only observing ({permission.why}). Would do: {_plan(rotation, choice, current)}"
    return rotation.tell("observed", text, old_version_id=current, mode=permission.mode)


def _staged_before(rotation: Rotation, stages: Stages, current: str) -> Outcome | None:
    """Goes on with what a repeat of this step finds; anything else that we left loses its label."""
    for version in stages.holders(PENDING):
        record = rotation.record(version)
        if record is None:
            continue
        ours = record["incident_id"] == rotation.desk.incident.id and record.get("old_version_id") == current
        if ours and record["state"] in ("staging", "passed") and version != current:
            return _staged(rotation, version, current)
        if record["state"] != "failed":
            rotation.note(version, "lost")
        rotation.versions.withdraw(version)
    return None


def _stage(rotation: Rotation, stages: Stages, current: str, text: str) -> Outcome:
    """The record comes before the version, so that no version of ours is ever taken for somebody else's."""
    while choice := _choose(rotation, stages):
        version, candidate = choice
        plan = _plan(rotation, choice, current)
        rotation.note(version, "staging", old_version_id=current, plan=plan)
        rotation.desk.tell("action_planned", plan, key=f"rotate-{version}-plan", action="rotate", version_id=version)
        written = rotation.versions.put_pending(version, with_key(text, rotation.field, candidate.key))
        # AWS ignores a repeated token, label and all: only reading shows whether the version is there to go on with.
        if written and rotation.versions.stages().has(version, PENDING):
            return _staged(rotation, version, current)
        rotation.note(version, "lost")
    rotation.release()
    return _none_left(rotation)


def _choose(rotation: Rotation, stages: Stages) -> Choice | None:
    """The first attempt that is still open, with the first key that is neither known nor refused in this rotation.

    Refused keys are read from the versions that failed: AWS keeps every version for 24 hours (PutSecretValue), and
    a key that is tested again after that costs one of MAX_ATTEMPTS.
    """
    keys = standby_keys(read_secret(rotation.desk.settings.twinmind_standby_keys_secret))
    refused = {rotation.key_of(stages.holder(CURRENT)), rotation.key_of(stages.holder(PREVIOUS))}
    for attempt in range(MAX_ATTEMPTS):
        version = rotation.version_id(attempt)
        state = (rotation.record(version) or {"state": "staging"})["state"]
        if state == "failed":
            refused.add(rotation.key_of(version))
        if state == "staging":
            candidate = next_candidate(keys, {key for key in refused if key})
            return Choice(version, candidate) if candidate else None
    return None


def _staged(rotation: Rotation, version: str, current: str) -> Outcome:
    text = f"A standby key waits as version {version} under AWSPENDING, untested."
    return rotation.tell("staged", text, version_id=version, old_version_id=current)


def _none_left(rotation: Rotation) -> Outcome:
    where = rotation.desk.settings.twinmind_standby_keys_secret
    dashboard = rotation.desk.runbook.endpoints.dashboard_url
    return rotation.tell(
        "no_standby_key",
        "The key is not rotated: no staged key is left that is neither in use nor refused. "
        f"A person makes one at {dashboard} and adds it to the list in secret {where}.",
    )


def _plan(rotation: Rotation, choice: Choice, current: str) -> str:
    path = rotation.desk.runbook.endpoints.twinmind.account_path
    return (
        f"Rotate the TwinMind API key: write {choice.candidate.name} as version {choice.version_id} under AWSPENDING, "
        f"test it on {path}, make it AWSCURRENT in place of version {current}, restart the consumers and wait until "
        f"they work. Undo: {ACTIONS['rotate'].undo}."
    )
