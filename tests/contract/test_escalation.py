"""The escalation clock through the real functions: each level's contact, and the audit where no execution keeps it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from responder.context import open_context
from responder.domain.alert import Person, Source
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from tests.support import deliveries
from tests.support.approval_request import an_ask
from tests.support.escalation import ID, LEAD_TOPIC, calls_to_the_lead, overdue, with_a_topic
from tests.support.inprocess import SETTINGS, Cloud, notices
from tests.support.notifications import context_at, notes, recent, slack_replies, told


def a_person() -> LatestValue:
    return LatestValue(at=now(), value=True, by=Person(id="P1", name="On Call", is_human=True))


def escalate(cloud: Cloud, level: int) -> list[str]:
    event = {"incident_id": ID, "execution_number": 1, "kind": "escalation", "level": level}
    sent: list[str] = cloud.invoke("publish_update", event)["sent"]
    return sent


def stored(incident_id: str = ID) -> Incident:
    return open_context({"incident_id": incident_id}).incident


def test_a_level_s_own_topic_is_told_of_its_level_only(cloud: Cloud) -> None:
    with_a_topic(cloud)
    overdue(minutes=31)
    assert "level_topic" in escalate(cloud, 2)
    assert "level_topic" not in escalate(cloud, 3)
    [call] = calls_to_the_lead()
    assert "Level 2: Team lead" in call


@pytest.mark.parametrize(
    ("contacts", "why"),
    [
        ({}, "it has no contact of its own"),
        ({"slack_mention": "<!subteam^S0LEVEL2>"}, None),
        ({"upstream": "escalate"}, None),
        ({"topic_arn": SETTINGS["TOPIC_ARN"]}, "it has no contact of its own"),
        ({"topic_arn": LEAD_TOPIC}, "nobody has confirmed a subscription of its topic"),
    ],
)
def test_a_call_that_rings_nobody_new_says_so_first(cloud: Cloud, contacts: dict[str, str], why: str | None) -> None:
    cloud.client("sns").create_topic(Name=LEAD_TOPIC.rpartition(":")[2])
    cloud.change_runbook({"escalation": {2: {"who": "Team lead", **contacts}}})
    overdue()
    escalate(cloud, 2)
    said = str(slack_replies(cloud))
    assert ("This call reaches nobody new at level 2" in said) is (why is not None)
    assert why is None or f"{why}. Call Team lead yourself." in said


def test_after_a_reopening_a_question_is_repeated_when_the_new_clock_calls_the_next_level(cloud: Cloud) -> None:
    """The alert is hours old: by its clock no level would be left, and nobody would be reminded."""
    at = now()
    task = an_ask(requested_at=at, remind_at=at, told_at=at, expires_at=at + timedelta(minutes=20))
    started, reopened = at - timedelta(hours=5), at - timedelta(minutes=5)
    ctx = context_at(recent(started_at=started, reopened_at=reopened, human_tasks=(task,), severity=Severity.P1))
    event = {"incident_id": ctx.incident.id, "execution_number": 1, "kind": "task_reminder", "task": task.name}
    assert "slack" in cloud.invoke("publish_update", event)["sent"]
    [asked] = stored(ctx.incident.id).human_tasks
    assert asked.remind_at == reopened + timedelta(minutes=15)


def test_a_level_s_topic_that_is_gone_is_named_elsewhere(cloud: Cloud) -> None:
    with_a_topic(cloud, topic_arn="arn:aws:sns:us-east-1:123456789012:responder-escalation-gone")
    ctx = overdue()
    assert "slack" in escalate(cloud, 2)
    assert any("The level's topic (SNS) did not take" in text for text in told(ctx))


def test_the_pager_goes_up_only_where_the_runbook_says_so(cloud: Cloud) -> None:
    overdue()
    escalate(cloud, 2)
    assert [call for call in cloud.sandbox.journal("pagerduty") if call["method"] == "PUT"] == []
    cloud.change_runbook({"escalation": {3: {"who": "Engineering manager", "upstream": "escalate"}}})
    ctx = overdue(minutes=31, escalated_level=2)
    for _ in range(2):
        escalate(cloud, 3)
    [put] = [call for call in cloud.sandbox.journal("pagerduty") if call["method"] == "PUT"]
    assert put["body"] == {"incident": {"type": "incident_reference", "escalation_level": 3}}
    assert any("escalated there to level 3" in text for text in told(ctx))


def test_a_level_that_the_pager_does_not_have_keeps_the_note_and_is_said(cloud: Cloud) -> None:
    cloud.change_runbook({"escalation": {4: {"who": "VP engineering", "upstream": "escalate"}}})
    ctx = overdue(minutes=61)
    assert "upstream" in escalate(cloud, 4)
    assert any("not escalated there" in text for text in told(ctx))
    assert len(notes(cloud)) == 1


@pytest.mark.parametrize(
    ("source", "named", "said"),
    [
        ("opsgenie", {"escalation": "TwinMind"}, "escalated there to level 2"),
        ("opsgenie", {}, "no escalation is named"),
        ("jsm", {}, "its integration API cannot escalate"),
    ],
)
def test_alerts_are_escalated_where_their_api_can(cloud: Cloud, source: Source, named: Any, said: str) -> None:
    cloud.change_runbook({"escalation": {2: {"who": "Lead", "upstream": "escalate"}}, "vendors": {source: named}})
    ctx = overdue(source=source)
    escalate(cloud, 2)
    assert any(said in text for text in told(ctx))


@pytest.mark.parametrize("standing", [{"stopped": True, "status": IncidentStatus.HANDED_OVER}, {}])
def test_where_no_execution_runs_the_audit_calls_the_level_once(cloud: Cloud, standing: dict[str, Any]) -> None:
    """Given up after failures or stopped by hand; or its execution is missing, and the audit starts the next, too."""
    with_a_topic(cloud)
    overdue(**standing)
    for _ in range(3):
        cloud.invoke("audit", {})
    assert len(calls_to_the_lead()) == 1
    assert stored().escalated_level == 2
    assert len([text for text in notices() if "Level 2" in text]) == 1
    assert len([one for one in slack_replies(cloud) if "Level 2: Team lead" in one["text"]]) == 1


@pytest.mark.parametrize(
    "calm",
    [
        lambda: {"acknowledgement": a_person()},
        lambda: {"upstream": LatestValue(at=now(), value="resolved")},
        lambda: {"status": IncidentStatus.MITIGATED},
        lambda: {"status": IncidentStatus.RESOLVED},
        lambda: {"started_at": now() - timedelta(minutes=13)},
    ],
)
def test_the_audit_calls_nobody_who_is_not_due(cloud: Cloud, calm: Callable[[], dict[str, Any]]) -> None:
    """Made in the test: a whole run comes here long after it collected this file."""
    with_a_topic(cloud)
    overdue(stopped=True).table.amend(ID, **calm())
    cloud.invoke("audit", {})
    assert calls_to_the_lead() == []


def test_a_waiting_execution_is_left_a_moment_and_one_that_is_busy_too_long_is_not_waited_for(cloud: Cloud) -> None:
    with_a_topic(cloud)
    ctx = overdue(minutes=1)
    cloud.invoke("audit", {})
    assert cloud.invoke("audit", {})["started"] == []
    ctx.table.amend(ID, started_at=now() - timedelta(minutes=15, seconds=1))
    cloud.invoke("audit", {})
    assert calls_to_the_lead() == []
    ctx.table.amend(ID, started_at=now() - timedelta(minutes=15, seconds=20))
    cloud.invoke("audit", {})
    assert len(calls_to_the_lead()) == 1


def test_an_acknowledgement_that_is_taken_back_lets_the_level_be_called_again(cloud: Cloud) -> None:
    with_a_topic(cloud)
    overdue(stopped=True, upstream_id="PABC123")
    cloud.invoke("audit", {})
    for event in ("incident_acknowledged", "incident_unacknowledged"):
        cloud.invoke("audit", {})
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(event, "PABC123"))
    for _ in range(2):
        cloud.invoke("audit", {})
    assert len(calls_to_the_lead()) == 2
