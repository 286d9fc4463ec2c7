"""A topic that nobody reads: nothing counts as sent there, and people are told which mail nobody gets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from moto.sns.models import sns_backends

from responder.actions.follow_up_reminders import remind
from responder.aws.reminder_table import Reminder
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.notifications.context import history_of, notification_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages.compose import escalated
from responder.notifications.messages.ending import resolved
from responder.notify import CHANNELS, has_announced, notify_people, publish
from responder.report.action_items import first_five_minutes
from tests.support.escalation import LEAD_TOPIC, with_a_topic
from tests.support.inprocess import ACCOUNT, REGION, SETTINGS, Cloud, notices
from tests.support.notifications import AT, context_at, recent, slack_replies, told


def pending(cloud: Cloud, topic_arn: str) -> None:
    """As AWS lists an address before its owner has pressed the link; moto confirms every one at once."""
    for one in sns_backends[ACCOUNT][REGION].subscriptions.values():
        if one.topic.arn == topic_arn:
            one.arn = "PendingConfirmation"


def unsubscribed(cloud: Cloud, topic_arn: str) -> None:
    sns = cloud.client("sns")
    for one in sns.list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=one["SubscriptionArn"])


@pytest.mark.parametrize("empty", [pending, unsubscribed])
@pytest.mark.parametrize(
    ("channel", "setting", "line"),
    [
        ("mail", "TOPIC_ARN", "Mail: no subscriber."),
        ("stakeholders", "STAKEHOLDER_TOPIC_ARN", "Mail to stakeholders: no subscriber."),
    ],
)
def test_an_empty_topic_is_named_in_the_announcement_and_in_the_timeline(
    cloud: Cloud, empty: Callable[[Cloud, str], None], channel: str, setting: str, line: str
) -> None:
    empty(cloud, SETTINGS[setting])
    ctx = context_at(recent())
    cloud.invoke("announce_incident", {"incident_id": ctx.incident.id, "execution_number": 1})
    assert f"{CHANNELS[channel].title}: nothing sent, no subscriber." in told(ctx)
    said = str(slack_replies(cloud))
    assert line in said
    assert said.count("no subscriber") == said.count(line)


def test_with_subscribers_nothing_is_said_about_them(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.invoke("announce_incident", {"incident_id": ctx.incident.id, "execution_number": 1})
    assert "subscriber." not in str(slack_replies(cloud)) + "".join(notices())


@pytest.mark.parametrize("has_subscriber", [True, False])
def test_stakeholders_are_ticked_and_their_reminder_is_silenced_only_where_somebody_reads(
    cloud: Cloud, has_subscriber: bool
) -> None:
    if not has_subscriber:
        unsubscribed(cloud, SETTINGS["STAKEHOLDER_TOPIC_ARN"])
    ended = now() - timedelta(hours=24)
    ctx = context_at(recent(status=IncidentStatus.RESOLVED, resolved_at=ended))
    publish(ctx, resolved(notification_context(ctx), AT))
    [box] = [box for box in first_five_minutes(history_of(ctx)) if box.name == "first-stakeholders"]
    assert box.done is has_subscriber
    remind(Reminder(due_at=now(), incident_id=ctx.incident.id, hours=24, closed=int(ended.timestamp())))
    [reminder] = [entry.text for entry in ctx.table.timeline(ctx.incident.id) if entry.kind == "reminder"]
    assert ("stakeholders" in reminder) is not has_subscriber


def test_where_only_an_empty_topic_took_the_announcement_nobody_was_told(cloud: Cloud) -> None:
    unsubscribed(cloud, SETTINGS["TOPIC_ARN"])
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS["VENDOR_CREDENTIALS_SECRET"], SecretString="{}")
    deliveries = notify_people(context_at(recent()), key="one", text="The workflow failed; go on by hand.")
    assert Delivery("mail", "skipped", "no subscriber") in deliveries
    assert not has_announced(deliveries)


def test_a_level_whose_topic_nobody_reads_was_not_called(cloud: Cloud) -> None:
    with_a_topic(cloud)
    ctx = context_at(recent())
    unsubscribed(cloud, LEAD_TOPIC)
    deliveries = publish(ctx, escalated(notification_context(ctx), 2))
    assert Delivery("level_topic", "skipped", "no subscriber") in deliveries
