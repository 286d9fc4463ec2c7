"""What people do upstream reaches the thread, the clock and the severity, through the real functions; ours does not."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from responder.aws.incident_table import IncidentTable
from responder.aws.step_functions import execution_arn
from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Severity
from responder.domain.incident import Incident, IncidentStatus, LatestValue, severity_for
from responder.domain.monitoring_state import MonitoringState
from tests.support import deliveries
from tests.support.inprocess import MACHINE_ARN, SETTINGS, Cloud, notices
from tests.support.notifications import context_at, notes, recent, slack_messages, slack_replies, told

ID, UPSTREAM = "pd-PABC123", "PABC123"
BOT = {"id": "PRESPONDER", "type": "user_reference", "summary": "responder"}
PERSON = {"id": "PUSER01", "type": "user_reference", "summary": "Ann <!here> Lee"}


def upstream(cloud: Cloud, name: str, *, agent: dict[str, Any] = PERSON, **data: Any) -> None:
    body = deliveries.pagerduty(name, UPSTREAM, agent=agent)
    body["event"]["data"].update(data)
    status, _ = deliveries.deliver(cloud, "pagerduty", body)
    assert status == 202


def stored() -> Incident:
    return open_context({"incident_id": ID}).incident


def next_step(cloud: Cloud, monitoring: MonitoringState | None = None) -> dict[str, Any]:
    monitoring = monitoring or MonitoringState(runs=1, probed_at=now())
    IncidentTable(SETTINGS["TABLE_NAME"]).keep_monitoring(ID, monitoring)
    event = {"incident_id": ID, "execution_number": 1, "monitoring": {"iteration": 0, "acted": []}}
    step: dict[str, Any] = cloud.invoke("check_recovery", event)
    return step


def say(cloud: Cloud, kind: str = "upstream_activity") -> list[str]:
    event = {"incident_id": ID, "execution_number": 1, "kind": kind}
    sent: list[str] = cloud.invoke("publish_update", event)["sent"]
    return sent


def announced(cloud: Cloud, **changes: Any) -> IncidentContext:
    """An outage that people were told of a moment ago."""
    ctx = context_at(recent(**({"cause": Cause.PROVIDER_OUTAGE} | changes)))
    cloud.invoke("announce_incident", {"incident_id": ID, "execution_number": 1})
    return ctx


def texts(message: dict[str, Any]) -> str:
    return "\n".join(block["text"]["text"] for block in message["blocks"] if "text" in block)


def test_who_acknowledged_is_in_the_thread_its_head_and_the_timeline_and_is_said_once(cloud: Cloud) -> None:
    ctx = announced(cloud)
    promised, mails, noted = stored().told_at, len(notices()), len(notes(cloud))
    upstream(cloud, "incident_acknowledged")
    step = next_step(cloud)
    assert (step["next"], step["kind"]) == ("publish", "upstream_activity")
    assert say(cloud) == ["slack", "teams", "outgoing_webhook"]
    head, _, reply = slack_messages(cloud)
    assert "acknowledged by Ann &lt;!here&gt; Lee" in texts(head)
    assert "Ann &lt;!here&gt; Lee has acknowledged: nobody else is called." in texts(reply)
    assert any(text == "Acknowledged." for text in told(ctx))
    assert (stored().told_at, len(notices()), len(notes(cloud))) == (promised, mails, noted)
    assert next_step(cloud)["kind"] is None
    assert say(cloud) == []


def test_a_person_s_note_is_in_the_thread_and_can_page_nobody(cloud: Cloud) -> None:
    ctx = announced(cloud)
    upstream(cloud, "incident_annotated", content="<!channel> it is the *proxy* <https://evil.example|ok>")
    say(cloud)
    reply = texts(slack_messages(cloud)[2])
    assert "Note by Ann" in reply
    assert "&lt;!channel&gt; it is the" in reply
    assert "<https://evil" not in reply
    assert any("it is the *proxy*" in text for text in told(ctx))


@pytest.mark.parametrize("bot", ["PRESPONDER", None])
def test_our_own_note_is_not_echoed_with_or_without_a_bot_user_named(cloud: Cloud, bot: str | None) -> None:
    cloud.change_runbook({"vendors": {"pagerduty": {"bot_user_id": bot}}})
    announced(cloud)
    [ours] = notes(cloud)
    upstream(cloud, "incident_annotated", agent=BOT, content=ours)
    assert stored().pending_upstream_activity == ()


def test_our_own_acknowledgement_is_not_said_as_a_person_s(cloud: Cloud) -> None:
    announced(cloud)
    upstream(cloud, "incident_acknowledged", agent=BOT)
    assert (stored().pending_upstream_activity, stored().acknowledged_at) == ((), None)


def test_what_comes_within_a_minute_is_said_together_and_before_the_end_at_once(cloud: Cloud) -> None:
    ctx = announced(cloud)
    upstream(cloud, "incident_acknowledged")
    say(cloud)
    for number in (1, 2):
        upstream(cloud, "incident_annotated", id=f"PNOTE0{number}", content=f"thought {number}")
    assert next_step(cloud)["next"].startswith("wait")
    ctx.table.amend(ID, upstream_activity_notified_at=now() - timedelta(seconds=61))
    assert next_step(cloud)["kind"] == "upstream_activity"
    ctx.table.amend(ID, upstream_activity_notified_at=now())
    upstream(cloud, "incident_resolved")
    assert next_step(cloud)["kind"] == "upstream_activity"
    say(cloud)
    last = texts(slack_messages(cloud)[-1])
    assert "thought 1" in last
    assert "thought 2" in last
    assert next_step(cloud)["next"] == "close"


def test_a_priority_that_a_person_chose_is_looked_at_once_and_kept_whatever_the_look_says(cloud: Cloud) -> None:
    ctx = announced(cloud)
    upstream(cloud, "incident_priority_updated", priority={"id": "P2", "type": "priority_reference", "summary": "P2"})
    say(cloud)
    assert "has set the priority to P2; our severity follows." in texts(slack_messages(cloud)[2])
    # Ahead, so that no other look falls due on a busy machine.
    monitoring = MonitoringState(runs=3, probed_at=now() + timedelta(seconds=60), last_run="r-1")
    assert next_step(cloud, monitoring)["next"] == "probe"
    ctx.table.keep_findings(ID, "r-2", [])
    look = {"probe_run": "r-2", "monitoring": monitoring.dump(), "seconds": 30, "token": "of no waiting state"}
    assert (
        cloud.invoke("classify_incident", {"incident_id": ID, "execution_number": 1} | look)["next"] == "check_recovery"
    )
    assert (stored().severity, stored().cause) == (Severity.P2, Cause.PROVIDER_OUTAGE)
    assert next_step(cloud, monitoring)["next"].startswith("wait")


def test_an_automation_s_priority_does_not_lower_the_severity(cloud: Cloud) -> None:
    announced(cloud)
    upstream(cloud, "incident_priority_updated", agent={"id": None, "type": None}, priority={"summary": "P4"})
    assert (stored().people_severity, stored().born_severity, stored().pending_upstream_activity) == (
        None,
        Severity.P4,
        (),
    )


@pytest.mark.parametrize("source", ["pagerduty", "opsgenie", "jsm"])
def test_the_priority_at_creation_is_no_person_s_choice_whoever_created_it(cloud: Cloud, source: str) -> None:
    """It can raise what we find and not lower it; what a person sets later does both."""
    if source == "pagerduty":
        body = deliveries.pagerduty("incident_triggered", "PBORN01", agent=PERSON)
        body["event"]["data"]["priority"] = {"summary": "P4"}
        incident_id = "pd-PBORN01"
    else:
        body = deliveries.opsgenie("create", "born-1", priority="P4", username="ann@example.com")
        body["source"] = {"name": "", "type": "web"}
        incident_id = f"{'og' if source == 'opsgenie' else 'jsm'}-born-1"
    assert deliveries.deliver(cloud, source, body)[0] == 202
    born, chosen = open_context({"incident_id": incident_id}).incident, LatestValue(at=now(), value="P4")
    assert (born.people_severity, born.born_severity) == (None, Severity.P4)
    assert severity_for(Severity.P1, born, Cause.UNKNOWN) is Severity.P1
    assert severity_for(Severity.P1, born.model_copy(update={"chosen_severity": chosen}), Cause.UNKNOWN) is Severity.P4


def test_people_who_resolve_what_our_last_look_still_finds_are_told_so(cloud: Cloud) -> None:
    announced(cloud)
    upstream(cloud, "incident_resolved")
    # First one more look, whatever the one before said.
    assert next_step(cloud, MonitoringState(runs=1, probed_at=now() - timedelta(minutes=1)))["next"] == "probe"
    step = next_step(cloud, MonitoringState(runs=2, probed_at=now() + timedelta(seconds=1)))
    assert (step["next"], step["agree"]) == ("close", False)
    close = {"incident_id": ID, "execution_number": 1, "seen_seq": step["seen_seq"], "agree": step["agree"]}
    assert cloud.invoke("close_incident", close) == {"closed": True}
    head, _, reply = slack_messages(cloud)
    for message in (head, reply):
        assert "resolved upstream, but our checks still fail" in texts(message)
    assert "the last check before closing found the same" in texts(reply)


def test_escalated_reassigned_and_merged_upstream_are_recorded(cloud: Cloud) -> None:
    ctx = announced(cloud)
    upstream(cloud, "incident_escalated")
    upstream(cloud, "incident_merged")
    assert any(text.startswith("Escalated upstream") for text in told(ctx))
    assert any(text.startswith("Merged upstream into pd-") for text in told(ctx))
    assert (stored().merged_into or "").startswith("pd-")
    assert next_step(cloud)["kind"] == "upstream_activity"
    say(cloud)
    assert next_step(cloud, MonitoringState(runs=1, probed_at=now() + timedelta(seconds=5)))["next"] == "close"


def ended(status: str) -> dict[str, Any]:
    """What EventBridge hands to hand_over."""
    detail = {"executionArn": execution_arn(MACHINE_ARN, f"{ID}-1"), "name": f"{ID}-1", "status": status}
    return {"detail": detail | {"input": json.dumps({"incident_id": ID})}}


def bad_day(**changes: Any) -> dict[str, Any]:
    fields = {"severity": Severity.P3, "machine_acknowledged_at": now(), "status": IncidentStatus.OPEN}
    return fields | changes


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_workflow_that_dies_after_our_acknowledgement_says_that_the_pager_is_silent(
    cloud: Cloud, status: str
) -> None:
    cloud.change_runbook({"escalation": {1: {"who": "On call", "slack_mention": "<!subteam^S0ONCALL>"}}})
    context_at(recent(**bad_day()))
    cloud.invoke("hand_over", ended(status))
    [message] = slack_replies(cloud)
    assert "the pager is silent, and nobody has it" in texts(message)
    assert texts(message).startswith("<!subteam^S0ONCALL>")
    assert any("the pager is silent, and nobody has it" in text for text in notices())


@pytest.mark.parametrize(
    "since",
    [
        lambda: {"acknowledgement": LatestValue(at=now(), value=True)},
        lambda: {"upstream": LatestValue(at=now() + timedelta(minutes=1), value="triggered")},
        lambda: {"upstream": LatestValue(at=now(), value="resolved")},
        lambda: {"machine_acknowledged_at": None},
    ],
)
def test_nothing_of_a_silent_pager_where_it_is_not(cloud: Cloud, since: Callable[[], dict[str, Any]]) -> None:
    """Made in the test: a whole run comes here long after it collected this file."""
    context_at(recent(**bad_day(**since())))
    cloud.invoke("hand_over", ended("FAILED"))
    [mail] = notices()
    assert "the pager is silent" not in mail
