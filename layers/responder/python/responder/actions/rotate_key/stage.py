"""The step createSecret: stores the next standby key as a version with AWSPENDING, or says why not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from responder.actions import ACTIONS
from responder.actions.budgets import used_up
from responder.actions.gate import Permission, allowed
from responder.actions.last_rotation import last_rotation
from responder.actions.restart.consumers import obstacles
from responder.actions.rotate_key.contain import clear_current, contained, doubt, note, plan_reason
from responder.actions.rotate_key.records import StepResult
from responder.actions.rotate_key.rotation import MAX_ATTEMPTS, Rotation
from responder.actions.rotate_key.standby_keys import Candidate, next_candidate, unusable, with_key
from responder.actions.rotate_key.wait_for_key import go_on, wait_for_key, wait_for_others
from responder.approvals.request import request_approval
from responder.aws.secret_versions import CURRENT, PENDING, PREVIOUS
from responder.aws.secrets import read_secret, standby_keys
from responder.config.base import Mode
from responder.contracts.action import Plan
from responder.domain.clock import iso
from responder.domain.secret_shape import list_flaw
from responder.notifications.messages.stage_key import secret_name


class Choice(NamedTuple):
    version_id: str
    candidate: Candidate


def create_secret(rotation: Rotation) -> StepResult:
    """→ staged | observed | needs_approval | declined | expired | not_allowed | no_standby_key | busy | already_done |
    pending_elsewhere. Stages the next key, unless something forbids it or the key is already replaced.
    """
    current = rotation.stages.holder(CURRENT)
    text = rotation.versions.value(current) if current else None
    problem = unusable(text, rotation.field)
    if current is None or text is None or problem:
        return rotation.record("not_allowed", f"The key is not rotated: {problem}.")
    if (before := rotation.record_of(current)) and before.state == "passed":
        rotation.note(current, "promoted")  # an earlier try was cut off before it could store this
    done = _nothing_to_do(rotation, current)
    if done:
        go_on(rotation)
        return done
    others = doubt(rotation, current) if rotation.is_containment else ""
    choice = _choose(rotation)
    # Asked before the rotation: which consumers would keep the old key until people restart them.
    by_hand = obstacles(rotation.ctx) if choice else {}
    plan = _plan(rotation, choice, current, others, by_hand) if choice else None
    unsure = _unsure(others, by_hand)
    permission = allowed(rotation.ctx, rotation.action, use=rotation.use(), plan=plan, doubt=unsure)
    cleared = clear_current(rotation, current) if others and permission.outcome == "declined" else ""
    refusal = _refused(rotation, plan, permission, cleared)
    if refusal:
        return refusal
    if others:
        note(rotation, current)
    if not rotation.acquire():
        return _busy(rotation)
    if rotation.versions.stages() != rotation.stages:
        # Another rotation ended between our reading and our claim. So read everything again.
        rotation.release()
        return create_secret(replace(rotation))
    return _staged_before(rotation, current) or _stage(rotation, current, text, permission.mode, by_hand)


def _unsure(others: str, by_hand: Mapping[str, str]) -> str:
    """Why people are asked even if the mode is auto; "" if nothing is in doubt."""
    if others:
        return f"it could be about {others}, too"
    return f"people must restart {', '.join(by_hand)}" if by_hand else ""


def _nothing_to_do(rotation: Rotation, current: str) -> StepResult | None:
    """The result if the current key may stay; None if it must go. A leaked key must go even if it works."""
    if rotation.is_containment:
        return contained(rotation, current)
    is_good = rotation.check(current).passed and not rotation.leak_of(current)
    return _already_done(rotation, current) if is_good else None


def _refused(rotation: Rotation, plan: Plan | None, permission: Permission, cleared: str) -> StepResult | None:
    if permission.outcome == "not_allowed" and (found := _spent_by_another(rotation)):
        return found
    if not (permission.granted or permission.observes or permission.needs_approval):
        rotation.tidy()
        go_on(rotation, "withdrawn")
        text = f"The key is not rotated: {permission.why}. {cleared}".rstrip()
        return rotation.record(permission.outcome, text, mode=permission.mode)
    if foreign := rotation.foreign_pending():
        return _pending_elsewhere(rotation, foreign)
    if not permission.granted:
        rotation.tidy()
    if plan is None or (permission.needs_approval and _are_all_refused(rotation)):
        rotation.tidy()
        return _none_left(rotation, permission.mode)
    go_on(rotation)
    if permission.observes:
        text = f"Only observing ({permission.why}). Would do: {plan.with_undo}"
        return rotation.record("observed", text, plan=plan, mode=permission.mode)
    if permission.needs_approval:
        request_approval(rotation.ctx, plan, rotation.use())
        return rotation.record("needs_approval", f"People are asked: {plan.sentence}", plan=plan, mode=permission.mode)
    return None


def _spent_by_another(rotation: Rotation) -> StepResult | None:
    """The result if another incident's rotation has just spent the budget. It ended since our reading; or it may have
    died before its promotion, and its next execution goes on.
    """
    if used_up(rotation.ctx, rotation.action, rotation.use()) is None:
        return None
    if rotation.is_held:
        return _busy(rotation)
    return create_secret(replace(rotation)) if rotation.versions.stages() != rotation.stages else None


def _are_all_refused(rotation: Rotation) -> bool:
    """Whether TwinMind refused all standby keys in the last probe run. Then there is nothing that people could approve:
    they are asked for another key.
    """
    ctx, run = rotation.ctx, rotation.ctx.monitoring.last_run
    seen = ctx.table.finding(ctx.incident.id, run, "twinmind_standby_key") if run else None
    return seen is not None and seen.measurements.get("standby") == "refused"


def _busy(rotation: Rotation) -> StepResult:
    wait_for_others(rotation, "busy")
    return rotation.record("busy", f"Incident {rotation.holder()} is rotating the key at this moment.")


def _already_done(rotation: Rotation, current: str) -> StepResult:
    rotation.tidy()
    last = last_rotation(rotation.ctx)
    is_known = last is not None and last.version_id == current
    by = f" (rotated by incident {last.incident_id} at {iso(last.at)})" if last and is_known else ""
    text = f"Nothing to rotate: TwinMind accepts the current key{by}. What is left is to see that the service uses it."
    return replace(rotation, version=current).record("already_done", text)


def _pending_elsewhere(rotation: Rotation, version_id: str) -> StepResult:
    rotation.release()
    wait_for_others(rotation, "pending_elsewhere")
    return rotation.record(
        "pending_elsewhere",
        f"The key is not rotated: version {version_id} of the secret waits to be put in force, and not by us. "
        "Somebody else's rotation is under way, or was left half-way. Nothing of it was touched.",
    )


def _staged_before(rotation: Rotation, current: str) -> StepResult | None:
    """Goes on with the version that an earlier try of this step made. Every other version of ours loses AWSPENDING."""
    for version in rotation.stages.holders(PENDING):
        record = rotation.record_of(version)
        if record is None:
            continue
        ours = record.incident_id == rotation.ctx.incident.id and record.old_version_id == current
        if ours and record.state in ("staging", "passed") and version != current:
            return _staged(rotation, version, current)
        if record.state != "failed":
            rotation.note(version, "lost")
        rotation.versions.withdraw(version)
    return None


def _stage(rotation: Rotation, current: str, text: str, mode: Mode, by_hand: Mapping[str, str]) -> StepResult:
    """Writes the record before the version, so that no version of ours is ever taken for somebody else's."""
    while choice := _choose(rotation):
        version, candidate = choice
        plan = _plan(rotation, choice, current, "", by_hand)
        changes = {"action": rotation.action, "old_version_id": current, "plan": plan, "mode": mode}
        rotation.note(version, "staging", place=candidate.place, staged=candidate.staged, **changes)
        key = f"{rotation.action}-{version}-plan"
        rotation.ctx.record("action_planned", plan.with_undo, key=key, action=rotation.action, version_id=version)
        written = rotation.versions.put_pending(version, with_key(text, rotation.field, candidate.key))
        # AWS ignores a repeated token, and its label too. Only reading shows whether the version is there.
        if written and rotation.versions.stages().has(version, PENDING):
            return _staged(rotation, version, current)
        rotation.note(version, "lost")
    rotation.release()
    return _none_left(rotation, mode)


