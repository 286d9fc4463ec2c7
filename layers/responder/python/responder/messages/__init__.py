"""The texts that people read: composed once per update, rendered once per channel. Pure, no I/O."""

from responder.messages.asking import asked, asked_again
from responder.messages.compose import (
    announced,
    escalated,
    handed_over,
    heard_upstream,
    in_progress,
    opened,
)
from responder.messages.ending import left_over, mitigated, notice, report_written, resolved
from responder.messages.guidance import Places
from responder.messages.parts import beside_another
from responder.messages.settling import settled
from responder.messages.situation import Situation, console_url
from responder.messages.update import Kind, Link, Question, Update, clock_time

__all__ = [
    "Kind",
    "Link",
    "Places",
    "Question",
    "Situation",
    "Update",
    "announced",
    "asked",
    "asked_again",
    "beside_another",
    "clock_time",
    "console_url",
    "escalated",
    "handed_over",
    "heard_upstream",
    "in_progress",
    "left_over",
    "mitigated",
    "notice",
    "opened",
    "report_written",
    "resolved",
    "settled",
]
