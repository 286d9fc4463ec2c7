"""Which of our infrastructure's CloudWatch alarms are in ALARM? (runbook S-17; CloudWatch "DescribeAlarms")"""

from responder.aws import cloudwatch
from responder.contracts.probe import ProbeContext, in_thread
from responder.domain.finding import Finding, FindingStatus
from responder.domain.redact import redact_short

MOST_NAMES = 5


async def probe(ctx: ProbeContext) -> Finding:
    prefix = ctx.runbook.infrastructure.alarm_prefix
    if prefix is None:
        return ctx.saw(FindingStatus.OK, "No alarms of the infrastructure are configured.", configured=False)
    found = await in_thread(lambda: cloudwatch.alarms(prefix))
    if isinstance(found, str):
        summary = f"The infrastructure's alarms could not be read: {found}."
        return ctx.saw(FindingStatus.UNKNOWN, summary, configured=True)
    names = [redact_short(name, 59) for name in found[:MOST_NAMES]]
    if not names:
        summary = "None of the infrastructure's alarms is in ALARM."
        return ctx.saw(FindingStatus.OK, summary, configured=True, in_alarm=0)
    more = f" and {len(found) - len(names)} more" if len(found) > len(names) else ""
    summary = f"In ALARM: {', '.join(names)}{more}."
    return ctx.saw(FindingStatus.DEGRADED, summary, configured=True, in_alarm=len(found), alarm_names=names)
