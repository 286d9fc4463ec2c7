"""Checks whom messages reach: topics with confirmed subscriptions, and each escalation level."""

from checks.check import Check, Result, off, ok, wrong
from responder.aws.sns import subscriptions
from responder.config.runbook import EscalationLevel
from responder.context import IncidentContext
from responder.integrations.slack.settings import Settings as Slack

CONFIRM = "confirm the subscription that AWS mailed"
GONE = "the topic is not there"


def alarms(ctx: IncidentContext) -> Result:
    found = subscriptions(ctx.settings.topic_arn)
    if found is None:
        return wrong(GONE, "deploy the stack anew")
    confirmed, pending = found
    if confirmed:
        return ok(f"{confirmed} confirmed")
    if pending:
        return wrong("nobody has confirmed, so no alarm and no hand-over reaches anybody", CONFIRM)
    return wrong("nobody is subscribed, so no alarm and no hand-over reaches anybody", "deploy with AlarmEmail=…")


def stakeholders(ctx: IncidentContext) -> Result:
    found = subscriptions(ctx.settings.stakeholder_topic_arn)
    if found is None:
        return wrong(GONE, "deploy the stack anew")
    confirmed, pending = found
    if pending:
        return wrong(f"{pending} not confirmed", CONFIRM)
    return ok(f"{confirmed} confirmed") if confirmed else off("nobody is subscribed (StakeholderEmail)")


def levels(ctx: IncidentContext) -> Result:
    """Each level must reach somebody whom no lower level reaches. Level 1 is the person whom the pager called."""
    lost, known = [], {None, ctx.settings.topic_arn}
    for number, level in sorted(ctx.runbook.escalation.items()):
        if number > 1 and (why := _lost(ctx, number, level, known)):
            lost.append(why)
        known |= {level.topic_arn, level.slack_mention}
    if lost:
        return wrong(
            "; ".join(lost), "responder configure contacts: a topic, a mention in Slack, or upstream: escalate"
        )
    return ok("each reaches somebody new")


def _lost(ctx: IncidentContext, number: int, level: EscalationLevel, known: set[str | None]) -> str | None:
    if level.topic_arn and level.topic_arn not in known:
        prefix = f":{ctx.settings.stack_name}-escalation-"
        if prefix not in level.topic_arn or f":sns:{ctx.settings.region}:" not in level.topic_arn:
            return (
                f"level {number}: its topic is not called {prefix[1:]}… in {ctx.settings.region}, so none may publish"
            )
        found = subscriptions(level.topic_arn)
        if found is None:
            return f"level {number}: its topic is not there"
        return None if found[0] else f"level {number}: nobody has confirmed a subscription of its topic"
    if level.upstream or (level.slack_mention not in known and ctx.runbook.vendors.of(Slack).channel):
        return None
    return f"level {number} ({level.who}) reaches nobody new"


CHECKS: dict[str, Check] = {"alarm topic": alarms, "stakeholder topic": stakeholders, "escalation levels": levels}
