"""The messages while an incident is open. Pure."""

from dataclasses import replace

from responder.config.base import Mode
from responder.domain.diagnosis import Cause, Verdict
from responder.domain.incident import IncidentStatus
from responder.domain.redact import redact
from responder.domain.update import Kind, Update
from responder.notifications.messages.guidance import guidance
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.parts import (
    acknowledge_button,
    changing,
    duration,
    evidence,
    fingerprint,
    known,
    mention,
    recurrence,
    severity_of,
    standing,
    tried,
    update_of,
)
from responder.notifications.messages.steps import Guidance
from responder.notifications.messages.support_bundle import bundle, higher_limit, support_mail
from responder.notifications.messages.switched import back_by_hand, switched_lines
from responder.notifications.messages.wording import FAULT, doing, headline, step, symptom
from responder.workflow import deadlines
from responder.workflow.escalation import clock_start, next_due
from responder.workflow.escalation import severity_of as severity_of_clock

# With these verdicts, people write to TwinMind's support what we saw (S-100, S-101).
NEEDS_SUPPORT = (Verdict.THEIRS, Verdict.QUOTA)


def opened(notification: NotificationContext, execution_number: int) -> Update:
    """Tells the first reader of the alert that the response has started, and where to follow it."""
    begun = "started" if execution_number == 1 else f"goes on in execution {execution_number}"
    return update_of(
        notification,
        Kind.OPENED,
        f"opened-{execution_number}",
        headline(f"The automatic response {begun}", "the checks of the runbook are running"),
        doing=("We check TwinMind, our key, our service and the status page, and write here what we find.",),
    )


def announced(notification: NotificationContext) -> Update:
    """The first message about a diagnosis, and one for each change of it."""
    incident, cause, mode = notification.incident, notification.cause, notification.mode
    people_answer, again = step(cause, mode) == "you are needed", "Reopened" if incident.reopened_at else None
    is_by_hand = people_answer and mode is not Mode.APPROVE
    help_text = steps_and_drafts(notification) if is_by_hand else Guidance(drafts=_drafts(notification))
    return update_of(
        notification,
        Kind.ANNOUNCED,
        f"announced-{evidence(notification)}",
        headline(severity_of(notification), again, symptom(incident), FAULT[cause], step(cause, mode)),
        known=(*recurrence(notification), *known(notification), *notification.unreached),
        doing=doing(cause, mode),
        need_from_people=help_text.need or _need_while_we_work(notification),
        commands=help_text.commands,
        next_update_by=notification.next_update_by,
        mention=mention(notification, incident.escalated_level) if people_answer else None,
        alert_buttons=acknowledge_button(incident),
    )


def handed_over(notification: NotificationContext) -> Update:
    """Hands the incident to people: what we tried, and exactly what is left to do."""
    help_text, done = steps_and_drafts(notification), tried(notification.actions)
    return update_of(
        notification,
        Kind.HANDOVER,
        # It is handed over again only if something else was tried since.
        f"handover-{evidence(notification)}-{fingerprint(done)}",
        headline(severity_of(notification), symptom(notification.incident), FAULT[notification.cause], "yours now"),
        state="with people now; we keep watching",
        # Short, because the thread and the page have the diagnosis: the first screen must show what is left to do.
        known=(*changing(notification), *map(redact, notification.incident.reasons[:1]), *done),
        doing=(_nothing_more(notification), *switched_lines(notification.overrides)),
        need_from_people=help_text.need,
        commands=help_text.commands,
        next_update_by=notification.next_update_by,
        mention=mention(notification, notification.incident.escalated_level),
        alert_buttons=acknowledge_button(notification.incident),
    )


def escalated(notification: NotificationContext, level: int) -> Update:
    """Calls a level, because no person has acknowledged. After a taken-back acknowledgement, `key` is a new one."""
    incident, escalation_level = notification.incident, notification.runbook.escalation[level]
    again = incident.acknowledgement.at if incident.acknowledgement and not incident.acknowledgement.value else None
    suffix = f"-{int(again.timestamp())}" if again else ""
    since = duration(clock_start(incident), notification.now)
    why = "the acknowledgement was taken back or ran out" if again else f"nobody has acknowledged for {since}"
    left = _left_to_people(notification)
    return update_of(
        notification,
        Kind.ESCALATION,
        f"escalation-{level}{suffix}",
        headline(
            severity_of(notification),
            f"Level {level}: {escalation_level.who}",
            why,
            symptom(incident),
            FAULT[notification.cause],
        ),
        state=f"level {level} is called, {escalation_level.who}: {why}",
        known=(*notification.unreached, *known(notification), *tried(notification.actions)),
        doing=_doing_now(notification),
        need_from_people=(f"{escalation_level.who}: acknowledge the alert, or name who has it.", *left.need),
        commands=left.commands,
        next_update_by=notification.next_update_by,
        mention=mention(notification, level),
        alert_buttons=acknowledge_button(incident),
        level=level,
    )


