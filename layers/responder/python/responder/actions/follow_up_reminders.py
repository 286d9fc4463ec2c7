"""A day and a week after an incident closed: reminds people of what is still open, if anything is (S-104 to S-116)."""

from collections.abc import Iterator
from datetime import timedelta

from aws_lambda_powertools import Logger

from responder.actions.rotate_key.check_standby_keys import StandbyTests
from responder.aws.reminder_table import Reminder, Reminders
from responder.aws.secrets import SecretUnreadable
from responder.clients.responses import RequestRefused, inner
from responder.context import IncidentContext, open_context
from responder.domain.alert import UpstreamStatus
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.update import Audience, Kind
from responder.integrations.jira import settings as jira_settings
from responder.integrations.jira.adf import open_boxes
from responder.integrations.jira.client import JiraClient
from responder.integrations.pagers import status_now
from responder.notifications.context import bare_context
from responder.notifications.messages.ending import left_over
from responder.notify import deliver_undelivered, publish

logger = Logger()
# How many follow-ups are named; the ticket has all of them.
NAMED = 5


def plan_reminders(ctx: IncidentContext) -> None:
    """Plans the reminders of one closing. After a reopening they do not match the closing any more and send nothing."""
    closed_at = ctx.incident.resolved_at
    if closed_at is None or ctx.incident.merged_into:
        return
    for hours in ctx.runbook.afterwards.reminders_hours:
        due_at, closed = closed_at + timedelta(hours=hours), int(closed_at.timestamp())
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
        found = left_open(ctx, is_last=reminder.hours == max(ctx.runbook.afterwards.reminders_hours))
        update = left_over(bare_context(ctx), reminder.hours, reminder.closed, found)
        text = f"{update.headline}: {' '.join(found)}" if found else f"{reminder.hours} h after: nothing is left open."
        ctx.record("reminder", text, key=update.key)
        if found:
            publish(ctx, update)
    Reminders(ctx.settings.table_name).done(reminder)
    return bool(found)


def left_open(ctx: IncidentContext, *, is_last: bool) -> tuple[str, ...]:
    """What people must still do, most urgent first. Follow-ups, which have a week's time, only in the last one."""
    return (*_within_a_day(ctx), *(_within_a_week(ctx) if is_last else ()))


def _within_a_day(ctx: IncidentContext) -> Iterator[str]:
    incident, table, integration = ctx.incident, ctx.table, ctx.runbook.integration
    if any(leak.incident_id == incident.id and leak.revoked_at is None for leak in ctx.leaks.all()):
        yield "Revoke the leaked key: TwinMind still takes it, or nobody could see that it does not."
    if incident.checks_agree is False:
        yield "Confirm that it is fully resolved: our checks still failed when people closed it."
    if status_now(ctx) in (UpstreamStatus.TRIGGERED, UpstreamStatus.ACKNOWLEDGED):
        yield "Resolve the alert upstream: it is still open there."
    if table.has_record(f"{integration}:notice") and not table.open_ids():
        yield "Resolve the notice on our status page: it is still open."
    told = {"audience": Audience.STAKEHOLDERS.value, "outcome": "sent", "update": Kind.RESOLVED.value}.items()
    is_told = any(told <= entry.data.items() for entry in table.timeline(incident.id))
    if not is_told and incident.severity in (Severity.P1, Severity.P2):
        yield "Tell stakeholders that it is over: our mail reached nobody."
    if any(action.outcome == "promoted" for action in table.actions(incident.id)):
        yield from _spare_key(ctx)
    jira = ctx.runbook.vendors.of(jira_settings.Settings)
    if jira.project_key and jira.api_url and incident.ticket is None:
        yield "Write the timeline into a ticket: Jira did not take ours; the report has it."
    yield from (f"Still unanswered: {task.sentence}" for task in incident.human_tasks if task.is_open(now()))


def _spare_key(ctx: IncidentContext) -> Iterator[str]:
    # The last result of test_standby_keys, at most six hours old.
    tests = ctx.table.get_record(f"{ctx.runbook.integration}:standby-told", StandbyTests)
    working = tests.working if tests else None
    if not working:
        seen = "no staged key would work" if working == 0 else "nobody has seen a staged key work since"
        yield f"Stage a spare TwinMind key: the rotation used one up, and {seen}."


def _within_a_week(ctx: IncidentContext) -> Iterator[str]:
    ticket = ctx.incident.ticket
    if ctx.incident.report_key is None:
        yield "Write the incident report: the workflow did not get to it."
    if ticket is None:
        yield "Hold the post-mortem and write the lessons into the report; without a ticket nobody sees it."
        return
    try:
        fields = JiraClient(ctx).read(ticket.key)
    except SecretUnreadable:
        return
    if isinstance(fields, RequestRefused):
        return
    boxes = [text for name, text in open_boxes(fields.get("description")).items() if name.startswith("todo-")]
    yield from (f"{ticket.key}: {text}" for text in boxes[:NAMED])
    if len(boxes) > NAMED:
        yield f"{ticket.key}: {len(boxes) - NAMED} more follow-ups."
    if not boxes and inner(fields, "status", "statusCategory", "key") != "done":
        yield f"Close {ticket.key}: its follow-ups are done."
