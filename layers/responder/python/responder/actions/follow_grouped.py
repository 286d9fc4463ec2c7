"""The audit of a grouped alert: reads its leak markers, notes in the pager who its leader is, ends with the leader."""

from aws_lambda_powertools import Logger

from responder.actions.alert_grouping import group
from responder.actions.close import close
from responder.actions.resolve import left_upstream
from responder.aws.incident_records import LastAction
from responder.aws.incident_table import StoredIncident
from responder.aws.step_functions import ensure_running
from responder.context import IncidentContext
from responder.contracts.probe import Readers
from responder.domain.clock import now
from responder.domain.incident import Incident
from responder.domain.update import is_link
from responder.notifications.context import bare_context
from responder.notifications.delivery import Delivery, deliver
from responder.notifications.messages.ending import notice
from responder.notify import CHANNELS
from responder.probes import PROBES
from responder.probes.runner import run_and_wait

logger = Logger()


def follow(ctx: IncidentContext, *, may_read: bool) -> bool:
    """Audits a grouped incident, whose leader may be over. True if the incident now gets an execution of its own."""
    incident = ctx.incident
    leader = ctx.table.find(str(incident.grouped_under))
    if may_read and _says_leaked(ctx):
        ctx.record("audit", "The alert says that a key leaked, so it does not wait for others.", key="grouped-leaked")
        ctx.table.amend(incident.id, grouped_under=None, grouped_at=None)
        ensure_running(ctx.table, ctx.settings.state_machine_arn, incident.id)
        return True
    if leader and leader.incident.status.is_open:
        if may_read:
            _note_once(ctx, leader.incident)
        return False
    if leader and _is_well_since(leader, incident):
        why = f"Closed: the checks of {leader.incident.id} found all well after this alert, and it stayed so."
        if closed := close(ctx, ctx.event_seq, agree=True):
            text, key = f"{why} {left_upstream(ctx)}", f"closed-{int((closed.resolved_at or now()).timestamp())}"
            _note(ctx, key, text)
            ctx.record("closed", text, key=key)
        return False
    if group(ctx.table, incident, ctx.runbook):
        return False
    text = f"{incident.grouped_under} is over and this alert is not: it gets an execution of its own."
    ctx.record("audit", text, key=f"own-{incident.grouped_under}")
    ensure_running(ctx.table, ctx.settings.state_machine_arn, incident.id)
    return True


def _note_once(ctx: IncidentContext, leader: Incident) -> None:
    """Notes the leader on the alert, for the person who is paged. A note that failed is tried again a minute later."""
    name = f"grouped-note:{ctx.incident.id}:{leader.id}"
    if ctx.table.has_record(name):
        return
    at = f" ({leader.url})" if is_link(leader.url) else ""
    text = (
        f"Joined incident {leader.id}{at}. Many alerts about this integration came at once, and this one goes on there."
    )
    if _note(ctx, f"joined-{leader.id}", f"{text} A note here says how it ended.").outcome != "failed":
        ctx.table.put_record(name, LastAction(at=now()))


def _note(ctx: IncidentContext, key: str, text: str) -> Delivery:
    return deliver(ctx, CHANNELS["upstream"], notice(bare_context(ctx), key, text))


def _is_well_since(leader: StoredIncident, incident: Incident) -> bool:
    """Whether all checks were good from a moment after this alert until the leader closed."""
    good_since = leader.monitoring.good_since
    is_later = bool(good_since and incident.grouped_at and good_since > incident.grouped_at)
    return is_later and leader.incident.checks_agree is True


def _says_leaked(ctx: IncidentContext) -> bool:
    """Whether the alert in the pager has a marker of a leaked key. It is read once, and only if markers are set."""
    name, markers = f"grouped-read:{ctx.incident.id}", ctx.runbook.alerts.leaked
    if not (markers.alert_rules or markers.tags or markers.incident_types) or ctx.table.has_record(name):
        return False
    probe = "upstream_incident"
    readers = Readers(key=lambda: None, standby=tuple, credential=ctx.credentials.of)

    def report(which: str, why: str) -> None:
        logger.warning("the pager could not be asked", extra={"probe": which, "reason": why})

    [found] = run_and_wait(ctx.runbook, ctx.incident, readers, report, {probe: PROBES[probe]})
    if "leak_markers" in found.measurements:
        ctx.table.put_record(name, LastAction(at=now()))
    return bool(found.measurements.get("leak_markers"))
