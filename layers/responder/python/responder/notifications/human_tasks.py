"""What is said about an ask, and what is remembered of having said it."""

from datetime import datetime

from responder.aws.parameters import runbook_in_force
from responder.context import Desk
from responder.domain.clock import now
from responder.domain.human_task import Ask, ask_named, changed, with_expired
from responder.domain.incident import Incident
from responder.domain.severity import Severity
from responder.domain.timeline_text import decision_entry
from responder.notifications.context import situation_of
from responder.notifications.messages import Update, asked, asked_again, settled
from responder.notifications.messages.asking import Ways
from responder.workflow import deadlines


def ways(desk: Desk) -> Ways:
    """Who may approve is what the runbook says now, not what it said when the incident opened."""
    approvers = runbook_in_force(desk.settings.runbook_parameter).runbook.approvals.approvers.slack
    return Ways(approvers, desk.settings.decide_function)


def ask_update(desk: Desk, name: str) -> Update | None:
    """None where it is not open: decided, expired, or not asked at all."""
    ask = ask_named(desk.incident.asks, name)
    return asked(situation_of(desk), ask, ways(desk)) if ask and ask.is_open(now()) else None


def reminder_update(desk: Desk, name: str) -> Update | None:
    ask = ask_named(desk.incident.asks, name)
    if ask is None or not ask.wants_reminder(now()):
        return None
    severity = desk.incident.severity or Severity.P1
    reached = max(desk.incident.escalated_level, _level_now(desk))
    level = min(reached + 1, desk.runbook.severities[severity].last_level)
    return asked_again(situation_of(desk), ask, ways(desk), level)


def mark_said(desk: Desk, kind: str, name: str) -> None:
    """Remembers that an ask's update of `kind` went out; a decision made meanwhile stays what it is."""
    said = ask_named(desk.incident.asks, name)
    if said is None:
        return
    at = now()
    following = _next_reminder(desk, said, at)

    def remember(present: Incident | None) -> Incident:
        assert present is not None  # noqa: S101 - the desk has read it
        ask = ask_named(present.asks, name)
        if ask is None or ask.key != said.key:
            return present
        times = {
            "ask": {"told_at": at},
            "ask_reminder": {"reminded_at": at, "remind_at": following or ask.remind_at},
            "ask_settled": {"outcome_told_at": at},
        }
        return present.model_copy(update={"asks": changed(present.asks, name, **times[kind])})

    desk.table.change(desk.incident.id, remember)


def settled_update(desk: Desk, name: str) -> Update | None:
    """None while it is open. One whose time ran out is marked as expired here, whoever noticed it first."""
    ask = ask_named(expire(desk).asks, name)
    return settled(situation_of(desk), ask) if ask and ask.decision else None


def expire(desk: Desk) -> Incident:
    """Asks that nobody answered in time are expired for good, and the timeline says so."""
    at = now()

    def decide(present: Incident | None) -> Incident:
        assert present is not None  # noqa: S101 - the desk has read it
        return present.model_copy(update={"asks": with_expired(present.asks, at)})

    after = desk.table.change(desk.incident.id, decide)
    for ask in after.asks:
        if ask.decision == "expired":
            desk.table.tell(after.id, decision_entry(ask))
    return after


def _level_now(desk: Desk) -> int:
    severity = desk.incident.severity or Severity.P1
    return deadlines.level_now(desk.runbook, severity, desk.incident.started_at, now())


def _next_reminder(desk: Desk, ask: Ask, at: datetime) -> datetime | None:
    """When the next escalation level falls due after `at`; None where that is too late to matter."""
    severity = desk.incident.severity or Severity.P1
    due = deadlines.next_escalation(desk.runbook, severity, desk.incident.started_at, _level_now(desk))
    return due if due and due > at and (ask.expires_at is None or due < ask.expires_at) else None
