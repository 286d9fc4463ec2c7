"""Gathers everything that a message is composed from."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from responder.approvals.modes import modes_now
from responder.aws.incident_table import IncidentTable
from responder.aws.override_table import overrides_of
from responder.aws.sns import has_subscriber
from responder.config.runbook import Runbook
from responder.config.settings import Settings
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding
from responder.domain.incident import Incident
from responder.notifications.messages.compose import NEEDS_SUPPORT
from responder.notifications.messages.notification import Earlier, NotificationContext
from responder.notifications.messages.parts import ended_by

# How many closed incidents are looked through for the same cause, and of how many of those we say what ended them.
LOOKED_THROUGH, TOLD_OF = 100, 3


def notification_context(ctx: IncidentContext) -> NotificationContext:
    """Reads modes, stop switch, actions and what is switched as they are now, not as when the incident opened."""
    actions = tuple(ctx.table.actions(ctx.incident.id))
    bare = bare_context(ctx)
    overrides = overrides_of(ctx.table, ctx.runbook.integration)
    needs_support = bare.cause.verdict in NEEDS_SUPPORT
    findings = _findings(ctx.table, ctx.incident) if needs_support else ()
    return replace(bare, findings=findings, modes=modes_now(ctx), actions=actions, overrides=overrides)


def with_effect(ctx: IncidentContext) -> NotificationContext:
    """As `notification_context`, with the timeline: the measured effect of our actions, and the last hand-over."""
    timeline = tuple(ctx.table.timeline(ctx.incident.id))
    return replace(notification_context(ctx), timeline=timeline)


def for_announcement(ctx: IncidentContext) -> NotificationContext:
    """As `notification_context`, with closed incidents of the same cause, and with mails that nobody gets."""
    return replace(notification_context(ctx), earlier=_earlier(ctx), unreached=_unreached(ctx))


def _unreached(ctx: IncidentContext) -> tuple[str, ...]:
    topics = {"Mail": ctx.settings.topic_arn, "Mail to stakeholders": ctx.settings.stakeholder_topic_arn}
    return tuple(f"{name}: no subscriber." for name, topic_arn in topics.items() if has_subscriber(topic_arn) is False)


def _findings(table: IncidentTable, incident: Incident) -> tuple[Finding, ...]:
    return tuple(table.findings(incident.id, incident.evidence_run)) if incident.evidence_run else ()


def bare_context(ctx: IncidentContext) -> NotificationContext:
    """Makes no call: enough for a message in an emergency, when a service that it would ask may be broken."""
    return notification_context_for(ctx.incident, ctx.runbook, ctx.settings)


def notification_context_for(incident: Incident, runbook: Runbook, settings: Settings) -> NotificationContext:
    return NotificationContext(incident, runbook, now(), settings, runbook.modes.model_dump())


def history_of(ctx: IncidentContext, *, with_earlier: bool = False) -> NotificationContext:
    """Everything that the table has on the incident; `with_earlier` also reads the index of closed ones."""
    bare = bare_context(ctx)
    return recorded(ctx.table, replace(bare, earlier=_earlier(ctx)) if with_earlier else bare)


def recorded(table: IncidentTable, notification: NotificationContext) -> NotificationContext:
    incident, timeline = notification.incident, tuple(table.timeline(notification.incident.id))
    findings, actions = _findings(table, incident), tuple(table.actions(incident.id))
    return replace(notification, actions=actions, timeline=timeline, findings=findings)


def _earlier(ctx: IncidentContext) -> tuple[Earlier, ...]:
    closed, _ = ctx.table.listed("resolved", LOOKED_THROUGH, None)
    found = list(same_cause(ctx.incident, closed))
    told = tuple(Earlier(one, ended_by(one, ctx.table.actions(one.id))) for one in found[:TOLD_OF])
    return (*told, *map(Earlier, found[TOLD_OF:]))


def same_cause(incident: Incident, others: Iterable[Incident]) -> Iterator[Incident]:
    """Closed incidents with the same, known cause, in the order given."""
    if incident.cause in (None, Cause.UNKNOWN, Cause.NO_FAULT):
        return
    for other in others:
        is_same = other.cause is incident.cause and other.integration == incident.integration
        if is_same and other.id != incident.id and other.started_at < incident.started_at and not other.merged_into:
            yield other
