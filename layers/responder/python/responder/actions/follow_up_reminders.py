"""A day and a week after an incident closed: reminds people of what is still open, if anything is."""

from aws_lambda_powertools import Logger

from responder.actions.rotate_key.check_standby_keys import StandbyTests
from responder.aws.reminder_table import Reminder, Reminders
from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused, inner
from responder.context import IncidentContext, open_context
from responder.domain.alert import UpstreamStatus
from responder.domain.clock import now
from responder.domain.update import Audience
from responder.integrations.jira import settings as jira_settings
from responder.integrations.jira.adf import open_boxes
from responder.integrations.jira.client import JiraClient
from responder.integrations.pagers import status_now
from responder.notifications.context import bare_context
from responder.notifications.messages import Kind, left_over
from responder.notify import deliver_undelivered, publish
from responder.workflow.follow_up import Aftermath, TicketState, due_times, left_open

logger = Logger()


def plan_reminders(ctx: IncidentContext) -> None:
    """Plans the reminders of one closing. After a reopening they do not match the closing any more and send nothing."""
    closed_at = ctx.incident.resolved_at
    if closed_at is None or ctx.incident.merged_into:
        return
    for hours, due_at in due_times(ctx.runbook, closed_at):
        closed = int(closed_at.timestamp())
        reminder = Reminder(due_at=due_at, incident_id=ctx.incident.id, hours=hours, closed=closed)
        Reminders(ctx.settings.table_name).plan(reminder)


def remind_all(table_name: str, failed: list[str]) -> list[str]:
    """Returns the ids of the incidents that people were reminded of. One that fails goes into `failed`, and is tried
    again in a minute.
    """
    reminded: list[str] = []
    for reminder in Reminders(table_name).due(now()):
        try:
            if remind(reminder):
                reminded.append(reminder.incident_id)
        except Exception:
            logger.exception("a reminder could not be looked after", extra={"incident_id": reminder.incident_id})
            failed.append(reminder.incident_id)
    return reminded


def remind(reminder: Reminder) -> bool:
    """Returns True if something was still open and people were told. The reminder is deleted last."""
    ctx = open_context({"incident_id": reminder.incident_id})
    if reminder.hours == 0:
        Reminders(ctx.settings.table_name).done(reminder)
        deliver_undelivered(ctx)
        return False
    closed_at = ctx.incident.resolved_at
    found: tuple[str, ...] = ()
    if closed_at and int(closed_at.timestamp()) == reminder.closed and not ctx.incident.status.is_open:
        found = left_open(_aftermath(ctx), is_last=reminder.hours == max(ctx.runbook.afterwards.reminders_hours))
        update = left_over(bare_context(ctx), reminder.hours, reminder.closed, found)
        text = f"{update.headline}: {' '.join(found)}" if found else f"{reminder.hours} h after: nothing is left open."
        ctx.record("reminder", text, key=update.key)
        if found:
            publish(ctx, update)
    Reminders(ctx.settings.table_name).done(reminder)
    return bool(found)


def _aftermath(ctx: IncidentContext) -> Aftermath:
    incident, table, integration = ctx.incident, ctx.table, ctx.runbook.integration
    jira = ctx.runbook.vendors.of(jira_settings.Settings)
    leaks = ctx.leaks.all()
    told = {"audience": Audience.STAKEHOLDERS.value, "outcome": "sent", "update": Kind.RESOLVED.value}.items()
    return Aftermath(
        incident=incident,
        rotated=any(action.outcome == "promoted" for action in table.actions(incident.id)),
        # The last result of test_standby_keys, at most six hours old.
        spares=tests.working if (tests := table.get_record(f"{integration}:standby-told", StandbyTests)) else None,
        unrevoked=any(leak.incident_id == incident.id and leak.revoked_at is None for leak in leaks),
        alert_open=status_now(ctx) in (UpstreamStatus.TRIGGERED, UpstreamStatus.ACKNOWLEDGED),
        unanswered=tuple(task.sentence for task in incident.human_tasks if task.is_open(now())),
        notice_open=table.has_record(f"{integration}:notice") and not table.open_ids(),
        stakeholders_told=any(told <= entry.data.items() for entry in table.timeline(incident.id)),
        ticket_wanted=bool(jira.project_key and jira.api_url),
        ticket=_ticket(ctx),
    )


def _ticket(ctx: IncidentContext) -> TicketState | None:
    stored = ctx.incident.ticket
    try:
        fields = JiraClient(ctx).read(stored.key) if stored else None
    except SecretUnreadable:
        return None
    if stored is None or fields is None or isinstance(fields, RequestRefused):
        return None
    category = inner(fields, "status", "statusCategory", "key")
    boxes = open_boxes(fields.get("description"))
    return TicketState(stored.key, category == "done", tuple(boxes[name] for name in boxes if name.startswith("todo-")))
