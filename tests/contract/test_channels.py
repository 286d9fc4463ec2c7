"""What every channel promises: once, found again after a lost answer, failing alone, silent where not configured."""

from datetime import timedelta
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest

from responder import integrations
from responder.aws.lease import Lease, leased
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, SendResult, Sent
from responder.domain.alert import MANUAL
from responder.domain.update import Kind, Update
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages.compose import announced, escalated, handed_over
from responder.notifications.messages.ending import mitigated, resolved
from responder.notify import CHANNELS, notify_people, publish
from tests.support.inprocess import SETTINGS, Cloud, credentials, notices
from tests.support.notifications import (
    AT,
    context_at,
    notes,
    public_entries,
    recent,
    slack_messages,
    slack_replies,
    told,
)

VENDOR_OF = {"slack": "slack", "statuspage": "statuspage", "upstream": "pagerduty"}
ASKABLE = sorted(VENDOR_OF)


def count(cloud: Cloud, channel: str) -> int:
    """How many times people can read the update there."""
    found: dict[str, list[Any]] = {
        "slack": slack_replies(cloud),
        "statuspage": [update for entry in public_entries(cloud) for update in entry["incident_updates"]],
        "upstream": notes(cloud),
    }
    return len(found[channel])


def to_stakeholders() -> list[str]:
    return notices("STAKEHOLDER_TOPIC_ARN")


def outcomes(deliveries: list[Delivery]) -> dict[str, str]:
    return {one.channel: one.outcome for one in deliveries}


def only(channel: str, ctx: IncidentContext, update: Update) -> Delivery:
    return delivery.deliver(ctx, CHANNELS[channel], update)


def test_the_registry_lists_every_file_of_the_folder() -> None:
    for module in walk_packages(integrations.__path__, f"{integrations.__name__}."):
        import_module(module.name)
    ours = {one for one in Channel.__subclasses__() if one.__module__.startswith(integrations.__name__)}
    assert ours == {type(channel) for channel in CHANNELS.values()}
    assert {name: channel.name for name, channel in CHANNELS.items()} == {name: name for name in CHANNELS}
    assert list(CHANNELS)[-1] == "mail"


def test_an_announcement_reaches_everyone_and_a_repeated_step_says_nothing_twice(cloud: Cloud) -> None:
    ctx = context_at(recent())
    update = announced(notification_context(ctx))
    for _ in range(3):
        assert set(outcomes(publish(ctx, update)).values()) == {"sent"}
    assert [count(cloud, channel) for channel in ASKABLE] == [1, 1, 1]
    assert (len(notices()), len(to_stakeholders())) == (1, 1)
    carriers = [channel for channel in CHANNELS.values() if update.kind in channel.kinds]
    assert len(told(ctx)) == len(set(told(ctx))) == len(carriers)


