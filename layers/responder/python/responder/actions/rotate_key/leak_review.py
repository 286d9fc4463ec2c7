"""The review after a leak: who read the secret, and whether TwinMind refuses the key by now (S-91, S-93, S-95)."""

from datetime import datetime, timedelta

from responder.aws.cloudtrail import AccessLogUnreadable, read_access_log
from responder.aws.secret_versions import CURRENT, PENDING, PREVIOUS, Versions
from responder.aws.secrets import api_key
from responder.context import IncidentContext
from responder.domain.clock import iso
from responder.domain.diagnosis import Severity
from responder.domain.human_task import HumanTask, HumanTasks, task_named, with_task
from responder.domain.leaked_key import CHECKED_FOR, REVIEW_AFTER, LeakedKey, check_due, is_over, review_due
from responder.domain.secret_access import access_text, readers
from responder.integrations.twinmind.key_check import check_key
from responder.notify import notify_people

REVOKE = "revoke_key"
LABELS = (CURRENT, PREVIOUS, PENDING)
CHECKLIST = (
    "To review, in the ticket:",
    "- S-91 revoke the leaked key in TwinMind's dashboard; confirmed below once TwinMind answers 401",
    "- S-93 go through the readers below: who is each unknown one, and is each known one still meant to read it",
    "- S-93 ask TwinMind's support for calls with the key from addresses that are not ours; no log of ours has them",
    "- S-93 look where the key was found, and take it out there: repository history, logs, chat, images, CI variables",
    "- S-94 every copy outside Secrets Manager has the new key, or is gone (one key per environment)",
    "- S-95 how it got there, and what would have stopped it: scanning, narrower roles, planned rotation",
)


def review(ctx: IncidentContext, leak: LeakedKey, at: datetime, *, from_workflow: bool = False) -> LeakedKey:
    """Does what is due, tells people what is new, and stores what it found. Raises what AWS raises.

    It stores last, so a try that is cut off is repeated; each message is sent once. `from_workflow`: asks TwinMind
    now, and leaves the access log to the schedule.
    """
    versions = Versions(ctx.settings.twinmind_api_key_secret)
    leak = _replaced(ctx, versions, leak, at)
    if check_due(leak, at) or (from_workflow and not (leak.revoked_at or leak.unreadable_at)):
        leak = _checked(ctx, versions, leak, at)
    if leak.replaced_at and not (leak.revoked_at or leak.unreadable_at) and _works_without_it(ctx):
        _ask_to_revoke(ctx, leak, at)
    if not from_workflow and review_due(leak, at) and look(ctx, leak, at, name=str(len(leak.reviews))):
        leak = leak.model_copy(update={"reviews": (*leak.reviews, at)})
    if is_over(leak, at):
        leak = _ended(ctx, leak, at)
    ctx.leaks.keep(leak)
    return leak


def look(ctx: IncidentContext, leak: LeakedKey, at: datetime, *, name: str) -> bool:
    """Reads who read the secret, and tells people. False if CloudTrail cannot be read; people are told that too."""
    arn = ctx.settings.twinmind_api_key_secret
    key = f"leak-{leak.short}-review-{name}"
    try:
        access_log = read_access_log(arn, leak.in_use_since, at)
    except AccessLogUnreadable as error:
        text = f"Who read the leaked key could not be looked up: CloudTrail says {error}. It is tried again."
        notify_people(ctx, key=f"{key}-failed", text=text)
        ctx.record("leak_review", text, key=f"{key}-failed")
        return False
    reads = [read for read in access_log.reads if read.version_id in (None, *leak.version_ids)]
    account = ctx.settings.state_machine_arn.split(":")[4]
    known = ctx.runbook.leak.known_readers
    found = readers(reads, stack=ctx.settings.stack_name, account=account, known=known)
    text = f"{access_text(found, access_log, leak.in_use_since)} {_again(leak)}"
    if name == "0":
        text = "\n".join((text, *CHECKLIST))
    listed = [reader.dump() for reader in found]
    until = iso(access_log.complete_until)
    ctx.record("leak_review", text, key=key, fingerprint=leak.short, readers=listed, complete_until=until)
    notify_people(ctx, key=key, text=text)
    return True


def _again(leak: LeakedKey) -> str:
    later = [f"{leak.noted_at + after:%m-%d %H:%M} UTC" for after in REVIEW_AFTER[len(leak.reviews) + 1 :]]
    return f"It is looked at again: {' and '.join(later)}." if later else "This was the last look."


