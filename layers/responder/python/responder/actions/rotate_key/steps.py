"""Rotates the TwinMind key in the steps of Secrets Manager's rotation contract, and puts the old one back.

TwinMind has no endpoint that mints keys: people stage standby keys, and a step takes one of those (S-84 to S-90).
Laws: exactly one AWSCURRENT at every moment; nothing becomes current without a passing test in this rotation; what
was written is read before it is written again; AWSPENDING is gone at the end; another's AWSPENDING is left alone;
no label leads to a version whose key is known to have leaked.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from responder.actions.gate import allowed, may_undo, take
from responder.actions.rotate_key.contain import strip
from responder.actions.rotate_key.records import Outcome, StepResult, VersionState, last_rotation
from responder.actions.rotate_key.rotation import Rotation
from responder.actions.rotate_key.stage import create_secret
from responder.aws.secret_versions import CURRENT, PENDING, Stages
from responder.integrations.twinmind.key_check import KeyCheck, Verdict


def rotate(rotation: Rotation, step: str, version_id: str | None, old_version_id: str | None) -> StepResult:
    """One step; repeating it is harmless.

    Later steps are for what their version was staged for, whatever the caller says. Raises ValueError for an unknown
    step and for a version that this incident did not stage, and what AWS raises when a call fails.
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
    rotation = replace(rotation, action=record.action)
    old = old_version_id or record.old_version_id
    return _ON_VERSION[step](_Work(rotation, rotation.versions.stages(), version_id, old))


class _Work:
    """One step's work on one version: the labels as they were read at its start."""

    def __init__(self, rotation: Rotation, stages: Stages, version_id: str, old: str | None) -> None:
        self.rotation, self.stages, self.version, self.old = rotation, stages, version_id, old

    def has(self, label: str) -> bool:
        return self.stages.has(self.version, label)

    def record(self, outcome: Outcome, text: str) -> StepResult:
        return self.rotation.record(outcome, text, version_id=self.version, old_version_id=self.old)

    def quiet(self, outcome: Outcome, text: str) -> StepResult:
        return StepResult(outcome=outcome, version_id=self.version, old_version_id=self.old, text=text)

    def given_up(self, outcome: Outcome, text: str) -> StepResult:
        self.rotation.note(self.version, VersionState.LOST)
        self.rotation.give_up(self.stages, self.version)
        return self.record(outcome, text)

    def lost(self) -> StepResult:
        return self.given_up(
            Outcome.LOST, "Somebody else changed the secret's labels meanwhile; theirs stay as they are."
        )

    def moves_current(self, to: str, instead_of: str) -> bool:
        """A refusal can be the answer to a repeat whose first try got through: only reading tells."""
        versions = self.rotation.versions
        return versions.promote(to, instead_of) or versions.stages().has(to, CURRENT)


def _set_secret(work: _Work) -> StepResult:
    """→ set | lost. There is nothing to set at TwinMind."""
    if work.has(PENDING) or work.has(CURRENT):
        return work.quiet(Outcome.SET, "TwinMind needs no telling: people made the key there beforehand.")
    return work.lost()


def _test_secret(work: _Work) -> StepResult:
    """→ passed | failed | unreachable. Only `passed` leaves AWSPENDING where it is."""
    if work.has(CURRENT):
        check = work.rotation.check(work.version)
        return work.quiet(Outcome(check.verdict), f"The version is current already: {check.why}.")
    if not work.has(PENDING):
        work.lost()
        return work.quiet(Outcome.FAILED, "The version is not pending any more; another one is needed.")
    known = work.rotation.record_of(work.version)
    if known and known.state in (VersionState.FAILED, VersionState.UNREACHABLE):
        verdict: Verdict = "failed" if known.state is VersionState.FAILED else "unreachable"
        return _not_passed(work, KeyCheck(verdict, "as tested before"))
    check = work.rotation.check(work.version)
    work.rotation.note(work.version, VersionState(check.verdict))
    return work.record(Outcome.PASSED, f"The new key works: {check.why}.") if check.passed else _not_passed(work, check)


def _not_passed(work: _Work, check: KeyCheck) -> StepResult:
    work.rotation.give_up(work.stages, work.version)
    if check.verdict == "failed":
        return work.record(Outcome.FAILED, f"The standby key is refused ({check.why}); it is not used.")
    return work.record(Outcome.UNREACHABLE, f"The standby key could not be tested ({check.why}), so it is not used.")


