"""One Slack thread from the first message to the last reminder, through the real functions: nothing leaves it."""

from datetime import timedelta
from typing import Any

from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from tests.support import deliveries
from tests.support.inprocess import Cloud
from tests.support.notifications import an_action, context_at, recent, slack_messages

ONE, NEXT = "pd-PABC123", "pd-PNEXT01"


def announce(cloud: Cloud, incident_id: str = ONE, **changes: Any) -> IncidentContext:
    """A diagnosed outage, told of by the function that does it."""
    ctx = context_at(recent(incident_id, **({"cause": Cause.PROVIDER_OUTAGE} | changes)))
    cloud.invoke("announce_incident", run(incident_id))
    return ctx


def run(incident_id: str = ONE, **more: Any) -> dict[str, Any]:
    return {"incident_id": incident_id, "execution_number": 1} | more


def close(cloud: Cloud, incident_id: str = ONE) -> None:
    seen = open_context({"incident_id": incident_id}).event_seq
    assert cloud.invoke("close_incident", run(incident_id, seen_seq=seen, agree=True)) == {"closed": True}


def stored(incident_id: str = ONE) -> Incident:
    return open_context({"incident_id": incident_id}).incident


def heads(cloud: Cloud) -> list[dict[str, Any]]:
    return [message for message in slack_messages(cloud) if "thread_ts" not in message]


def replies(cloud: Cloud, head: dict[str, Any]) -> list[str]:
    return [message["text"] for message in slack_messages(cloud) if message.get("thread_ts") == head["ts"]]


def test_a_hand_over_that_comes_after_the_end_is_a_reply_and_opens_nothing_again(cloud: Cloud) -> None:
    announce(cloud)
    close(cloud)
    assert cloud.invoke("publish_update", run(kind="handover"))["sent"]
    [head] = heads(cloud)
    assert "yours now" in replies(cloud, head)[-1]
    assert slack_messages(cloud)[-1]["reply_broadcast"] is True
    assert "Over after" in head["text"]
    assert stored().status is IncidentStatus.RESOLVED


def test_report_hand_over_and_reminders_stay_in_their_thread_when_the_next_outage_has_its_own(cloud: Cloud) -> None:
    ctx = announce(cloud, started_at=now() - timedelta(hours=25))
    close(cloud)
    ctx.table.amend(ONE, resolved_at=now() - timedelta(hours=24, seconds=30))
    # Raised before the end of the first, and heard of after it.
    begun, acknowledged = now() - timedelta(hours=24, minutes=1), LatestValue(at=now(), value=True)
    announce(cloud, NEXT, started_at=begun, acknowledgement=acknowledged)
    first, second = heads(cloud)
    standing = second["text"]
    cloud.invoke("write_report", run())
    cloud.invoke("publish_update", run(kind="handover"))
    ctx.table.keep_action(ONE, "rotate", an_action("promoted", "The key is in force."))
    assert cloud.invoke("audit", {})["reminded"] == [ONE]
    words = ("Over after", "report", "yours now", "24 hours after the end")
    assert all(any(word in text for text in replies(cloud, first)) for word in words)
    # The audit found the second one without an execution: that is its news.
    assert [text for text in replies(cloud, second) if NEXT not in text] == []
    assert heads(cloud)[1]["text"] == standing
    cloud.invoke("publish_update", run(NEXT, kind="handover"))
    assert "yours now" in replies(cloud, second)[-1]
    assert len(heads(cloud)) == 2


def test_the_recovery_tells_only_what_was_done_since_the_hand_over(cloud: Cloud) -> None:
    ctx = announce(cloud, cause=Cause.KEY_REJECTED)
    ctx.table.keep_action(ONE, "rotate", an_action("promoted", "The key is in force."))
    cloud.invoke("publish_update", run(kind="handover"))
    since = an_action("restarted", "The service was restarted.", name="restart").model_copy(update={"at": now()})
    ctx.table.keep_action(ONE, "restart", since)
    cloud.invoke("publish_update", run(kind="mitigated"))
    [handed, recovered] = [one for one in slack_messages(cloud) if one.get("thread_ts")][-2:]
    assert ["The key is in force." in str(one) for one in (handed, recovered)] == [True, False]
    assert "The service was restarted." in str(recovered)


