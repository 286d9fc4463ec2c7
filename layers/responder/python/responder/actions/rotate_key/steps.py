"""Rotates the TwinMind key in the steps of Secrets Manager's rotation contract, and can put the old key back.

TwinMind has no endpoint that makes keys, so people stage standby keys and a step takes one of these (S-84 to S-90).
Laws: There is one AWSCURRENT at every moment. A key becomes current only if it passed its test in this rotation. Each
step reads before it writes again. AWSPENDING is gone at the end, and nobody else's AWSPENDING is touched. No label
leads to a version whose key is known to have leaked.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from responder.actions.gate import allowed, may_undo, take
from responder.actions.last_rotation import last_rotation
from responder.actions.rotate_key.contain import strip
from responder.actions.rotate_key.records import RotationOutcome, StepResult
from responder.actions.rotate_key.rotation import Rotation
from responder.actions.rotate_key.stage import create_secret
from responder.aws.secret_versions import CURRENT, PENDING
from responder.integrations.twinmind.key_check import KeyCheck


def rotate(rotation: Rotation, step: str, version_id: str | None, old_version_id: str | None) -> StepResult:
    """Runs one step. Repeating it is harmless.

    The purpose of a later step is the one for which its version was staged, whatever the caller says. Raises ValueError
    for an unknown step and for a version that this incident did not stage, and what AWS raises if a call fails.
    """
    if step == "createSecret":
        return create_secret(rotation)
    if step == "restoreSecret":
        return _restore_secret(rotation)
    if step not in _ON_VERSION or not version_id:
        raise ValueError(f"step {step!r} with version {version_id!r} is not one of ours")
    record = rotation.record_of(version_id)
    if record is None or record.incident_id != rotation.ctx.incident.id:
        raise ValueError(f"version {version_id} was not staged for this incident: begin with createSecret")
    old = old_version_id or record.old_version_id
    return _ON_VERSION[step](replace(rotation, action=record.action, version=version_id, old=old))


def _quiet(rotation: Rotation, outcome: RotationOutcome, text: str) -> StepResult:
    """A result for the machine only: it has no news for people."""
    return StepResult(outcome=outcome, version_id=rotation.version, old_version_id=rotation.old, text=text)


def _give_up(rotation: Rotation, outcome: RotationOutcome, text: str) -> StepResult:
    rotation.note(rotation.version, "lost")
    rotation.give_up()
    return rotation.record(outcome, text)


def _lose(rotation: Rotation) -> StepResult:
    text = "Somebody else changed the secret's labels meanwhile; theirs stay as they are."
    return _give_up(rotation, "lost", text)


def _move_current(rotation: Rotation, to: str, instead_of: str) -> bool:
    """Moves AWSCURRENT. After a refusal it reads: an earlier try, whose answer got lost, may have moved it."""
    versions = rotation.versions
    return versions.promote(to, instead_of) or versions.stages().has(to, CURRENT)


def _set_secret(rotation: Rotation) -> StepResult:
    """→ set | lost. It only checks the labels, because there is nothing to set at TwinMind."""
    if rotation.has(PENDING) or rotation.has(CURRENT):
        text = "Nothing is set at TwinMind: people made the key there beforehand."
        return _quiet(rotation, "set", text)
    return _lose(rotation)


def _test_secret(rotation: Rotation) -> StepResult:
    """→ passed | failed | unreachable. All but `passed` remove AWSPENDING from the version."""
    if rotation.has(CURRENT):
        check = rotation.check(rotation.version)
        return _quiet(rotation, check.verdict, f"The version is current already: {check.why}.")
    if not rotation.has(PENDING):
        _lose(rotation)
        return _quiet(rotation, "failed", "The version is not pending any more; another one is needed.")
    known = rotation.record_of(rotation.version)
    if known and known.state in ("failed", "unreachable"):
        return _reject(rotation, KeyCheck(known.state, "as tested before"))
    check = rotation.check(rotation.version)
    rotation.note(rotation.version, check.verdict)
    if not check.passed:
        return _reject(rotation, check)
    return rotation.record("passed", f"The new key works: {check.why}.")


def _reject(rotation: Rotation, check: KeyCheck) -> StepResult:
    rotation.give_up()
    if check.verdict == "failed":
        return rotation.record("failed", f"The standby key is refused ({check.why}); it is not used.")
    text = f"The standby key could not be tested ({check.why}), so it is not used."
    return rotation.record("unreachable", text)


def _finish_secret(rotation: Rotation) -> StepResult:
    """→ promoted | not_tested | not_allowed | lost. It reads first, because an earlier try may have promoted."""
    if rotation.has(CURRENT):
        return _record_promotion(rotation)
    if rotation.old is None or not rotation.has(PENDING) or not rotation.stages.has(rotation.old, CURRENT):
        return _lose(rotation)
    if problem := _untrusted(rotation):
        return _give_up(rotation, "not_tested", f"Not promoted: {problem}.")
    use = rotation.use()
    record = rotation.record_of(rotation.version)
    plan = record.plan if record else None
    permission = allowed(rotation.ctx, rotation.action, use=use, plan=plan)
    if not permission.granted:
        return _give_up(rotation, "not_allowed", f"Not promoted: {permission.why}.")
    if not take(rotation.ctx, rotation.action, permission, use=use, plan=plan):
        text = "Not promoted: another act used the budget or the approval up meanwhile."
        return _give_up(rotation, "not_allowed", text)
    if record is None or record.mode is not permission.mode:  # the mode changed since the key was staged
        rotation.note(rotation.version, "passed", mode=permission.mode)
    if not _move_current(rotation, rotation.version, instead_of=rotation.old):
        return _lose(rotation)
    return _record_promotion(rotation)


def _untrusted(rotation: Rotation) -> str:
    """Why the new key must not become current, or "".

    It is tested again: since its test it may have been revoked or leaked, and the current key may work.
    """
    if not rotation.has_passed(rotation.version):
        return "no test of the new key has passed in this rotation"
    if rotation.leak_of(rotation.version):
        return "the new key is known to have leaked"
    check = rotation.check(rotation.version)
    return "" if check.passed else f"the new key passed its test and now {check.why}"


def _record_promotion(rotation: Rotation) -> StepResult:
    rotation.note(rotation.version, "promoted")
    rotation.keep_last(restored=False)
    rotation.give_up()
    left = strip(rotation)
    record, is_leaked = rotation.record_of(rotation.version), rotation.leak_of(rotation.old) is not None
    before = "The leaked one is withdrawn." if is_leaked else "The old one is kept."
    if left:
        before = f"The leaked one is not withdrawn yet (version {left[0]})."
    name = f"standby key {record.place} of {record.staged}" if record and record.staged else "the tested key"
    return rotation.record("promoted", f"Rotated to {name}: it passed its test and is in force. {before}")


_ON_VERSION: Mapping[str, Callable[[Rotation], StepResult]] = {
    "setSecret": _set_secret,
    "testSecret": _test_secret,
    "finishSecret": _finish_secret,
}


def _restore_secret(rotation: Rotation) -> StepResult:
    """→ restored | kept. Takes the ids from our own record. The old version comes back only if its key works now."""
    rotation.tidy()
    last = last_rotation(rotation.ctx)
    if last is None or last.incident_id != rotation.ctx.incident.id:
        return rotation.record("kept", "This incident rotated nothing that could be put back.")
    rotation = replace(rotation, version=last.version_id, old=last.old_version_id)
    if rotation.stages.has(last.old_version_id, CURRENT) and not rotation.leak_of(rotation.old):
        return _record_restoration(rotation)
    if not rotation.has(CURRENT):
        return rotation.record("kept", "Somebody else has set another version since; it is left alone.")
    if last.action == "contain" or rotation.leak_of(rotation.old):
        strip(rotation)
        text = "The tested new key stays: the old one leaked, and never becomes current again."
        return rotation.record("kept", text)
    permission = may_undo(rotation.ctx, "rotate")
    if not permission.granted:
        return rotation.record("kept", f"The tested new key stays: {permission.why}.")
    check = rotation.check(last.old_version_id)
    if not check.passed:
        text = f"The tested new key stays, because the old one does not work: {check.why}."
        return rotation.record("kept", text)
    if not _move_current(rotation, last.old_version_id, instead_of=rotation.version):
        text = "Somebody else changed the labels of the secret meanwhile; they are left alone."
        return rotation.record("kept", text)
    return _record_restoration(rotation)


def _record_restoration(rotation: Rotation) -> StepResult:
    rotation.keep_last(restored=True)
    return rotation.record("restored", "The old key works again and is in force.")
