"""The messages about recovery, end and reminders, and about trouble of the workflow itself. Pure."""

from dataclasses import replace
from datetime import datetime

from responder.domain.alert import MANUAL, UpstreamStatus
from responder.domain.diagnosis import Cause
from responder.domain.incident import ActionRecord
from responder.domain.redact import redact
from responder.domain.update import AlertButton, Kind, Link, Update, clock_time, shortened
from responder.notifications.messages.key_steps import after_a_rotation
from responder.notifications.messages.notification import NotificationContext, object_url
from responder.notifications.messages.parts import (
    duration,
    effect_figures,
    ended_by,
    evidence,
    mention,
    outcomes,
    severity_of,
    update_of,
)
from responder.notifications.messages.steps import Step
from responder.notifications.messages.switched import switched_lines
from responder.notifications.messages.wording import FAULT, headline
from responder.workflow.escalation import is_silenced

SILENCED = (
    "We had acknowledged the alert upstream, so the pager is silent, and nobody has it: acknowledge it yourself now."
)


def mitigated(notification: NotificationContext) -> Update:
    minutes = notification.runbook.monitoring.close_after_seconds // 60
    quiet = f"{minutes} minutes" if minutes else "a moment"
    switched = switched_lines(notification.overrides)
    return update_of(
        notification,
        Kind.MITIGATED,
        f"mitigated-{evidence(notification)}",
        headline(
            severity_of(notification), "Recovered", f"it was: {FAULT[notification.cause]}", "watching before we close"
        ),
        state="recovered, and we watch that it stays so",
        known=(*outcomes(_untold(notification)), *effect_figures(notification), "Our checks are good again."),
        doing=(_until_close(switched, quiet), *switched),
        # Other steps are said once, at the end; revoking a leaked key cannot wait for that.
        need_from_people=_after(notification, "revoke") if notification.cause is Cause.KEY_LEAKED else (),
        next_update_by=notification.next_update_by,
    )


def _untold(notification: NotificationContext) -> tuple[ActionRecord, ...]:
    """Without what was told with the hand-over or as the outcome of an approval, or was not done at all."""
    tasks, handed = notification.incident.human_tasks, notification.handed_over_at
    told = [(one.action, one.outcome_told_at) for one in tasks if one.decision == "approved" and one.outcome_told_at]
    fresh = [one for one in notification.actions if handed is None or one.at > handed]
    done = [one for one in fresh if one.outcome not in ("declined", "expired")]
    return tuple(one for one in done if not any(one.name == name and one.at <= at for name, at in told))


def _until_close(switched: tuple[str, ...], quiet: str) -> str:
    if switched:
        return f"We set back what is switched for it. When it has then stayed good for {quiet}, we close it."
    return f"We close it when it has stayed good for {quiet}."


def resolved(notification: NotificationContext, at: datetime, upstream: UpstreamStatus | None = None) -> Update:
    """`upstream`: how the alert stands at the pager now; None where nobody could look."""
    incident = notification.incident
    rings, resolve, buttons = _alert_upstream(notification, upstream)
    ended = _ended(notification, duration(incident.started_at, at))
    return update_of(
        notification,
        Kind.RESOLVED,
        f"resolved-{int(at.timestamp())}",
        headline(severity_of(notification), *ended),
        state=", ".join(ended[::2]),
        known=(*_news_of_the_end(notification), *_disagreement(notification), *rings),
        doing=("The report follows.",),
        need_from_people=(*resolve, *left_to_people(notification)),
        alert_buttons=buttons,
    )


Texts = tuple[str, ...]


def _alert_upstream(
    notification: NotificationContext, status: UpstreamStatus | None
) -> tuple[Texts, Texts, tuple[AlertButton, ...]]:
    """Whether the alert is still open at the pager, what to do then, and the buttons for it."""
    incident = notification.incident
    if incident.source == MANUAL or incident.is_over_upstream or incident.merged_into:
        return (), (), ()
    pager, at = notification.runbook.vendors.title_of(incident.source), clock_time(notification.now)
    resolve = f"Resolve the alert in {pager}, unless somebody has done so by now."
    match status:
        case UpstreamStatus.RESOLVED:
            return (f"The alert in {pager} is resolved too.",), (), ()
        case UpstreamStatus.TRIGGERED:
            known = f"The alert in {pager} is still open, and it rings ({at})."
            return (known,), (resolve,), ("acknowledge", "resolve")
        case UpstreamStatus.ACKNOWLEDGED:
            return (f"The alert in {pager} is still open: acknowledged ({at}).",), (resolve,), ("resolve",)
        case _:
            return (f"We could not look whether the alert in {pager} is still open.",), (resolve,), ("resolve",)


