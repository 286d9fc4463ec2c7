"""The pager's state of this incident, and its alerts (docs/vendor-apis.md#pagerduty-reads)"""

from responder.contracts.probe import ProbeContext, exchange
from responder.domain.alert import Source
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.pager_readers import READERS
from responder.integrations.upstream_reading import Upstream


async def probe(ctx: ProbeContext) -> Finding:
    source = ctx.incident.source
    reader = READERS.get(source)
    if reader is None:
        summary = "No pager to ask: it was started by hand, or its source has none."
        return ctx.saw(FindingStatus.UNKNOWN, summary, configured=False)
    answer = await reader.incident(ctx)
    if answer is None:
        summary = f"{source} is not configured, so this was skipped."
        return ctx.saw(FindingStatus.UNKNOWN, summary, vendor=source, configured=False)
    if isinstance(answer, Upstream):
        return _read(ctx, source, answer)
    summary = f"{source} could not be asked about the incident: {answer.said}."
    measured = {"vendor": source, "configured": True, **exchange(answer)}
    return ctx.saw(FindingStatus.UNKNOWN, summary, **measured)


def _read(ctx: ProbeContext, source: Source, found: Upstream) -> Finding:
    rules = f" of {', '.join(found.alert_rules)}" if found.alert_rules else ""
    leak = f"; marked as a leaked key by {', '.join(found.leak_markers)}" if found.leak_markers else ""
    state = "merged into another one" if found.merged else found.status
    alerts = f"{found.alerts} alert{'' if found.alerts == 1 else 's'}"
    return ctx.saw(
        FindingStatus.OK,
        f"{ctx.runbook.vendors.title_of(source)} has the incident as {state}, with {alerts}{rules}{leak}.",
        vendor=source,
        configured=True,
        upstream_status=found.status,
        merged=found.merged,
        alerts=found.alerts,
        alert_rules=list(found.alert_rules),
        leak_markers=list(found.leak_markers),
        acknowledgement_timeout_seconds=found.acknowledgement_timeout_seconds,
        **exchange(found.answer),
    )
