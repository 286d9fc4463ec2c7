"""When a public notice is allowed, which incident owns it, and what approval it needs."""

from datetime import datetime, timedelta
from typing import Any

from responder.approvals.modes import modes_now
from responder.approvals.request import request_approval, task_name
from responder.config.base import Mode
from responder.context import IncidentContext
from responder.contracts.action import Plan
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Severity
from responder.domain.human_task import HumanTask, task_named, with_changes
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.model import Model
from responder.domain.redact import redact
from responder.integrations.statuspage.settings import Settings
from responder.notifications.messages.public_notice import PublicNotice, first_notice
from responder.notifications.messages.wording import first_action

ACTION = "public_notice"
_PLACES = {"title": "name", "words": "body", "status": "status", "impact": "impact", "components": "component_status"}
_ENTRY = "Status page: entry that people opened"
_EFFECT = "Customers read it on the status page, and its subscribers get a mail."
_UNDO = "It can be resolved or deleted on the status page; mails that went out stay."


class NoticeRecord(Model):
    """The open notice: its incidents and our last text. `theirs`: people took it over."""

    id: str
    incident_ids: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    theirs: bool = False


def mark_of(ctx: IncidentContext) -> str:
    return f"{ctx.runbook.integration}:notice"


def not_public(ctx: IncidentContext) -> str | None:
    """Why there is no public notice: it needs severity, user impact, and a known cause or approval."""
    why = _never(ctx)
    if why or approved(ctx):
        return why
    if ctx.incident.cause is Cause.UNKNOWN:
        return "the cause is not known, and nobody has approved the words"
    mode = modes_now(ctx)[ACTION]
    return None if mode is Mode.AUTO else f"modes.{ACTION} is {mode.value} in the runbook"


def _never(ctx: IncidentContext) -> str | None:
    """Why the notice is not public even with an approval; None if an approval can allow it."""
    incident = ctx.incident
    if incident.is_test:
        return "a test incident is never public"
    if incident.severity not in (Severity.P1, Severity.P2):
        return f"{incident.severity.value if incident.severity else 'an unclassified incident'} is not for the public"
    if not incident.user_impact:
        return "no finding shows that users are affected"
    if incident.cause in (None, Cause.NO_FAULT):
        return "nothing wrong was found" if incident.cause else "the cause is not known"
    return f"modes.{ACTION} is observe in the runbook" if modes_now(ctx)[ACTION] is Mode.OBSERVE else None


def held_off_until(ctx: IncidentContext) -> datetime | None:
    """While a repair of our own may end it soon, the notice waits; an outage of TwinMind is published at once."""
    incident, action = ctx.incident, first_action(ctx.incident.cause)
    until = incident.started_at + timedelta(seconds=ctx.runbook.vendors.of(Settings).hold_off_seconds)
    if action is None or incident.status is IncidentStatus.HANDED_OVER or now() >= until or approved(ctx):
        return None
    return until if modes_now(ctx)[action] is Mode.AUTO else None


def approved(ctx: IncidentContext) -> HumanTask | None:
    """This incident's approval: it covers one notice with its updates until the end."""
    task = task_named(ctx.incident.human_tasks, task_name(ACTION))
    return task if task and task.decision == "approved" else None


def approved_words(ctx: IncidentContext) -> dict[str, str] | None:
    """Title, text, status, impact and components' status as approved; None for an adoption."""
    task = approved(ctx)
    found = {name: (task.changes if task else {}).get(f"Status page: {place}") for place, name in _PLACES.items()}
    return {name: str(one["after"]) for name, one in found.items() if one} if all(found.values()) else None


def approval_before_posting(ctx: IncidentContext) -> None:
    """Requests approval of the first text if needed; withdraws an outdated request."""
    mode, asked = modes_now(ctx)[ACTION], task_named(ctx.incident.human_tasks, task_name(ACTION))
    needed = ctx.incident.cause is Cause.UNKNOWN or mode is Mode.APPROVE
    if _never(ctx) or not needed:
        if asked and asked.is_open(now()) and _ENTRY not in asked.changes:
            ctx.table.edit(ctx.incident.id, _withdrawn)
        return
    if approved(ctx) or ctx.table.has_record(mark_of(ctx)):
        return
    every = ctx.runbook.updates.every_minutes[ctx.incident.severity or Severity.P1]
    words = first_notice(ctx.incident, every)
    request_approval(ctx, _posting(words))


def approval_to_adopt(ctx: IncidentContext, entry: dict[str, Any]) -> str:
    """Requests approval to continue people's entry; returns the text for now."""
    name = redact(str(entry.get("name"))[:1000])[:100]
    plan = Plan(
        action=ACTION,
        sentence=f"Go on with the entry on the status page that people opened ({name}), and resolve it at the end.",
        effect="Our updates are added to it; what people wrote there stays.",
        undo="Write in it yourselves: from then on we leave it to you.",
        changes={_ENTRY: {"before": f"{entry.get('id')}: kept by people", "after": "kept by the responder"}},
    )
    request_approval(ctx, plan)
    return f"people have an entry open there ({name}), which stays theirs unless they approve that we go on with it"


def may_adopt(ctx: IncidentContext, entry: dict[str, Any]) -> bool:
    task = approved(ctx)
    change = task.changes.get(_ENTRY) if task else None
    return change is not None and str(change["before"]).startswith(f"{entry.get('id')}:")


def _posting(words: PublicNotice) -> Plan:
    after = {place: getattr(words, name) for place, name in _PLACES.items()}
    return Plan(
        action=ACTION,
        sentence=f"Post a public notice: “{words.name}”.",
        effect=_EFFECT,
        undo=_UNDO,
        changes={f"Status page: {place}": {"before": None, "after": said} for place, said in after.items()},
    )


def _withdrawn(present: Incident) -> Incident:
    gone = {"decision": "withdrawn", "decided_at": now(), "reason": "the diagnosis has changed"}
    asked = task_named(present.human_tasks, task_name(ACTION))
    if asked is None or asked.decision:
        return present
    return present.model_copy(update={"human_tasks": with_changes(present.human_tasks, asked.name, **gone)})
