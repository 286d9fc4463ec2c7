"""One thread for the integration: its head is edited in place, steps are replies, failures are read from the body."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.domain.update import Update
from responder.integrations.slack.blocks import message
from responder.integrations.slack.buttons import escaped
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages.compose import announced, escalated, handed_over, in_progress
from responder.notifications.messages.ending import mitigated, report_written, resolved
from responder.notifications.messages.parts import readable
from responder.notify import CHANNELS
from tests.support.inprocess import SETTINGS, VENDORS, Cloud
from tests.support.notifications import AT, CHANNEL, a_situation, an_incident, context_at, recent, slack_messages, told


def say(ctx: IncidentContext, update: Update) -> Delivery:
    return delivery.deliver(ctx, CHANNELS["slack"], update)


def closed(ctx: IncidentContext) -> IncidentContext:
    return replace(ctx, incident=ctx.table.amend(ctx.incident.id, status=IncidentStatus.RESOLVED, resolved_at=AT))


def a_minute_later(ctx: IncidentContext) -> None:
    ctx.table.delete_record(f"{ctx.incident.id}:said-in-slack")


def test_the_head_says_how_things_stand_and_replies_say_what_happened(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    first, second = announced(notification_context(ctx)), in_progress(notification_context(ctx))
    say(ctx, first)
    a_minute_later(ctx)
    say(ctx, second)
    head, diagnosis, reply = slack_messages(cloud)
    assert diagnosis["thread_ts"] == reply["thread_ts"] == head["ts"]
    assert head["text"].startswith(second.headline)
    assert head["metadata"]["event_payload"] == {"incident_id": "pd-PABC123", "update_key": second.key}
    for posted, update in ((diagnosis, first), (reply, second)):
        assert posted["blocks"][0]["text"]["text"].endswith(f"*{update.headline}*")


def test_the_head_has_four_facts_and_the_diagnosis_lasts_below_it(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    first = announced(notification_context(ctx))
    say(ctx, first)
    say(ctx, mitigated(notification_context(ctx)))
    head, diagnosis, recovery = slack_messages(cloud)
    lines = head["blocks"][0]["text"]["text"].splitlines()
    assert lines == [
        ":large_green_circle: *P1 · Transcriptions fail for our users (401)*",
        "*Whose fault:* our API key is rejected, 95% sure",
        "*State:* recovered, and we watch that it stays so",
        "*We need:* Nothing now.",
    ]
    assert all(escaped(readable(reason)) in str(diagnosis["blocks"]) for reason in ctx.incident.reasons)
    assert "Recovered" in recovery["text"]
    assert "thread_ts" in recovery


def test_a_head_whose_reply_got_lost_gets_that_reply_and_no_second_head(cloud: Cloud) -> None:
    cloud.sandbox.patch({"faults": {"slack": {"fail_next": [{"after": 1, "times": 1, "status": 503}]}}})
    ctx = context_at(recent())
    assert say(ctx, announced(notification_context(ctx))).outcome == "sent"
    head, reply = slack_messages(cloud)
    assert reply["thread_ts"] == head["ts"]


def test_times_are_shown_in_the_readers_zone() -> None:
    update = announced(a_situation(an_incident()))
    assert "<!date^1780322520^{time}|14:02 UTC>" in str(message(update)["blocks"])
    assert "<!date^1780323780^{time}|14:23 UTC>" in str(message(update)["blocks"])
    assert "<!date" not in message(update)["text"]


def test_the_promised_update_within_a_minute_is_an_edit_and_the_story_stays(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    say(ctx, announced(notification_context(ctx)))
    for number in range(5):
        ctx = context_at(recent(told_at=AT, evidence_run=f"diagnosis-1-{number}", impact=f"{number} of 9 calls fail."))
        assert say(ctx, announced(notification_context(ctx))).outcome == "sent"
    say(ctx, in_progress(notification_context(ctx)))
    say(ctx, mitigated(notification_context(ctx)))
    assert "Recovered" in slack_messages(cloud)[0]["text"]
    # The story: each diagnosis and the recovery. The promised update was an edit.
    assert len(slack_messages(cloud)) == 1 + 5 + 1
    a_minute_later(ctx)
    say(ctx, in_progress(notification_context(ctx)).model_copy(update={"key": "progress-later"}))
    assert len(slack_messages(cloud)) == 1 + 5 + 2


def test_what_calls_for_a_person_or_ends_it_is_never_held_back(cloud: Cloud) -> None:
    ctx = context_at(recent())
    say(ctx, announced(notification_context(ctx)))
    for update in (
        escalated(notification_context(ctx), 2),
        escalated(notification_context(ctx), 3),
        handed_over(notification_context(ctx)),
    ):
        say(ctx, update)
    say(closed(ctx), resolved(notification_context(ctx), AT))
    assert len(slack_messages(cloud)) == 6


def test_another_incidents_head_cannot_speak_for_this_one(cloud: Cloud) -> None:
    one, two = context_at(recent()), context_at(recent("pd-PDEF456", told_at=AT))
    for update in (
        announced(notification_context(one)),
        announced(notification_context(two)),
        in_progress(notification_context(two)),
    ):
        say(one if update.incident_id == one.incident.id else two, update)
    assert len(slack_messages(cloud)) == 4


def test_what_comes_after_the_end_is_not_said(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    late = in_progress(notification_context(ctx))
    say(ctx, announced(notification_context(ctx)))
    say(closed(ctx), resolved(notification_context(ctx), AT))
    assert say(ctx, late).outcome == "skipped"
    assert len(slack_messages(cloud)) == 3


def through_a_webhook(cloud: Cloud, place: str = "T0-1") -> list[dict[str, Any]]:
    """Only a webhook's address is configured; → what it takes."""
    vendors = {name: value for name, value in VENDORS.items() if name != "slack"}
    address = f"{cloud.sandbox.url}/slack/api/hooks/{place}"
    secret = json.dumps(vendors | {"slack_webhook": address})
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS["VENDOR_CREDENTIALS_SECRET"], SecretString=secret)
    hooked: list[dict[str, Any]] = cloud.sandbox.world["slack"]["hooked"]
    return hooked


