"""The texts that people read: composed once per update, rendered once per channel. Pure, no I/O."""

from responder.domain.update import Kind, Link, Question, Update, clock_time
from responder.notifications.messages.asking import asked, requested_again
from responder.notifications.messages.compose import (
    announced,
    escalated,
    handed_over,
    in_progress,
    opened,
    upstream_activity_update,
)
from responder.notifications.messages.ending import left_over, mitigated, notice, report_written, resolved
from responder.notifications.messages.notification import NotificationContext, console_url
from responder.notifications.messages.parts import beside_another
from responder.notifications.messages.settling import settled
from responder.notifications.messages.steps import ResourceNames

__all__ = [
    "Kind",
    "Link",
    "NotificationContext",
    "Question",
    "ResourceNames",
    "Update",
    "announced",
    "asked",
    "beside_another",
    "clock_time",
    "console_url",
    "escalated",
    "handed_over",
    "in_progress",
    "left_over",
    "mitigated",
    "notice",
    "opened",
    "report_written",
    "requested_again",
    "resolved",
    "settled",
    "upstream_activity_update",
]
