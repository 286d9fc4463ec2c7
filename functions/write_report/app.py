"""Writes the report (Markdown and a page), sends its figures as metrics, and tells people where it is."""

from typing import Any

from aws_lambda_powertools import Logger

from responder.actions.follow_up_reminders import plan_reminders
from responder.aws.metrics import measure
from responder.aws.s3 import store
from responder.context import IncidentContext, open_context
from responder.notifications.context import bare_context, history_of
from responder.notifications.messages.ending import report_written
from responder.notifications.messages.notification import NotificationContext
from responder.notify import publish
from responder.report.figures import figures
from responder.report.render.html import html
from responder.report.render.markdown import markdown
from responder.report.report import report_document
from responder.report.sections import presented

logger = Logger()


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    """`{"incident_id", "execution_number"}` → `{"report": key, "next": "done"|"reopened"}`. A repeat replaces it."""
    ctx = open_context(event)
    incident = ctx.incident
    logger.append_keys(incident_id=incident.id)
    # This comes first. If the report cannot be written, a reminder says so within a week.
    plan_reminders(ctx)
    history = history_of(ctx, with_earlier=True)
    key = _store(ctx, history)
    ctx.table.amend(incident.id, report_key=key)
    _count(ctx, history)
    ctx.record("report", f"The report was written: {key}.", key=f"report-{_stamp(ctx)}", report=key)
    if incident.told_at:
        publish(ctx, report_written(bare_context(ctx), ctx.settings.bucket_name, key))
    reopened = ctx.table.get(incident.id).incident.status.is_open
    return {"report": key, "next": "reopened" if reopened else "done"}


def _store(ctx: IncidentContext, history: NotificationContext) -> str:
    """Stores the report and its page. Returns the key of the Markdown."""
    document, key = presented(report_document(history), history), f"reports/{ctx.incident.id}.md"
    note = f"Written by the workflow on {history.now:%Y-%m-%d %H:%M} UTC; lessons are the team's to add."
    note, bucket = presented(note, history), ctx.settings.bucket_name
    # The page comes first, because people look for the Markdown: then both are there.
    store(bucket, key.replace(".md", ".html"), html(document, note=note), "text/html; charset=utf-8")
    store(bucket, key, markdown(document), "text/markdown; charset=utf-8")
    return key


def _count(ctx: IncidentContext, history: NotificationContext) -> None:
    """Sends the metrics once per closing: a repeat finds the timeline entry. A merged or test incident sends none."""
    uncounted = ctx.incident.merged_into or ctx.incident.is_test
    if uncounted or any(entry.key == f"report-{_stamp(ctx)}" for entry in history.timeline):
        return
    for figure in figures(history):
        if figure.seconds is not None:
            measure(figure.metric, figure.seconds)


def _stamp(ctx: IncidentContext) -> int:
    return int(ctx.incident.resolved_at.timestamp()) if ctx.incident.resolved_at else ctx.execution_number
