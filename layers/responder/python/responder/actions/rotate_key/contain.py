"""Contains a leaked key (S-91 to S-95): finds which key leaked, and removes every label of the secret that leads to it.

Keys are compared by value, because the same key can be saved again as another version. What follows (who read the
secret, whether TwinMind refuses the key) is in responder.actions.rotate_key.leak_review.
"""

from dataclasses import replace

from responder.actions.last_rotation import last_rotation
from responder.actions.rotate_key.records import StepResult
from responder.actions.rotate_key.rotation import Rotation
from responder.aws.secret_versions import CURRENT, PENDING, PREVIOUS, Stages
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.leaked_key import LeakedKey


def contained(rotation: Rotation, current: str) -> StepResult | None:
    """→ already_done, if the leaked key is known and is not current any more. None if there is work to do.

    A version that was made after the incident began does not hold the leaked key, unless somebody saved it again.
    """
    incident = rotation.ctx.incident
    if incident.cause is not Cause.KEY_LEAKED or rotation.leak_of(current) or _is_older(rotation, current):
        return None
    previous = rotation.stages.holder(PREVIOUS)
    if previous and _is_older(rotation, previous):
        note(rotation, previous)
    leaks = [leak for leak in rotation.leaks.all() if leak.was_in_use(incident.started_at)]
    if not leaks or rotation.leak_of(current):
        return None
    _join(rotation, leaks)
    rotation.tidy()
    # After our own promotion we remove the leaked key's labels. After somebody else's they are theirs to remove.
    left = strip(rotation) if rotation.record_of(current) else labelled(rotation, rotation.versions.stages())
    text = f"The leaked key (fingerprint {leaks[0].short}) is current no more: version {current} holds another one."
    if left:
        text += (
            f" The leaked one, version {left[0]}, is not withdrawn yet; do it: aws secretsmanager "
            f"update-secret-version-stage --version-stage AWSPREVIOUS --remove-from-version-id {left[0]} "
            "--secret-id with the stack's output TwinMindApiKeySecretArn."
        )
    return replace(rotation, version=current).record("already_done", text)


def doubt(rotation: Rotation, current: str) -> str:
    """A clause with the other keys that the alert could be about: people must say which one leaked.

    "" if it can only be the current key. Then this key is recorded as leaked now: after a change nobody could tell.
    """
    if rotation.leak_of(current):
        return ""
    previous = _other_than(rotation, current)
    leaks = sorted(rotation.leaks.all(), key=lambda leak: leak.noted_at, reverse=True)
    found = [f"the one before (fingerprint {_short(rotation, previous)}, version {previous})"] if previous else []
    found += [f"one that leaked before (fingerprint {leak.short})" for leak in leaks[:1]]
    if not found and not _is_older(rotation, current):
        return "one from before the alert, which cannot be read any more"
    if not found:
        note(rotation, current)
    return " or ".join(found)


def plan_reason(rotation: Rotation, current: str, others: str) -> str:
    """The beginning of the plan's sentence. With `others`, it asks people which key leaked."""
    if not others:
        return "Replace the TwinMind API key, which leaked"
    return (
        f"Which key leaked? Approve if it is the current one (fingerprint {_short(rotation, current)}); decline if it "
        f"is {others}, which is then never used again. Approved: replace the TwinMind API key"
    )


def clear_current(rotation: Rotation, current: str) -> str:
    """People said that the current key did not leak, so the others did: records them. Returns a sentence on it."""
    if previous := _other_than(rotation, current):
        note(rotation, previous)
    leaks = [leak for leak in rotation.leaks.all() if not previous or previous in leak.version_ids]
    _join(rotation, leaks)
    named = ", ".join(leak.short for leak in leaks) or "none that can be read"
    return f"The current key is not the one that leaked, people say. Known to have leaked, by fingerprint: {named}."


def strip(rotation: Rotation) -> list[str]:
    """Removes every label but AWSCURRENT from versions with a leaked key. Returns the versions that still have one."""
    stages = rotation.versions.stages()
    found = labelled(rotation, stages)
    for version in found:
        if stages.has(version, PREVIOUS):
            rotation.versions.forget_previous(version)
        if stages.has(version, PENDING):
            rotation.versions.withdraw(version)
    return labelled(rotation, rotation.versions.stages()) if found else []


def labelled(rotation: Rotation, stages: Stages) -> list[str]:
    """The versions that hold a leaked key and have another label than AWSCURRENT."""
    current = stages.holder(CURRENT)
    held = dict.fromkeys((*stages.holders(PREVIOUS), *stages.holders(PENDING)))
    return [version for version in held if version != current and rotation.leak_of(version)]


def note(rotation: Rotation, version: str) -> None:
    """Records that the version's key leaked. Does nothing if the version cannot be read."""
    key, incident = rotation.key_of(version), rotation.ctx.incident
    if key is None:
        return
    if known := rotation.leaks.find(key):
        rotation.leaks.keep(known.joined(version_id=version, incident_id=incident.id))
        return
    at = now()
    since = rotation.versions.made_at(version) or at
    fingerprint = rotation.leaks.fingerprint(key)
    leak = LeakedKey(
        fingerprint=fingerprint,
        version_ids=(version,),
        incident_ids=(incident.id,),
        noted_at=at,
        in_use_since=since,
    )
    if rotation.leaks.note(leak):
        text = (
            f"The alert says that the TwinMind key leaked: fingerprint {leak.short}, version {version}, in use since "
            f"{since:%Y-%m-%d %H:%M} UTC."
        )
        rotation.ctx.record("leak_noted", text, key=f"leak-{leak.short}", version_id=version)


def _join(rotation: Rotation, leaks: list[LeakedKey]) -> None:
    for leak in leaks:
        if rotation.ctx.incident.id not in leak.incident_ids:
            rotation.leaks.keep(leak.joined(incident_id=rotation.ctx.incident.id))


def _other_than(rotation: Rotation, current: str) -> str | None:
    """The previous version, if it holds another key than the current one, and that key is not known to have leaked."""
    previous = rotation.stages.holder(PREVIOUS)
    key = rotation.key_of(previous)
    return previous if key and key != rotation.key_of(current) and not rotation.leaks.find(key) else None


def _short(rotation: Rotation, version: str) -> str:
    return rotation.leaks.fingerprint(rotation.key_of(version) or "")[:8]


def _is_older(rotation: Rotation, version: str) -> bool:
    """Whether the version was there when the incident began.

    For our own containment our record has the exact time. It counts too if it was cut off right after its promotion,
    before it was stored as the last rotation: else a second key would be used up for it.
    """
    began, last = rotation.ctx.incident.started_at, last_rotation(rotation.ctx)
    if last and last.version_id == version and last.action == "contain":
        return last.at <= began
    own = rotation.record_of(version)
    if own and own.action == "contain" and own.incident_id == rotation.ctx.incident.id:
        return own.at <= began
    made = rotation.versions.made_at(version)
    return made is None or made <= began
