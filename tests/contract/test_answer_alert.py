"""Acknowledge and Resolve in Slack: who may, what the pager is told and in whose name, and that it counts here."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from local.sandbox.slack_message import buttons
from responder.aws.incident_table import IncidentTable
from responder.context import IncidentContext, open_context
from responder.domain.alert import Source
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.domain.platform_refused import PlatformRefused
from responder.integrations.pagerduty.client import PagerDutyClient
from responder.integrations.slack import decision
from responder.integrations.slack import press as press_of_a_button
from responder.notifications.context import notification_context
from responder.notifications.messages.compose import announced
from responder.notify import publish
from responder.workflow import escalation
from tests.support.approval_request import press, whispers
from tests.support.inprocess import SIGNING_SECRET, Cloud, fast_runbook
from tests.support.notifications import context_at, notes, recent, slack_messages, slack_replies, told, upstream_status

ONCALL, LEAD, STRANGER = "U0ONCALL", "U0LEAD", "U0STRANGER"
OURS = fast_runbook("")["vendors"]["pagerduty"]["from_email"]
# The lead may approve, and nobody said who that is at the pager.
PEOPLE = {"approvals": {"pager_users": {ONCALL: "jane@example.com"}, "approvers": {"slack": [LEAD]}}}


def told_people(cloud: Cloud, source: Source = "pagerduty", **changes: Any) -> IncidentContext:
    cloud.change_runbook(PEOPLE)
    cloud.sandbox.patch({"slack": {"signing_secret": SIGNING_SECRET}})
    ctx = context_at(recent(source=source, **changes))
    publish(ctx, announced(notification_context(ctx)))
    return ctx


def over(cloud: Cloud, source: Source = "pagerduty") -> dict[str, Any]:
    """Closed because it recovered; returns the message that says so."""
    ctx = told_people(cloud, source, status=IncidentStatus.MITIGATED, told_at=now(), acknowledgement=None)
    event = {"incident_id": ctx.incident.id, "execution_number": 1, "seen_seq": ctx.event_seq, "agree": True}
    assert cloud.invoke("close_incident", event) == {"closed": True}
    [end] = [
        one for one in slack_replies(cloud) if one["metadata"]["event_payload"]["update_key"].startswith("resolved-")
    ]
    return end


def text_of(message: dict[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def writes(cloud: Cloud, vendor: str) -> list[dict[str, Any]]:
    return [call for call in cloud.sandbox.journal(vendor) if call["method"] in ("PUT", "POST")]


def changed_by(cloud: Cloud) -> str:
    return str(cloud.sandbox.world["pagerduty"]["incidents"]["PABC123"]["last_status_change_by"]["summary"])


def stored() -> Any:
    return open_context({"incident_id": "pd-PABC123"}).incident


def test_over_here_and_not_there_is_said_with_both_buttons(cloud: Cloud) -> None:
    end = over(cloud)
    assert "The alert in PagerDuty is still open, and it rings" in text_of(end)
    assert "Resolve the alert in PagerDuty, unless somebody has done so by now." in text_of(end)
    assert list(buttons(end)) == ["acknowledge_alert", "resolve_alert"]


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_the_same_for_the_other_pagers(cloud: Cloud, source: Source) -> None:
    end = over(cloud, source)
    press(cloud, "resolve", ONCALL)
    [close] = [call for call in writes(cloud, source) if call["path"].endswith("/close")]
    assert close["body"]["user"] == "jane@example.com"
    assert buttons(end) == {}


@pytest.mark.parametrize(
    ("there", "said", "left"),
    [
        ({"status": "acknowledged", "acknowledged_at": 0}, "is still open: acknowledged", ["resolve_alert"]),
        ({"status": "resolved"}, "The alert in PagerDuty is resolved too.", []),
    ],
)
def test_what_the_pager_says_now_counts(cloud: Cloud, there: dict[str, Any], said: str, left: list[str]) -> None:
    cloud.sandbox.patch({"pagerduty": {"incidents": {"PABC123": there}}})
    end = over(cloud)
    assert said in text_of(end)
    assert list(buttons(end)) == left


def test_a_pager_that_cannot_be_asked_is_not_said_to_be_quiet(cloud: Cloud) -> None:
    cloud.sandbox.patch({"pagerduty": {"rate_limited": True}})
    assert "We could not look whether the alert in PagerDuty is still open." in text_of(over(cloud))


def test_whom_the_runbook_maps_is_named_there_and_the_message_says_it(cloud: Cloud) -> None:
    end = over(cloud)
    press(cloud, "resolve", ONCALL)
    [put] = [call for call in writes(cloud, "pagerduty") if call["method"] == "PUT"]
    assert changed_by(cloud) == "jane@example.com"
    assert put["body"] == {"incident": {"type": "incident_reference", "status": "resolved"}}
    assert upstream_status(cloud) == "resolved"
    assert f"Resolved in PagerDuty by <@{ONCALL}>" in text_of(end)
    assert buttons(end) == {}
    assert "Over after" in text_of(end)


def test_whom_nobody_maps_acts_by_our_user_and_a_note_names_them_once(cloud: Cloud) -> None:
    over(cloud)
    before = len(notes(cloud))
    press(cloud, "acknowledge", LEAD)
    press(cloud, "acknowledge", LEAD, ts=slack_replies(cloud)[-1]["ts"])
    assert changed_by(cloud) == OURS
    [note] = notes(cloud)[before:]
    assert note == f"Acknowledged by u0lead (slack:{LEAD}).\n\nref pd-PABC123/acknowledge-slack:{LEAD}"
    assert list(buttons(slack_replies(cloud)[-1])) == ["resolve_alert"]


def test_an_address_that_is_of_no_user_there_leaves_the_name_in_a_note(cloud: Cloud) -> None:
    cloud.sandbox.patch({"pagerduty": {"users": {OURS: "PRESPONDER"}}})
    over(cloud)
    press(cloud, "resolve", ONCALL)
    assert upstream_status(cloud) == "resolved"
    assert notes(cloud)[-1].startswith(f"Resolved by u0oncall (slack:{ONCALL}).")


def test_an_acknowledgement_in_slack_stops_the_escalation_and_the_thread_hears_it(cloud: Cloud) -> None:
    ctx = told_people(cloud)
    assert escalation.runs(ctx.incident)
    press(cloud, "acknowledge", LEAD)
    after = stored()
    assert after.acknowledgement.by.id == f"slack:{LEAD}"
    assert not escalation.runs(after)
    assert [one.text for one in after.pending_upstream_activity] == ["u0lead has acknowledged: nobody else is called."]
    assert "Acknowledged by u0lead." in told(ctx)
    first = after.acknowledgement.at
    press(cloud, "acknowledge", LEAD, ts=slack_replies(cloud)[0]["ts"])
    assert stored().acknowledgement.at == first


def test_it_counts_also_while_the_pager_does_not_take_it(cloud: Cloud) -> None:
    told_people(cloud)
    cloud.sandbox.patch({"pagerduty": {"rate_limited": True}})
    press(cloud, "acknowledge", ONCALL)
    assert stored().acknowledged_at
    [said] = whispers(cloud)
    assert "We call nobody else: you have it. But PagerDuty did not take it" in said
    assert list(buttons(slack_replies(cloud)[0])) == ["acknowledge_alert"]


def test_what_is_resolved_there_is_not_opened_again(cloud: Cloud) -> None:
    end = over(cloud)
    cloud.sandbox.patch({"pagerduty": {"incidents": {"PABC123": {"status": "resolved"}}}})
    press(cloud, "acknowledge", ONCALL)
    assert upstream_status(cloud) == "resolved"
    assert "The alert is resolved in PagerDuty already." in text_of(end)
    assert buttons(end) == {}


def test_a_stranger_changes_nothing_and_is_told_who_may(cloud: Cloud) -> None:
    ctx = told_people(cloud)
    press(cloud, "acknowledge", STRANGER)
    assert stored().acknowledged_at is None
    assert whispers(cloud) == [
        f"Nothing changed: in Slack, <@{ONCALL}>, <@{LEAD}> may do this (runbook: approvals.pager_users)."
    ]
    assert f"slack:{STRANGER} tried to acknowledge and may not; nothing changed." in told(ctx)
    assert not [call for call in writes(cloud, "pagerduty") if call["method"] == "PUT"]


def test_without_people_or_a_pager_that_takes_our_calls_there_are_no_buttons(cloud: Cloud) -> None:
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    cloud.change_runbook(PEOPLE | {"vendors": {"pagerduty": {"from_email": None}}})
    other = context_at(recent("pd-PDEF456", started_at=now() - timedelta(seconds=5)))
    publish(other, announced(notification_context(other)))
    assert [buttons(message) for message in slack_messages(cloud)] == [{}] * len(slack_messages(cloud))


def click(cloud: Cloud) -> int:
    """The answer to Slack alone; what it passes on is run by `cloud.run_later`."""
    sent = httpx.post(f"{cloud.sandbox.url}/_click", json={"user": ONCALL, "action": "acknowledge"})
    signed = sent.raise_for_status().json()
    event = {"headers": signed["headers"], "body": signed["body"], "isBase64Encoded": False}
    return int(cloud.invoke("slack_interaction", event)["statusCode"])


def test_slack_is_answered_before_the_pager_and_slack_are_called(cloud: Cloud) -> None:
    """So a slow pager, or a slow Slack, makes no press fail: Slack waits 3 s."""
    told_people(cloud)
    before = len(cloud.sandbox.journal())
    assert click(cloud) == 200
    assert len(cloud.sandbox.journal()) == before
    assert stored().acknowledged_at is None
    assert cloud.run_later() == []
    assert upstream_status(cloud) == "acknowledged"
    assert stored().acknowledgement.by.id == f"slack:{ONCALL}"


@pytest.mark.parametrize("at", ["the pager", "the answer in Slack", "the mark"])
def test_a_press_that_crashes_half_way_is_done_again_and_only_once(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    ctx = told_people(cloud)
    place = {
        "the pager": (PagerDutyClient, "set_status"),
        "the answer in Slack": (press_of_a_button, "show_answer"),
        "the mark": (IncidentTable, "put_record"),
    }[at]
    real, crashes = getattr(*place), [True]

    def crash_once(*given: Any, **named: Any) -> Any:
        if crashes and (at != "the mark" or str(given[1]).startswith("press:")):
            crashes.clear()
            raise RuntimeError("the function died")
        return real(*given, **named)

    monkeypatch.setattr(*place, crash_once)
    click(cloud)
    assert cloud.run_later() == []
    assert crashes == []
    assert upstream_status(cloud) == "acknowledged"
    assert [text for text in told(ctx) if text.startswith("Acknowledged by")] == ["Acknowledged by u0oncall."]
    assert "Acknowledged in PagerDuty by" in text_of(slack_replies(cloud)[0])


def test_one_press_that_comes_twice_at_once_is_done_once(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run begins while the first one is at the pager; it is tried again, and finds it done."""
    told_people(cloud)
    click(cloud)
    [(name, event)] = cloud.later
    real, second = PagerDutyClient.set_status, []

    def meanwhile(*given: Any, **named: Any) -> Any:
        monkeypatch.setattr(PagerDutyClient, "set_status", real)
        with pytest.raises(RuntimeError, match="another run is at the same press"):
            second.append(cloud.invoke(name, event))
        return real(*given, **named)

    monkeypatch.setattr(press_of_a_button, "WAIT_SECONDS", 0)
    monkeypatch.setattr(PagerDutyClient, "set_status", meanwhile)
    cloud.later.append((name, event))
    assert cloud.run_later() == []
    assert second == []
    assert len([call for call in writes(cloud, "pagerduty") if call["method"] == "PUT"]) == 1


def test_what_lambda_does_not_take_is_said_to_the_person(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    told_people(cloud)

    def refuses(*_: Any) -> None:
        raise PlatformRefused("Lambda answers TooManyRequestsException", passes=True)

    monkeypatch.setattr(decision, "invoke_later", refuses)
    assert click(cloud) == 200
    assert whispers(cloud) == ["Nothing changed: we could not keep this. Press again, or acknowledge it in the pager."]
    assert stored().acknowledged_at is None