def test_an_incoming_webhook_is_used_where_there_is_nothing_else(cloud: Cloud) -> None:
    hooked = through_a_webhook(cloud)
    ctx = context_at(recent(told_at=AT, title="<!channel> down"))
    assert say(ctx, announced(notification_context(ctx))).detail == "posted through the incoming webhook"
    assert say(ctx, in_progress(notification_context(ctx))).outcome == "skipped"
    say(closed(ctx), resolved(notification_context(ctx), AT))
    assert (len(hooked), slack_messages(cloud)) == (2, [])
    assert "<!" not in str(hooked).replace("<!date^", "")


def test_a_webhook_that_is_revoked_is_a_failure_that_does_not_show_its_address(cloud: Cloud) -> None:
    through_a_webhook(cloud, "revoked")
    ctx = context_at(recent())
    assert say(ctx, announced(notification_context(ctx))) == Delivery("slack", "failed", "HTTP 404")
    assert "hooks" not in str(told(ctx))


def test_an_escalation_mentions_and_is_seen_in_the_channel(cloud: Cloud) -> None:
    cloud.change_runbook({"escalation": {2: {"who": "Team lead", "slack_mention": "<!subteam^S0LEAD>"}}})
    ctx = context_at(recent())
    say(ctx, announced(notification_context(ctx)))
    say(ctx, escalated(notification_context(ctx), 2))
    reply = slack_messages(cloud)[2]
    assert reply["blocks"][0]["text"]["text"].startswith("<!subteam^S0LEAD> ")
    assert reply["reply_broadcast"] is True


def test_a_second_incident_joins_the_thread_and_does_not_take_its_head(cloud: Cloud) -> None:
    one, two = context_at(recent()), context_at(recent("pd-PDEF456"))
    first = announced(notification_context(one))
    say(one, first)
    say(two, announced(notification_context(two)))
    head, *replies = slack_messages(cloud)
    assert [reply["thread_ts"] for reply in replies] == [head["ts"]] * 2
    assert head["metadata"]["event_payload"]["incident_id"] == "pd-PABC123"


def test_the_thread_ends_with_the_last_incident_takes_its_report_and_a_new_incident_opens_another(cloud: Cloud) -> None:
    one, two = context_at(recent()), context_at(recent("pd-PDEF456"))
    for ctx in (one, two):
        say(ctx, announced(notification_context(ctx)))
    head = slack_messages(cloud)[0]
    say(closed(one), resolved(notification_context(one), AT))
    assert "Over after" not in head["text"]
    last = closed(two)
    say(last, resolved(notification_context(two), AT))
    assert "Over after" in head["text"]
    say(last, report_written(notification_context(last), "bucket", "reports/pd-PDEF456.md"))
    assert slack_messages(cloud)[-1]["thread_ts"] == head["ts"]
    third = context_at(recent("pd-PGHI789"))
    say(third, announced(notification_context(third)))
    assert "thread_ts" not in slack_messages(cloud)[-2]


def test_a_thread_that_people_deleted_is_opened_again(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    say(ctx, announced(notification_context(ctx)))
    cloud.sandbox.patch({"slack": {"messages": {CHANNEL: None}}})
    assert say(ctx, in_progress(notification_context(ctx))).outcome == "sent"
    head, reply = slack_messages(cloud)
    assert "thread_ts" not in head
    assert reply["thread_ts"] == head["ts"]


@pytest.mark.parametrize("error", ["invalid_auth", "channel_not_found", "not_in_channel"])
def test_ok_false_is_a_failure_that_is_named_and_not_repeated(cloud: Cloud, error: str) -> None:
    cloud.sandbox.patch({"slack": {"error": error}})
    ctx = context_at(recent())
    assert say(ctx, announced(notification_context(ctx))) == Delivery("slack", "failed", error)
    assert len(cloud.sandbox.journal("slack")) == 1
    assert f"Slack did not take the message “announced”: {error}." in told(ctx)


def test_retry_after_is_honoured_once(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    ctx = context_at(recent())
    fault: dict[str, Any] = {"status": 429, "times": 1, "retry_after": 3}
    cloud.sandbox.patch({"faults": {"slack": {"fail_next": [fault]}}})
    assert say(ctx, announced(notification_context(ctx))).outcome == "sent"
    assert 3.0 in slept


def test_a_wait_longer_than_the_invocation_is_not_slept_but_kept(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    cloud.sandbox.patch({"slack": {"rate_limited": True, "retry_after": 3600}})
    ctx = context_at(recent())
    assert say(ctx, announced(notification_context(ctx))).outcome == "failed"
    assert max(slept, default=0.0) <= delivery.LONGEST_PAUSE
    [waits] = ctx.table.get(ctx.incident.id).incident.undelivered
    assert waits.due_at - now() > timedelta(minutes=59)


def test_an_answer_that_is_not_slacks_json_is_a_failure(cloud: Cloud) -> None:
    cloud.sandbox.patch({"slack": {"status_code": 404}})
    ctx = context_at(recent())
    assert say(ctx, announced(notification_context(ctx))).outcome == "failed"


def test_a_title_that_would_page_everybody_pages_nobody(cloud: Cloud) -> None:
    ctx = context_at(recent(title="<!channel> <!here> &"))
    say(ctx, announced(notification_context(ctx)))
    assert "<!" not in str(slack_messages(cloud)).replace("<!date^", "")
