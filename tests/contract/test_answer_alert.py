"""Acknowledge and Resolve in Slack: who may, what the pager is told and in whose name, and that it counts here."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from local.sandbox.slack_message import buttons
from responder.clients import brief
from responder.clients.http import Http, NoAnswer, Response
from responder.context import IncidentContext, open_context
from responder.domain.alert import Source
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from responder.integrations.slack import decision, ephemeral
from responder.notifications.context import notification_context
from responder.notifications.messages import announced
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


def test_a_slow_pager_does_not_make_slack_say_that_the_button_failed(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call to PagerDuty takes 0.9 s of a clock that stands still otherwise; Slack waits 3 s."""
    ctx, clock, send = told_people(cloud), [0.0], Http.call

    def slow(http: Http, method: str, url: str, *, timeout: float = 5.0, **parts: Any) -> Response | NoAnswer:
        if "/pagerduty" in url:
            clock[0] += min(0.9, timeout)
            if timeout < 0.9:
                return NoAnswer("timeout", round(timeout * 1000))
        return send(http, method, url, timeout=timeout, **parts)

    monkeypatch.setattr(brief, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setattr(Http, "call", slow)
    assert press(cloud, "acknowledge", ONCALL)["statusCode"] == 200
    assert clock[0] == pytest.approx(decision.PAGER_SECONDS)
    [answer] = whispers(cloud)
    assert "We call nobody else: you have it. But PagerDuty did not take it (no answer within the time limit)" in answer
    assert stored().acknowledgement.by.id == f"slack:{ONCALL}"
    assert decision.PAGER_SECONDS + ephemeral.SECONDS < 2.5
    assert not escalation.runs(stored())
    assert ctx.incident.acknowledged_at is None
