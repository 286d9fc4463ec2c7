"""Merged, escalated, reassigned, and what nobody has heard of: from the signed webhook to timeline, thread, report."""

import json
import logging
from typing import Any

import pytest

from responder.context import open_context
from responder.domain.diagnosis import Cause
from tests.support import deliveries
from tests.support.inprocess import Cloud, notices
from tests.support.notifications import context_at, recent, slack_messages, told

A, B = "pd-PABC123", "pd-PDEF456"
PERSON = {"id": "PUSER01", "type": "user_reference", "summary": "Ann Lee"}


def user(name: str) -> dict[str, str]:
    return {"id": f"P{name.upper()}", "type": "user_reference", "summary": name}


def upstream(cloud: Cloud, name: str, upstream_id: str = "PABC123", **data: Any) -> None:
    event_type = data.pop("event_type", None)
    body = deliveries.pagerduty(name, upstream_id, agent=data.pop("agent", PERSON))
    body["event"]["event_type"] = event_type or body["event"]["event_type"]
    body["event"]["data"].update(data)
    assert deliveries.deliver(cloud, "pagerduty", body)[0] == 202


def merged(cloud: Cloud, **more: Any) -> None:
    """A into B."""
    into = {"type": "merge_resolve_reason", "incident": {"id": "PDEF456", "type": "incident_reference"}}
    upstream(cloud, "incident_merged", resolve_reason=into, **more)


def entries(incident_id: str, kind: str) -> list[str]:
    return [
        one.text for one in open_context({"incident_id": incident_id}).table.timeline(incident_id) if one.kind == kind
    ]


def said(cloud: Cloud, incident_id: str) -> str:
    cloud.invoke("publish_update", {"incident_id": incident_id, "execution_number": 1, "kind": "upstream_activity"})
    return json.dumps(slack_messages(cloud)[-1]["blocks"])


def texts_of(cloud: Cloud, incident_id: str) -> list[str]:
    """What Slack was told of this incident."""
    found = slack_messages(cloud)
    return [one["text"] for one in found if one["metadata"]["event_payload"]["incident_id"] == incident_id]


def announced(cloud: Cloud, incident_id: str) -> None:
    context_at(recent(incident_id, cause=Cause.PROVIDER_OUTAGE))
    cloud.invoke("announce_incident", {"incident_id": incident_id, "execution_number": 1})


def test_a_merge_is_in_both_timelines_once_and_links_both(cloud: Cloud) -> None:
    for one in (A, B):
        announced(cloud, one)
    merged(cloud, title="The first <!channel> alert")
    merged(cloud, title="The first <!channel> alert")
    [text] = entries(B, "alert_merged_here")
    assert text == f"{A} (The first <!channel> alert) was merged into this one upstream."
    assert entries(A, "alert_merged") == [f"Merged upstream into {B}."] * 2
    assert (cloud.incident(A)["related"], cloud.incident(B)["related"]) == ([B], [A])
    assert cloud.incident(A)["merged_into"] == B
    words = said(cloud, B)
    assert f"Ann Lee has merged {A} (The first &lt;!channel&gt; alert) into this one." in words


@pytest.mark.parametrize("order", ["merge first", "target first"])
def test_whichever_is_heard_of_first_they_are_linked(cloud: Cloud, order: str) -> None:
    upstream(cloud, "incident_triggered")
    if order == "merge first":
        merged(cloud)
    upstream(cloud, "incident_triggered", "PDEF456")
    if order == "target first":
        merged(cloud)
    assert len(entries(B, "alert_merged_here")) == 1
    assert (cloud.incident(A)["related"], cloud.incident(B)["related"]) == ([B], [A])


def test_the_report_and_the_page_of_the_one_that_lives_on_name_the_other(cloud: Cloud) -> None:
    for one in (A, B):
        announced(cloud, one)
    merged(cloud)
    seen = open_context({"incident_id": B}).event_seq
    for one in (A, B):
        run = {"incident_id": one, "execution_number": 1}
        cloud.invoke("close_incident", run | {"seen_seq": open_context(run).event_seq, "agree": one == B})
        cloud.invoke("write_report", run)
    assert seen == 1, "the merge wakes it"
    # Nobody has said that it is fixed: it is not over, and there is nothing to disagree with.
    [last] = [text for text in texts_of(cloud, A) if f"Merged into {B} after" in text]
    assert "it goes on there" in last
    assert "checks still fail" not in last
    assert not any("Over after" in text for text in texts_of(cloud, A))
    mails = [mail for mail in notices("STAKEHOLDER_TOPIC_ARN") if mail.endswith(f"Incident {A}")]
    assert f"goes on as incident {B}" in mails[-1]
    assert f"it stays while {B} is open" in "".join(told(open_context({"incident_id": A})))
    report = cloud.report(f"reports/{B}.md")
    assert f"Merged into this one: {A}." in report
    assert "Open at the same time" not in report
    assert "was merged into this one upstream." in report
    merged_away = cloud.report(f"reports/{A}.md")
    assert f"Merged into {B} by Ann Lee at" in merged_away