def what_ended_it(notification: NotificationContext) -> tuple[str, ...]:
    """With the figures of the effect; empty if nothing was wrong, or if the incident was merged."""
    incident = notification.incident
    if incident.merged_into or incident.cause in (None, Cause.NO_FAULT):
        return ()
    how = redact(ended_by(incident, notification.actions))
    return (f"{how[0].upper()}{how[1:]}.", *effect_figures(notification))


def _news_of_the_end(notification: NotificationContext) -> tuple[str, ...]:
    """Without the figures if the message about the recovery had them."""
    return what_ended_it(replace(notification, timeline=()) if notification.incident.mitigated_at else notification)


def _ended(notification: NotificationContext, after: str) -> tuple[str, ...]:
    """The headline's last parts. A merged incident is not over, and the reader must not think so."""
    incident, cause = notification.incident, FAULT[notification.cause]
    if incident.merged_into:
        return (f"Merged into {incident.merged_into} after {after}", "it goes on there", cause)
    return (f"Over after {after}", f"it was: {cause}", _how_it_ended(notification))


def _how_it_ended(notification: NotificationContext) -> str:
    incident = notification.incident
    if incident.is_over_upstream:
        return "resolved upstream, but our checks still fail" if _disagreement(notification) else "resolved upstream"
    return "it stayed quiet" if notification.cause is Cause.NO_FAULT else "recovered and stayed good"


def _disagreement(notification: NotificationContext) -> tuple[str, ...]:
    """Tells people who resolved it that the checks still fail. Not for a merged incident, which goes on elsewhere."""
    if notification.incident.checks_agree is not False or notification.incident.merged_into:
        return ()
    return ("Our checks still fail: the last check before closing found the same.",)


def left_to_people(notification: NotificationContext) -> tuple[str, ...]:
    """The work that people still have after the end."""
    return (*_left_open(notification), *_after(notification))


def _left_open(notification: NotificationContext) -> tuple[str, ...]:
    if not (_disagreement(notification) and notification.incident.user_impact):
        return ()
    return ("Resolve the public notice by hand when it works for users, or reopen the alert: our checks still fail.",)


def notice(notification: NotificationContext, key: str, text: str) -> Update:
    """A message about trouble of our own, such as a failed execution or a message that was not delivered."""
    first, _, rest = redact(text).partition(". ")
    named = notification.incident.id in first
    return update_of(
        notification,
        Kind.FAILED,
        key,
        headline(
            severity_of(notification), shortened(first.rstrip("."), 150), None if named else notification.incident.id
        ),
        known=(rest,) if rest else (),
        need_from_people=(SILENCED,) if is_silenced(notification.incident) else (),
        mention=mention(notification, notification.incident.escalated_level),
    )


def _after(notification: NotificationContext, only: str = "") -> tuple[str, ...]:
    """The steps that are left to people after the end; `only`: those of one kind."""
    tasks = notification.incident.human_tasks
    is_revoked = any(task.name == "revoke_key" and task.decision == "fulfilled" for task in tasks)
    steps = after_a_rotation(notification, works=notification.incident.checks_agree is not False)
    left = [step for step in steps if not (is_revoked and step.does == "revoke")]
    return tuple(one_line(step) for step in left if only in ("", step.does))


def one_line(step: Step) -> str:
    return f"{step.text} Command: {step.command}" if step.does == "stage_spare" else step.text


def report_written(notification: NotificationContext, bucket: str, key: str) -> Update:
    incident = notification.incident
    at = int(incident.resolved_at.timestamp()) if incident.resolved_at else 0
    return update_of(
        notification,
        Kind.REPORT,
        f"report-{at}",
        headline("Report written", incident.id, "please check it and add the lessons learned"),
        links=(
            Link(text="Report", url=object_url(notification.settings.region, bucket, key)),
            Link(text="as a page", url=object_url(notification.settings.region, bucket, key.replace(".md", ".html"))),
        ),
    )


def left_over(notification: NotificationContext, hours: int, closed: int, still_open: tuple[str, ...]) -> Update:
    """A reminder after the end; `closed`: when the incident was closed, Unix seconds."""
    since = "a week" if hours == 168 else f"{hours} hours"
    count = f"{len(still_open)} thing{'' if len(still_open) == 1 else 's'} still open"
    return update_of(
        notification,
        Kind.FOLLOW_UP,
        f"reminder-{hours}-{closed}",
        headline(f"{since[0].upper()}{since[1:]} after the end", notification.incident.id, count),
        known=(f"It was: {FAULT[notification.cause]}.",),
        need_from_people=still_open,
    )