def test_a_reopened_incident_goes_on_where_it_was_and_the_channel_sees_it(cloud: Cloud) -> None:
    ctx = announce(cloud)
    close(cloud)
    first_end = stored().resolved_at
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_reopened", "PABC123"))
    assert stored().status is IncidentStatus.OPEN
    ctx.table.amend(ONE, cause=Cause.PROVIDER_SLOW, evidence_run="diagnosis-2-0")
    cloud.invoke("announce_incident", run())
    [head] = heads(cloud)
    assert slack_messages(cloud)[-1]["reply_broadcast"] is True
    assert "Over after" not in head["text"]
    assert replies(cloud, head)[-1].startswith("P1 · Reopened · ")
    assert "- Reopened upstream, " in replies(cloud, head)[-1]
    # An end is named by its second.
    cloud.wait_until(lambda: first_end is not None and now() >= first_end + timedelta(seconds=1))
    close(cloud)
    assert "Over after" in heads(cloud)[0]["text"]
    announce(cloud, NEXT)
    assert len(heads(cloud)) == 2


def test_reopened_during_another_outage_it_is_part_of_that_one(cloud: Cloud) -> None:
    announce(cloud)
    close(cloud)
    announce(cloud, NEXT)
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_reopened", "PABC123"))
    cloud.invoke("publish_update", run(kind="handover"))
    _, second = heads(cloud)
    assert any(ONE in str(message["metadata"]) for message in slack_messages(cloud)[-1:])
    assert "yours now" in replies(cloud, second)[-1]


def test_who_reads_the_thread_of_two_alerts_sees_which_one_a_message_is_about(cloud: Cloud) -> None:
    announce(cloud)
    announce(cloud, NEXT, title="Half of the summaries fail", cause=Cause.NO_FAULT)
    close(cloud, NEXT)
    [head] = heads(cloud)
    _, first, second = replies(cloud, head)
    assert first.startswith(f"{NEXT} · P1 · ")
    assert second.startswith(f"{NEXT} · P1 · Over after ")
    assert first.count("“Half of the summaries fail”") == 1
    assert "This is about another alert of the same outage: “Half of the summaries fail”." in second
    assert ONE not in head["text"].partition("\n")[0]
    close(cloud)
    assert replies(cloud, head)[-1].startswith("P1 · Over after ")


def test_an_outage_whose_end_could_not_be_said_does_not_take_the_next_one_in(cloud: Cloud) -> None:
    announce(cloud, started_at=now() - timedelta(hours=2))
    cloud.sandbox.patch({"slack": {"error": "invalid_auth"}})
    close(cloud)
    cloud.sandbox.patch({"slack": {"error": None}})
    announce(cloud, NEXT, started_at=now() + timedelta(seconds=1))
    assert len(heads(cloud)) == 2


def test_one_that_began_before_the_end_of_the_other_joins_its_thread_though_told_later(cloud: Cloud) -> None:
    announce(cloud)
    context_at(recent(NEXT))
    close(cloud)
    assert "Over after" in heads(cloud)[0]["text"]
    cloud.invoke("announce_incident", run(NEXT))
    [head] = heads(cloud)
    assert "Over after" not in head["text"]
    assert slack_messages(cloud)[-1]["thread_ts"] == head["ts"]
    close(cloud, NEXT)
    assert "Over after" in heads(cloud)[0]["text"]


def test_a_word_about_what_was_over_unsaid_takes_no_later_incident_in(cloud: Cloud) -> None:
    context_at(recent(status=IncidentStatus.RESOLVED, resolved_at=now(), told_at=now()))
    cloud.invoke("publish_update", run(kind="handover"))
    announce(cloud, NEXT)
    assert len(heads(cloud)) == 2


def test_a_hand_over_that_would_repeat_the_announcement_is_no_message(cloud: Cloud) -> None:
    announce(cloud, cause=Cause.NETWORK_FAILURE)
    [head] = heads(cloud)
    before = replies(cloud, head)
    assert "check name resolution" in before[-1]
    assert cloud.invoke("publish_update", run(kind="handover")) == {"kind": "handover", "sent": []}
    assert replies(cloud, head) == before
    assert stored().status is IncidentStatus.HANDED_OVER
