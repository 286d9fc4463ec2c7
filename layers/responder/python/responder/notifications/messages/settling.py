"""The messages after people answered a question, or did not. Pure."""

from responder.domain.human_task import HumanTask
from responder.domain.incident import IncidentStatus
from responder.domain.redact import redact
from responder.domain.update import Kind, Update, clock_time, shortened
from responder.notifications.messages.asking import in_brief, question_of, short
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.parts import severity_of, tried, update_of
from responder.notifications.messages.wording import headline


def settled(notification: NotificationContext, task: HumanTask) -> Update:
    """The decision, and the action's result or, without one, the question."""
    asked_for = question_of(task, by_button=False) if task.is_approval else None
    came = _came_of_it(notification, task)
    outcome = (f"Done, as {who(task.decided_by)} approved",) if came else _outcome(notification, task)
    return update_of(
        notification,
        Kind.TASK_SETTLED,
        f"ask-settled-{task.key}-{task.decision}",
        headline(
            severity_of(notification),
            *outcome,
            short(came) if came else in_brief(task),
        ),
        state=", ".join(outcome),
        task=task.name,
        doing=(_what_follows(notification, task),),
        question=asked_for,
    )


def _outcome(notification: NotificationContext, task: HumanTask) -> tuple[str, ...]:
    by = who(task.decided_by)
    reason = (f"“{redact(shortened(' '.join(task.reason.split()), 120))}”",) if task.reason else ()
    match task.decision:
        case "approved":
            return (f"Approved by {by}{_at(task)}", *(() if task.acted_on else (_going_ahead(notification),)))
        case "declined":
            return (f"Declined by {by}{_at(task)}", *reason, "nothing is changed")
        case "fulfilled":
            return (f"Done{f' by {by}' if task.decided_by else ''}{_at(task)}", "going on")
        case "withdrawn":
            return ("No longer asked", *reason, "nothing was changed")
        case _:
            return (f"Nobody answered within {_patience(task)}", "given up, nothing changed, it is left to you")


def _came_of_it(notification: NotificationContext, task: HumanTask) -> str:
    """The action's own result, if it was done before this message."""
    own = tuple(action for action in notification.actions if action.name == task.action)
    return tried(own)[-1] if task.decision == "approved" and task.acted_on and own else ""


def _going_ahead(notification: NotificationContext) -> str:
    return "it has recovered, so the approval is kept for later" if _has_recovered(notification) else "doing it now"


def _has_recovered(notification: NotificationContext) -> bool:
    return notification.incident.status is IncidentStatus.MITIGATED


def _what_follows(notification: NotificationContext, task: HumanTask) -> str:
    match task.decision:
        case "approved" if _has_recovered(notification) and not task.acted_on:
            return "Nothing is done now. If it comes back within half an hour, this approval still counts."
        case "approved" if notification.incident.status is IncidentStatus.HANDED_OVER:
            return "People do what is left to do, as we have said."
        case "approved":
            return "We watch whether it helps, and say so here."
        case "declined":
            return "We change nothing, keep watching, and say so when it recovers."
        case "fulfilled":
            return "We go on with it now."
        case "withdrawn":
            return "The situation has changed. We ask again for what is needed now."
        case _:
            return "We do not do it any more, even if somebody approves now. We keep watching."


def who(by: str | None) -> str:
    """`slack:U0ONCALL` stays, because Slack shows it as a name. A name given with the command is marked as that."""
    if by and by.startswith("iam:"):
        return f"{redact(by.removeprefix('iam:'))} (by command)"
    return redact(by) if by else "the clock"


def _patience(task: HumanTask) -> str:
    minutes = round(((task.expires_at or task.requested_at) - task.requested_at).total_seconds() / 60)
    return f"{minutes} minutes" if minutes else "the time"


def _at(task: HumanTask) -> str:
    return f" at {clock_time(task.decided_at)}" if task.decided_at else ""