def _replaced(ctx: IncidentContext, versions: Versions, leak: LeakedKey, at: datetime) -> LeakedKey:
    """Stores whether the leaked key is replaced, by comparing keys. If it was saved again, nobody may revoke it yet."""
    current = versions.stages().holder(CURRENT)
    key = _key(ctx, versions, current)
    if current is None or key is None or (ctx.leaks.fingerprint(key) != leak.fingerprint) == bool(leak.replaced_at):
        return leak
    if leak.replaced_at is None:
        return leak.model_copy(update={"replaced_at": at})
    text = f"The leaked key is current again, as version {current}: do not revoke it before it is replaced."
    _say(ctx, leak, f"back-{current}", text)
    return leak.joined(version_id=current, incident_id=leak.incident_id).model_copy(update={"replaced_at": None})


def _key(ctx: IncidentContext, versions: Versions, version: str | None) -> str | None:
    return api_key(versions.value(version), ctx.runbook.endpoints.twinmind.key_json_field) if version else None


def _checked(ctx: IncidentContext, versions: Versions, leak: LeakedKey, at: datetime) -> LeakedKey:
    """Asks TwinMind with the leaked key: only its 401 is proof that the key was revoked."""
    twinmind = ctx.runbook.endpoints.twinmind
    key = next((key for version in leak.version_ids if (key := _key(ctx, versions, version))), None)
    if key is None:
        said = (
            "The leaked version cannot be read any more (AWS deletes versions without a label), so whether TwinMind "
            f"refuses its key cannot be tested: see for yourself at {ctx.runbook.endpoints.dashboard_url}."
        )
        _say(ctx, leak, "unreadable", said)
        return leak.model_copy(update={"checked_at": at, "unreadable_at": at})
    check = check_key(ctx.http, twinmind, key)
    if check.verdict != "failed":
        return leak.model_copy(update={"checked_at": at})
    _say(ctx, leak, "revoked", f"TwinMind refuses the leaked key ({check.why}): it is revoked.")
    _answer_ask(ctx, at)
    return leak.model_copy(update={"checked_at": at, "revoked_at": at})


def _works_without_it(ctx: IncidentContext) -> bool:
    """Whether the service works without the leaked key: proven after its restart, or the incident is over."""
    proofs = [entry.key for entry in ctx.table.timeline(ctx.incident.id) if entry.kind == "proof"]
    return not ctx.incident.status.is_open or any(key.endswith("-proven") for key in proofs)


def _revoking(ctx: IncidentContext, at: datetime) -> HumanTask:
    response = ctx.runbook.severities[ctx.incident.severity or Severity.P1].response_minutes
    dashboard = ctx.runbook.endpoints.dashboard_url
    sentence = f"Revoke the leaked TwinMind key at {dashboard}: the service has another one by now."
    return HumanTask(
        name=REVOKE,
        action="contain",
        sentence=sentence,
        effect="TwinMind refuses the leaked key; it is tried here until it does, and you hear of it.",
        undo="none: a revoked key stays revoked",
        requested_at=at,
        remind_at=at + timedelta(minutes=response),
    )


def _ask_to_revoke(ctx: IncidentContext, leak: LeakedKey, at: datetime) -> None:
    """Asks people to revoke the key (S-91). Call it once the service works with another key."""
    task = _revoking(ctx, at)
    ctx.edit_tasks(lambda present: present if task_named(present, REVOKE) else with_task(present, task))
    _say(ctx, leak, "task", task.sentence)


def _answer_ask(ctx: IncidentContext, at: datetime) -> None:
    """Marks the revocation as done, also if nobody was asked yet: then nobody is asked later."""

    def answered(present: HumanTasks) -> HumanTasks:
        task = task_named(present, REVOKE) or _revoking(ctx, at)
        if task.decision is not None:
            return present
        done = {"decision": "fulfilled", "decided_at": at, "decided_by": "TwinMind's 401", "acted_on": True}
        return with_task(present, task.model_copy(update=done))

    ctx.edit_tasks(answered)


def _ended(ctx: IncidentContext, leak: LeakedKey, at: datetime) -> LeakedKey:
    versions = Versions(ctx.settings.twinmind_api_key_secret)
    stages = versions.stages()
    held = {label: _key(ctx, versions, stages.holder(label)) for label in LABELS}
    left = [label for label, key in held.items() if key and ctx.leaks.fingerprint(key) == leak.fingerprint]
    if left:
        _say(ctx, leak, "labels", f"A version with the leaked key still has {' and '.join(left)}.")
    if not (leak.revoked_at or leak.unreadable_at):
        days = CHECKED_FOR.days
        text = f"TwinMind was not seen to refuse the leaked key in {days} days; nobody tries it any more."
        _say(ctx, leak, "given-up", text)
    return leak.model_copy(update={"ended_at": at})


def _say(ctx: IncidentContext, leak: LeakedKey, what: str, text: str) -> None:
    key = f"leak-{leak.short}-{what}"
    notify_people(ctx, key=key, text=text)
    ctx.record("leak", text, key=key, fingerprint=leak.short)
