"""The messages that ask people for an approval or for their work. Pure.

The reader was just woken: first what would be done and by when, then why, then exactly what changes.
"""

import json
import re
from typing import Any

from responder.domain.finding import spoken
from responder.domain.human_task import HumanTask
from responder.domain.redact import redact
from responder.domain.update import Kind, Question, Update, clock_time, shortened
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.parts import mention, readable, severity_of, update_of
from responder.notifications.messages.wording import DONE, FAULT, headline

REASONS, CHANGES, VALUE_LIMIT, SHORT_VALUE, HEADLINE_LIMIT = 2, 10, 200, 10, 150
# A vendor's word for a state, such as `major_outage`.
_IDENTIFIER = re.compile(r"[a-z]+(?:_[a-z]+)+")


# The Slack users who may decide with a button.
Approvers = tuple[str, ...]


def asked(notification: NotificationContext, task: HumanTask, approvers: Approvers) -> Update:
    """The question: `key` has the plan's hash, so people are asked again about a changed plan."""
    what = "Your approval is needed" if task.is_approval else "You are needed"
    return _question(notification, task, approvers, Kind.TASK, f"ask-{task.key}", f"{what}{_until(task)}")


def requested_again(notification: NotificationContext, task: HumanTask, approvers: Approvers, level: int) -> Update:
    """A reminder to the people who were asked, and to the next level's contact."""
    key = f"ask-reminder-{task.key}-{int(task.remind_at.timestamp())}"
    said = _question(
        notification, task, approvers, Kind.TASK_REMINDER, key, f"Nobody has answered yet, needed{_until(task)}"
    )
    return said.model_copy(update={"mention": mention(notification, level)})


def question_of(task: HumanTask, *, by_button: bool) -> Question:
    return Question(
        task=task.name,
        plan_hash=task.plan_hash,
        title="The plan",
        lines=tuple(map(readable, _plan(task))),
        effect=readable(redact(task.effect)),
        undo=readable(redact(task.undo)),
        by_button=by_button,
    )


def _question(
    notification: NotificationContext, task: HumanTask, approvers: Approvers, kind: Kind, key: str, first: str
) -> Update:
    incident = notification.incident
    impact = (redact(incident.impact),) if incident.impact else ()
    why = (
        f"{FAULT[notification.cause][0].upper()}{FAULT[notification.cause][1:]}.",
        *impact,
        *incident.reasons[:REASONS],
    )
    by_button = task.is_approval and bool(approvers)
    return update_of(
        notification,
        kind,
        key,
        headline(severity_of(notification), first, in_brief(task)),
        state=f"{first[0].lower()}{first[1:]}",
        task=task.name,
        known=tuple(redact(sentence) for sentence in why),
        question=question_of(task, by_button=by_button) if task.is_approval else None,
        need_from_people=_need(task, approvers),
        commands=_commands(notification, task),
        mention=mention(notification, incident.escalated_level),
    )


def _plan(task: HumanTask) -> tuple[str, ...]:
    sentence = redact(task.sentence)
    changes = [(place, change) for place, change in task.changes.items() if not _is_told(change, sentence)]
    shown = [f"Changes {_change(place, change)}" for place, change in changes[:CHANGES]]
    if len(changes) > CHANGES:
        shown.append(f"And {len(changes) - CHANGES} more changes of the same kind.")
    effect = (f"Effect: {redact(task.effect)}",) if task.effect else ()
    undo = (f"Undo: {redact(task.undo)}",) if task.undo else ()
    # The headline has the sentence already, unless that is too long for it.
    first = () if in_brief(task) == short(task.sentence) else (sentence,)
    return (*first, *shown, *effect, *undo) or (sentence,)


def _is_told(change: Any, sentence: str) -> bool:
    """Whether the sentence has both values, word for word; a short one, such as a number, can be there by chance."""
    told = (
        [change["before"], change["after"]] if isinstance(change, dict) and {"before", "after"} <= set(change) else []
    )
    return bool(told) and all(len(_value(one)) > SHORT_VALUE and _value(one) in sentence for one in told)


def _change(place: str, change: Any) -> str:
    if isinstance(change, dict) and {"before", "after"} <= set(change):
        return f"{redact(place)}: {_value(change['before'])} → {_value(change['after'])}"
    return f"{redact(place)}: {_value(change)}"


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    text = "nothing" if value is None else spoken(text) if _IDENTIFIER.fullmatch(text) else text
    return shortened(redact(" ".join(text.split())), VALUE_LIMIT)


def _need(task: HumanTask, approvers: Approvers) -> tuple[str, ...]:
    if not task.is_approval:
        return (redact(task.sentence), *((redact(task.effect),) if task.effect else ()), _without_an_answer(task))
    if approvers:
        how = "Approve or decline with the buttons in Slack, or with the command."
    else:
        how = "Approve or decline with the command; nobody may do it in Slack (runbook: approvals.approvers.slack)."
    return (how, _without_an_answer(task))


def _without_an_answer(task: HumanTask) -> str:
    if task.expires_at is None:
        return "There is no time limit: it stays open until the incident ends, and we go on when it is done."
    return f"If nobody answers by {clock_time(task.expires_at)}, we change nothing, and it is left to you."


def _commands(notification: NotificationContext, task: HumanTask) -> tuple[str, ...]:
    if not task.is_approval:
        return (task.command,) if task.command else ()
    return (command(notification.settings.decide_function, notification.incident.id, task),)


def command(function: str, incident_id: str, task: HumanTask) -> str:
    """For a shell with AWS credentials; declining is the same with `"decision": "decline"` and a `reason`."""
    payload = {
        "incident_id": incident_id,
        "task": task.name,
        "plan_hash": task.plan_hash,
        "decision": "approve",
        "by": "YOUR NAME",
    }
    return (
        f"# approve (or: decline, with a reason)\nprintf '%s' '{json.dumps(payload)}' | "
        f"aws lambda invoke --function-name {function} --payload fileb:///dev/stdin /dev/stdout"
    )


def _until(task: HumanTask) -> str:
    return f" by {clock_time(task.expires_at)}" if task.expires_at else ""


def in_brief(task: HumanTask) -> str:
    """The question for a headline: the task's sentence, or if that is too long, the action in a few words."""
    whole = short(task.sentence)
    return DONE.get(task.action or "", whole) if whole.endswith("…") else whole


def short(sentence: str) -> str:
    return shortened(redact(" ".join(sentence.split())).rstrip("."), HEADLINE_LIMIT)