def test_the_timeline_says_of_each_message_who_reads_it_and_the_report_keeps_what_is_no_routine(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({"slack": {"up": False}})
    publish(ctx, announced(notification_context(ctx)))
    written = {
        entry.data["channel"]: (entry.data["audience"], entry.data["outcome"], entry.data["routine"])
        for entry in ctx.table.timeline(ctx.incident.id)
        if entry.kind == "message" and entry.data["update"] == "announced"
    }
    assert written == {
        "slack": ("responders", "failed", False),
        "statuspage": ("public", "sent", False),
        "upstream": ("responders", "sent", True),
        "teams": ("responders", "sent", True),
        "outgoing_webhook": ("record", "sent", True),
        "ticket": ("record", "sent", True),
        "stakeholders": ("stakeholders", "sent", True),
        "mail": ("responders", "sent", True),
    }


@pytest.mark.parametrize("channel", ASKABLE)
def test_an_answer_lost_after_the_work_was_done_does_not_say_it_twice(cloud: Cloud, channel: str) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({"faults": {VENDOR_OF[channel]: {"lose_answer": 1}}})
    assert only(channel, ctx, announced(notification_context(ctx))).outcome == "sent"
    assert count(cloud, channel) == 1


@pytest.mark.parametrize("channel", ASKABLE)
def test_a_step_that_died_after_the_work_was_done_does_not_say_it_twice(
    cloud: Cloud, channel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = context_at(recent())
    update = announced(notification_context(ctx))

    class Died(BaseException):
        pass

    def dies(*_: Any, **__: Any) -> None:
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(type(ctx.table), "put_record", dies)
        with pytest.raises(Died):
            only(channel, ctx, update)
    # In Slack it died between the head and its first reply.
    assert count(cloud, channel) == (0 if channel == "slack" else 1)
    assert only(channel, ctx, update).outcome == "sent"
    assert count(cloud, channel) == 1
    assert len(slack_messages(cloud)) == (2 if channel == "slack" else 0)


@pytest.mark.parametrize("channel", ASKABLE)
def test_a_passing_failure_is_tried_once_more(cloud: Cloud, channel: str) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({"faults": {VENDOR_OF[channel]: {"fail_next": [{"status": 500, "times": 1}]}}})
    assert only(channel, ctx, announced(notification_context(ctx))).outcome == "sent"
    assert count(cloud, channel) == 1


@pytest.mark.parametrize("channel", ASKABLE)
def test_a_channel_that_is_down_fails_alone_and_another_one_says_so(cloud: Cloud, channel: str) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({VENDOR_OF[channel]: {"up": False}})
    deliveries = publish(ctx, announced(notification_context(ctx)))
    assert outcomes(deliveries)[channel] == "failed"
    assert all(one.outcome == "sent" for one in deliveries if one.channel != channel)
    title = CHANNELS[channel].title
    [failure] = [text for text in told(ctx) if text.startswith(f"{title} did not take the message “announced”")]
    assert "HTTP 503" in failure
    said = notes(cloud) if channel == "slack" else [message["text"] for message in slack_messages(cloud)]
    # Slack is the first to say so; where it is Slack that is down, the note on the alert is next.
    assert any(f"{title} did not take our message" in text for text in said)


def test_where_every_vendor_is_down_the_mail_says_so(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({name: {"up": False} for name in (*VENDOR_OF.values(), "teams")})
    deliveries = publish(ctx, announced(notification_context(ctx)))
    assert deliveries[-1] == Delivery("mail", "sent", "published to the topic's subscribers")
    assert any("did not take our message" in text for text in notices())
    assert not any("did not take our message" in text for text in to_stakeholders())


@pytest.mark.parametrize(("channel", "setting"), [("mail", "TOPIC_ARN"), ("stakeholders", "STAKEHOLDER_TOPIC_ARN")])
def test_a_topic_that_is_gone_stops_nothing(cloud: Cloud, channel: str, setting: str) -> None:
    ctx = context_at(recent())
    cloud.client("sns").delete_topic(TopicArn=SETTINGS[setting])
    found = outcomes(publish(ctx, announced(notification_context(ctx))))
    assert [name for name, outcome in found.items() if outcome == "failed"] == [channel]


def test_vendors_that_are_not_configured_are_skipped_and_the_timeline_says_so_once(cloud: Cloud) -> None:
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS["VENDOR_CREDENTIALS_SECRET"], SecretString="{}")
    ctx = context_at(recent())
    for key in ("one", "two"):
        deliveries = notify_people(ctx, key=key, text="The workflow failed; go on by hand.")
        assert outcomes(deliveries) == {
            "slack": "skipped",
            "upstream": "skipped",
            "teams": "skipped",
            "outgoing_webhook": "skipped",
            "mail": "sent",
        }
    assert sum("nothing sent" in text for text in told(ctx)) == 4
    assert cloud.sandbox.journal("slack") == cloud.sandbox.journal("pagerduty") == []


def test_stakeholders_get_plain_words_on_a_topic_of_their_own_and_nothing_else(cloud: Cloud) -> None:
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    [said] = to_stakeholders()
    assert said.startswith("P1: New transcriptions currently fail: P1: New transcriptions currently fail. Our access")
    assert said.endswith("Incident pd-PABC123")
    assert not [word for word in ("twinmind_account", "http", "approve", "WHAT WE") if word in said]
    publish(ctx, handed_over(notification_context(ctx)))
    publish(ctx, escalated(notification_context(ctx), 2))
    notify_people(ctx, key="one", text="The workflow failed; go on by hand.")
    assert len(to_stakeholders()) == 1
    publish(ctx, mitigated(notification_context(ctx)))
    publish(ctx, resolved(notification_context(ctx), AT))
    assert [text.partition(": P1")[0] for text in to_stakeholders()[1:]] == [
        "P1: The transcription service works again; we watch that it stays so",
        "P1: The incident of the transcription service is over",
    ]


def test_subscribers_in_pagerduty_get_plain_words_once(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"pagerduty": {"status_updates": True}}})
    ctx = context_at(recent())
    cloud.sandbox.patch({"faults": {"pagerduty": {"lose_answer": 1}}})
    update = announced(notification_context(ctx))
    assert only("upstream", ctx, update).detail.endswith("; its subscribers were told")
    only("upstream", ctx, update)
    [said] = cloud.sandbox.world["pagerduty"]["incidents"]["PABC123"]["status_updates"]
    assert said["message"].startswith("P1: New transcriptions currently fail. Our access to TwinMind is the cause")
    assert "twinmind_account" not in said["message"]


def test_an_incident_started_by_hand_has_no_pager_and_all_else_goes_on(cloud: Cloud) -> None:
    ctx = context_at(recent("manual-drill", source=MANUAL))
    found = outcomes(publish(ctx, announced(notification_context(ctx))))
    assert found == {
        "slack": "sent",
        "statuspage": "sent",
        "upstream": "skipped",
        "teams": "sent",
        "ticket": "sent",
        "stakeholders": "sent",
        "outgoing_webhook": "sent",
        "mail": "sent",
    }