def _choose(rotation: Rotation) -> Choice | None:
    """The first attempt that is still open, with the first key that is not in use, not leaked and not refused so far.

    Refused keys are read from the versions that failed. AWS keeps every version for 24 hours (PutSecretValue). A key
    that is tested again after that costs one of MAX_ATTEMPTS.
    """
    keys = standby_keys(read_secret(rotation.ctx.settings.twinmind_standby_keys_secret))
    refused = {rotation.key_of(rotation.stages.holder(CURRENT))} | {key for key in keys if rotation.leaks.find(key)}
    before = rotation.key_of(rotation.stages.holder(PREVIOUS))
    for attempt in range(MAX_ATTEMPTS):
        version = rotation.version_id(attempt)
        record = rotation.record_of(version)
        if record and record.state == "failed":
            refused.add(rotation.key_of(version))
        if record is None or record.state == "staging":
            candidate = next_candidate(keys, {key for key in refused if key}, before)
            return Choice(version, candidate) if candidate else None
    return None


def _staged(rotation: Rotation, version: str, current: str) -> StepResult:
    go_on(rotation)
    text = "A standby key is chosen, and not yet tested."
    return replace(rotation, version=version, old=current).record("staged", text)


def _none_left(rotation: Rotation, mode: Mode) -> StepResult:
    wait_for_key(rotation)
    where = rotation.ctx.settings.twinmind_standby_keys_secret
    flaw = list_flaw(read_secret(where)) or "it lists no key that is not in use, refused, or leaked"
    text = f"The key is not rotated, because of the secret {secret_name(where)}: {flaw}."
    return rotation.record("no_standby_key", text, mode=mode)


def _plan(rotation: Rotation, choice: Choice, current: str, others: str, by_hand: Mapping[str, str]) -> Plan:
    candidate = choice.candidate
    why = plan_reason(rotation, current, others) if rotation.is_containment else "Rotate the TwinMind API key"
    stored = rotation.leaks.fingerprint(candidate.key)[:8]
    changes: dict[str, Any] = {
        "the key in force": {"before": f"version {current}", "after": f"{candidate.name}, {stored}"}
    }
    if by_hand:
        # Only the names: the words of a reason can change between two readings, and the plan must not.
        changes["restarted by people"] = {"before": "on the old key", "after": ", ".join(by_hand)}
    return Plan(
        action=rotation.action,
        sentence=f"{why}: test {candidate.name} (fingerprint {stored}), put it in force, restart the service and wait "
        "until it works." + "".join(f" {text}" for text in by_hand.values()),
        effect="From its next start on the service calls TwinMind with another key; the restart interrupts it shortly.",
        undo=ACTIONS[rotation.action].undo,
        # Without the new version's id: we make it up, so an approval must not depend on it.
        changes=changes,
    )