def _finish_secret(work: _Work) -> StepResult:
    """→ promoted | not_tested | not_allowed | lost. Reads first: a promotion that is repeated has been done."""
    rotation = work.rotation
    if work.has(CURRENT):
        return _promoted(work)
    if work.old is None or not work.has(PENDING) or not work.stages.has(work.old, CURRENT):
        return work.lost()
    if problem := _untrusted(work):
        return work.given_up(Outcome.NOT_TESTED, f"Not promoted: {problem}.")
    use = rotation.use()
    record = rotation.record_of(work.version)
    plan = record.plan if record else None
    permission = allowed(rotation.ctx, rotation.action, use=use, plan=plan)
    if not permission.granted:
        return work.given_up(Outcome.NOT_ALLOWED, f"Not promoted: {permission.why}.")
    if not take(rotation.ctx, rotation.action, permission, use=use, plan=plan):
        return work.given_up(
            Outcome.NOT_ALLOWED, "Not promoted: another act used the budget or the approval up meanwhile."
        )
    if record is None or record.mode is not permission.mode:  # it was changed since the key was staged
        rotation.note(work.version, VersionState.PASSED, mode=permission.mode)
    return _promoted(work) if work.moves_current(work.version, instead_of=work.old) else work.lost()


def _untrusted(work: _Work) -> str:
    """Why the new key must not become current, or "". It can be revoked, or found, between its test and here; the
    current one may work, so only a key that passes now goes on.
    """
    rotation = work.rotation
    if not rotation.has_passed(work.version):
        return "no test of the new key has passed in this rotation"
    if rotation.leak_of(work.version):
        return "the new key is known to have leaked"
    check = rotation.check(work.version)
    return "" if check.passed else f"the new key passed its test and now {check.why}"


def _promoted(work: _Work) -> StepResult:
    rotation = work.rotation
    rotation.note(work.version, VersionState.PROMOTED)
    if work.old:
        rotation.keep_last(work.version, work.old, restored=False)
    rotation.give_up(work.stages, work.version)
    left = strip(rotation)
    record, is_leaked = rotation.record_of(work.version), rotation.leak_of(work.old) is not None
    before = "The leaked one has no label any more." if is_leaked else "The old one stays as AWSPREVIOUS."
    if left:
        before = f"Version {left[0]} leaked and still has a label."
    name = record.key_name if record and record.staged else "the tested key"
    return work.record(Outcome.PROMOTED, f"Rotated to {name}: it passed its test and is in force. {before}")


_ON_VERSION: Mapping[str, Callable[[_Work], StepResult]] = {
    "setSecret": _set_secret,
    "testSecret": _test_secret,
    "finishSecret": _finish_secret,
}


def _restore_secret(rotation: Rotation) -> StepResult:
    """→ restored | kept. The old version comes back only if its key works now; the ids come from our own record."""
    stages = rotation.versions.stages()
    rotation.tidy(stages)
    last = last_rotation(rotation.ctx)
    if last is None or last.incident_id != rotation.ctx.incident.id:
        return rotation.record(Outcome.KEPT, "This incident rotated nothing that could be put back.")
    work = _Work(rotation, stages, last.version_id, last.old_version_id)
    if stages.has(last.old_version_id, CURRENT) and not rotation.leak_of(work.old):
        return _restored(work)
    if not work.has(CURRENT):
        return work.record(Outcome.KEPT, "Somebody else has set another version since; it is left alone.")
    if last.action == "contain" or rotation.leak_of(work.old):
        strip(rotation)
        return work.record(
            Outcome.KEPT, "The tested new key stays: the old one leaked, and never becomes current again."
        )
    permission = may_undo(rotation.ctx, "rotate")
    if not permission.granted:
        return work.record(Outcome.KEPT, f"The tested new key stays: {permission.why}.")
    check = rotation.check(last.old_version_id)
    if not check.passed:
        return work.record(Outcome.KEPT, f"The tested new key stays, because the old one does not work: {check.why}.")
    if not work.moves_current(last.old_version_id, instead_of=work.version):
        return work.record(
            Outcome.KEPT, "Somebody else changed the labels of the secret meanwhile; they are left alone."
        )
    return _restored(work)


def _restored(work: _Work) -> StepResult:
    if work.old:
        work.rotation.keep_last(work.version, work.old, restored=True)
    return work.record(Outcome.RESTORED, "The old key works again and is in force.")