def test_no_credential_reaches_timeline_marks_or_messages(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({"credentials": {"slack": "another", "pagerduty": "another", "statuspage": "another"}})
    publish(ctx, announced(notification_context(ctx)))
    stored = str(cloud.client("dynamodb").scan(TableName=SETTINGS["TABLE_NAME"])["Items"]) + str(notices())
    assert "credential-0001" not in stored


@pytest.mark.parametrize("odd", ["\ufeff{}", "{}\u200b", "one\n{}"])
def test_a_credential_that_cannot_be_sent_is_said_to_be_ours_and_fails_alone(cloud: Cloud, odd: str) -> None:
    entries = {"slack": "slack", "pagerduty": "upstream", "statuspage": "statuspage", "tickets": "ticket"}
    usable = credentials(cloud.sandbox.url)
    cloud.put_credentials(usable | {name: odd.format(usable[name]) for name in entries})
    ctx = context_at(recent())
    found = {one.channel: one for one in publish(ctx, announced(notification_context(ctx)))}
    for entry, channel in entries.items():
        assert found[channel].outcome == "failed"
        assert f"our secret cannot be used: the vendor credentials' entry {entry} holds" in found[channel].detail
    assert {name for name, one in found.items() if one.outcome == "sent"} >= {"teams", "mail", "outgoing_webhook"}
    assert [cloud.sandbox.journal(vendor) for vendor in ("slack", "pagerduty", "statuspage", "tickets")] == [[]] * 4


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('["a", "list"]', "are a bare JSON list"),
        ('{"slack": "cut', "are JSON that is cut off or broken"),
        ('\ufeff{"slack": "marked"}', "are JSON behind a byte order mark"),
        ("plain", "are plain text"),
        ("null", "are JSON null"),
    ],
)
def test_misshapen_vendor_credentials_are_named_and_not_taken_for_none(cloud: Cloud, text: str, says: str) -> None:
    secret = SETTINGS["VENDOR_CREDENTIALS_SECRET"]
    cloud.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=text)
    ctx = context_at(recent())
    found = {one.channel: one for one in publish(ctx, announced(notification_context(ctx)))}
    assert {name for name, one in found.items() if says in one.detail} >= {"slack", "statuspage", "ticket", "upstream"}
    assert found["mail"].outcome == "sent"


class Broken(Channel):
    name = "broken"
    title = "A broken channel"
    kinds = frozenset(Kind)

    def missing(self, ctx: IncidentContext) -> str | None:  # noqa: ARG002
        return None

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        raise KeyError("tm_secret")


def test_a_slip_in_one_channel_is_its_own_failure_and_shows_no_text_of_the_error(cloud: Cloud) -> None:
    ctx = context_at(recent())
    deliveries = delivery.publish(ctx, announced(notification_context(ctx)), {"broken": Broken(), **CHANNELS})
    assert deliveries[0] == Delivery("broken", "failed", "unexpected KeyError")
    assert outcomes(deliveries)["slack"] == "sent"
    assert not any("tm_secret" in text for text in told(ctx))


class Counting(Channel):
    """Refuses as told, and counts."""

    name = "counting"
    title = "A counting channel"
    kinds = frozenset(Kind)

    def __init__(self, *answers: SendResult) -> None:
        self.answers, self.repeats = list(answers), list[bool]()

    def missing(self, ctx: IncidentContext) -> str | None:  # noqa: ARG002
        return None

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        self.repeats.append(repeated)
        return self.answers.pop(0)


def test_what_cannot_pass_by_itself_is_not_tried_again(cloud: Cloud) -> None:
    ctx = context_at(recent())
    channel = Counting(Failed("no such channel", again=False))
    delivery.deliver(ctx, channel, announced(notification_context(ctx)))
    assert channel.repeats == [False]


def test_a_second_try_knows_that_it_is_one_in_this_run_and_in_the_next(cloud: Cloud) -> None:
    ctx = context_at(recent())
    channel = Counting(Failed("timeout", pause=0), Failed("timeout", pause=0), Sent("there"))
    update = announced(notification_context(ctx))
    assert delivery.deliver(ctx, channel, update).outcome == "failed"
    assert delivery.deliver(ctx, channel, update).outcome == "sent"
    assert channel.repeats == [False, True, True]


def test_of_two_at_once_one_holds_the_lease_and_the_other_gets_it_after(cloud: Cloud) -> None:
    table = context_at(recent()).table
    with leased(table, "sending:x") as first, leased(table, "sending:x", wait=0.3) as second:
        assert (first, second) == (True, False)
    with leased(table, "sending:x", wait=0) as third:
        assert third


def test_what_a_dead_run_held_is_free_after_a_while(cloud: Cloud) -> None:
    table = context_at(recent()).table
    table.acquire("sending:x", Lease(by=""), timedelta(seconds=1))
    with leased(table, "sending:x", wait=5) as held:
        assert held