def test_a_merge_into_what_is_over_or_not_ours_says_and_opens_nothing(cloud: Cloud) -> None:
    announced(cloud, A)
    merged(cloud)
    assert cloud.invoke("read_incidents", {"pathParameters": {"id": B}})["statusCode"] == 404
    assert cloud.incident(A)["merged_into"] == B


def test_what_is_reopened_after_a_merge_stands_for_itself_and_its_running_execution_is_woken(cloud: Cloud) -> None:
    upstream(cloud, "incident_triggered")
    announced(cloud, A)
    merged(cloud)
    ctx = open_context({"incident_id": A})
    assert ctx.table.store_wait_token(A, "token-of-the-waiting-state", ctx.event_seq)
    upstream(cloud, "incident_reopened")
    after = open_context({"incident_id": A})
    assert (after.incident.merged_into, after.incident.is_over_upstream) == (None, False)
    assert [one["name"] for one in cloud.executions() if one["name"].startswith(A)] == [f"{A}-1"]
    close = {"incident_id": A, "execution_number": 1, "seen_seq": ctx.event_seq, "agree": True}
    assert cloud.invoke("close_incident", close) == {"closed": False}
    assert after.table.count_event(A) is None, "the waiting state has its token"


@pytest.mark.parametrize(
    ("name", "event_type", "text", "in_thread"),
    [
        (
            "incident_reassigned",
            "incident.reassigned",
            "Reassigned upstream to Bo and Cy.",
            "reassigned it to Bo and Cy.",
        ),
        ("incident_escalated", "incident.escalated", "Escalated upstream to Bo and Cy.", "escalated it to Bo and Cy."),
        (
            "incident_reassigned",
            "incident.delegated",
            "Reassigned upstream to Bo and Cy, escalation policy Transcription on-call.",
            "reassigned it to Bo and Cy, escalation policy Transcription on-call.",
        ),
    ],
)
def test_who_passed_it_on_in_pagerduty_and_to_whom_is_recorded_and_said(
    cloud: Cloud, name: str, event_type: str, text: str, in_thread: str
) -> None:
    announced(cloud, A)
    upstream(cloud, name, event_type=event_type, assignees=[user("Bo"), user("Cy")])
    [entry] = [one for one in cloud.incident(A)["timeline"] if one["text"] == text]
    assert (entry["actor"], entry["data"]["event_type"]) == ("pagerduty:Ann Lee", event_type)
    assert f"Ann Lee has {in_thread}" in said(cloud, A)


def test_an_escalation_by_the_clock_is_recorded_and_no_person_s(cloud: Cloud) -> None:
    announced(cloud, A)
    upstream(cloud, "incident_escalated", agent=None, assignees=[user("Bo")])
    assert "Escalated upstream to Bo." in told(open_context({"incident_id": A}))
    assert open_context({"incident_id": A}).incident.pending_upstream_activity == ()
    assert open_context({"incident_id": A}).incident.acknowledged_at is None


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_who_took_it_and_whom_it_was_escalated_to_in_opsgenie_is_recorded(cloud: Cloud, source: str) -> None:
    incident_id = f"{source.replace('opsgenie', 'og')}-a-1"
    for name in ("create", "take_ownership", "escalate"):
        assert deliveries.deliver(cloud, source, deliveries.opsgenie(name, "a-1"))[0] == 202
    texts = told(open_context({"incident_id": incident_id}))
    assert "Reassigned upstream to oncall@example.com." in texts
    assert "Escalated upstream to lead@example.com (Transcription escalation)." in texts
    assert [one.text for one in open_context({"incident_id": incident_id}).incident.pending_upstream_activity] == [
        "oncall@example.com has taken it."
    ]


def test_an_action_of_tomorrow_is_in_the_timeline_and_changes_nothing(cloud: Cloud) -> None:
    deliveries.deliver(cloud, "opsgenie", deliveries.opsgenie("create", "a-1"))
    before = open_context({"incident_id": "og-a-1"}).incident
    body = deliveries.opsgenie("take_ownership", "a-1", note="by the new button")
    assert deliveries.deliver(cloud, "opsgenie", body | {"action": "Frobnicate <!here>"})[0] == 202
    assert "Updated upstream (Frobnicate <!here>): by the new button." in told(open_context({"incident_id": "og-a-1"}))
    assert open_context({"incident_id": "og-a-1"}).incident == before


def test_an_event_type_of_tomorrow_is_seen_in_the_log_and_changes_nothing(
    cloud: Cloud, caplog: pytest.LogCaptureFixture
) -> None:
    """PagerDuty's list is closed, so what is not in it is nothing to act on (answered 200, never sent again)."""
    announced(cloud, A)
    before = cloud.incident(A)
    body = deliveries.pagerduty("incident_escalated", "PABC123", event_type="incident.frobnicated")
    with caplog.at_level(logging.INFO):
        assert deliveries.deliver(cloud, "pagerduty", body)[0] == 200
    [line] = [vars(record) for record in caplog.records if record.getMessage() == "ignored"]
    assert (line["incident_id"], line["reason"]) == (A, "event type incident.frobnicated is nothing to act on")
    assert cloud.incident(A) == before