def in_progress(notification: NotificationContext) -> Update:
    """The update that was promised as "next update by"; `key` names that promise by its `told_at`."""
    incident = notification.incident
    promise = int(incident.told_at.timestamp()) if incident.told_at else 0
    open_for = duration(incident.started_at, notification.now)
    return update_of(
        notification,
        Kind.PROGRESS,
        f"progress-{promise}",
        headline(
            severity_of(notification),
            symptom(incident),
            FAULT[notification.cause],
            f"still open after {open_for}",
        ),
        known=(*changing(notification), *tried(notification.actions)),
        doing=_doing_now(notification),
        need_from_people=_left_to_people(notification).need or _acknowledge(notification),
        next_update_by=notification.next_update_by,
    )


def upstream_activity_update(notification: NotificationContext) -> Update:
    """What people did upstream, and the present state, also for the thread's head. The promised time stays."""
    incident = notification.incident
    told_at = incident.told_at or notification.now
    return update_of(
        notification,
        Kind.UPSTREAM_ACTIVITY,
        f"heard-{fingerprint(tuple(one.key for one in incident.pending_upstream_activity))}",
        headline(severity_of(notification), symptom(incident), FAULT[notification.cause], standing(incident)),
        known=(
            *(redact(one.text) for one in incident.pending_upstream_activity),
            *changing(notification),
            *tried(notification.actions),
        ),
        doing=_doing_now(notification),
        need_from_people=_left_to_people(notification).need or _acknowledge(notification),
        next_update_by=deadlines.promised_by(notification.runbook, severity_of_clock(incident), told_at),
    )


def _need_while_we_work(notification: NotificationContext) -> tuple[str, ...]:
    if notification.cause.verdict in (Verdict.THEIRS, Verdict.NONE):
        steps = guidance(replace(notification, actions=())).steps
        return (*_acknowledge(notification), *(step.text for step in steps if step.does != "switch"))
    if notification.mode is Mode.APPROVE:
        return _acknowledge(notification, "We ask for your approval next.")
    if notification.cause is Cause.RATE_LIMITED:
        return _acknowledge(
            notification, "If this is your usual load, ask for a higher limit: a mail is drafted below."
        )
    return _acknowledge(notification, "Nothing else for now.")


def _acknowledge(notification: NotificationContext, more: str = "") -> tuple[str, ...]:
    """Asks for an acknowledgement only while somebody would be called next; then says `more`."""
    if next_due(notification.incident, notification.runbook, notification.now) is None:
        return (more,) if more else ()
    return (f"Acknowledge the alert, so that we stop calling further people. {more}".rstrip(),)


def _doing_now(notification: NotificationContext) -> tuple[str, ...]:
    """Once people have it, or it has recovered, we no longer do what the diagnosis called for."""
    if notification.incident.status is IncidentStatus.HANDED_OVER:
        return (f"People have it. {_nothing_more(notification)}", *switched_lines(notification.overrides))
    if notification.incident.status is IncidentStatus.MITIGATED:
        return ("It has recovered; we watch that it stays so.", *switched_lines(notification.overrides))
    return (*doing(notification.cause, notification.mode), *switched_lines(notification.overrides))


def _nothing_more(notification: NotificationContext) -> str:
    """We still do what an open question asks for, once people approve it or have done their part (staged a key)."""
    is_asking = any(task.is_open(notification.now) for task in notification.incident.human_tasks)
    but = " except what you are asked for" if is_asking else ""
    return f"We change nothing more{but}; we keep watching, and say so when it recovers."


def _left_to_people(notification: NotificationContext) -> Guidance:
    if notification.incident.status is not IncidentStatus.HANDED_OVER:
        return Guidance()
    return steps_and_drafts(notification)


def steps_and_drafts(notification: NotificationContext) -> Guidance:
    """What people must do, the mail that they may send, and the command that sets the service flags back."""
    back = back_by_hand(notification.overrides, notification.settings.service_flags_parameter)
    return Guidance(guidance(notification).steps, (*_drafts(notification), *back))


def _drafts(notification: NotificationContext) -> tuple[str, ...]:
    if notification.cause.verdict is Verdict.THEIRS:
        return (support_mail(notification.incident, notification.runbook, notification.findings),)
    if notification.cause is not Cause.RATE_LIMITED:
        return ()
    is_protected = bool(notification.overrides.settings_overridden)
    seen = bundle(notification.findings)
    calls = "\n".join(("What we saw of your API:", *(f"- {line}" for line in seen))) if seen else ""
    mail = higher_limit(notification.incident, notification.runbook, notification.quota, is_protected=is_protected)
    return (f"{mail}\n{calls}".rstrip(),)
