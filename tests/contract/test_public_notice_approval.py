"""The public notice that people decide on: the exact words are asked first, and what people do there is respected."""

from dataclasses import replace
from typing import Any

import pytest

from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Severity
from responder.domain.human_task import HumanTask
from responder.domain.incident import IncidentStatus
from responder.domain.monitoring_state import MonitoringState
from responder.domain.update import Update
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages.compose import announced, in_progress
from responder.notifications.messages.ending import mitigated, resolved
from responder.notify import CHANNELS
from responder.workflow.next_step import next_step
from tests.support.approval_request import APPROVER, press, say
from tests.support.inprocess import SIGNING_SECRET, Cloud
from tests.support.notifications import AT, context_at, public_entries, recent, slack_messages

ID, ASK = "pd-PABC123", "approve-public_notice"


def announce(cloud: Cloud, incident_id: str = ID) -> tuple[HumanTask, ...]:
    """The asks that are open after the real function has announced."""
    cloud.sandbox.patch({"slack": {"signing_secret": SIGNING_SECRET}})
    cloud.invoke("announce_incident", {"incident_id": incident_id, "execution_number": 1})
    return tuple(task for task in again(incident_id).incident.human_tasks if task.is_open(now()))


def again(incident_id: str = ID) -> IncidentContext:
    return open_context({"incident_id": incident_id, "execution_number": 1})


def send(ctx: IncidentContext, update: Update) -> Delivery:
    return delivery.deliver(ctx, CHANNELS["statuspage"], update)


def with_approver(cloud: Cloud, **more: Any) -> None:
    cloud.change_runbook({"approvals": {"approvers": {"slack": [APPROVER]}}} | more)


def theirs(cloud: Cloud) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": "x1", "name": "We know", "status": "investigating"}
    entry |= {"component_ids": ["cmptranscribe"], "metadata": {}, "incident_updates": [{"body": "We look into it."}]}
    cloud.sandbox.patch({"statuspage": {"incidents": {"x1": entry}}})
    return public_entries(cloud)[0]


def test_on_unknown_the_exact_words_are_asked_and_posted_when_approved(cloud: Cloud) -> None:
    with_approver(cloud)
    ctx = context_at(recent(cause=Cause.UNKNOWN, verdict=Cause.UNKNOWN.verdict))
    [task] = announce(cloud)
    assert public_entries(cloud) == []
    words = task.changes["Status page: words"]["after"]
    assert words.endswith("We are looking for the cause. Next update within 20 minutes.")
    step = next_step(again().incident, MonitoringState.load({}), ctx.runbook, now())
    assert (step.next, step.task) == ("task", ASK)
    say(cloud, "task", ASK)
    assert words in slack_messages(cloud)[-1]["text"]
    assert press(cloud, "approve")["statusCode"] == 200
    step = next_step(again().incident, MonitoringState.load({}), ctx.runbook, now())
    assert (step.next, step.kind) == ("publish", "task_settled")
    assert "statuspage" in say(cloud, "task_settled", ASK)
    [entry] = public_entries(cloud)
    assert [one["body"] for one in entry["incident_updates"]] == [words]
    assert (entry["status"], entry["name"]) == ("investigating", task.changes["Status page: title"]["after"])
    say(cloud, "task_settled", ASK)
    assert announce(cloud) == ()
    assert (len(public_entries(cloud)), len(entry["incident_updates"])) == (1, 2)
    closed = again().table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=now())
    assert send(replace(again(), incident=closed), resolved(notification_context(again()), AT)).outcome == "sent"
    assert entry["status"] == "resolved"


@pytest.mark.parametrize(
    "changes", [{"cause": Cause.NO_FAULT}, {"user_impact": False}, {"severity": Severity.P3}], ids=str
)
def test_nothing_is_asked_where_the_public_is_never_told(cloud: Cloud, changes: dict[str, Any]) -> None:
    context_at(recent(**({"cause": Cause.UNKNOWN} | changes)))
    assert announce(cloud) == ()


def test_declined_is_not_posted_and_not_asked_again(cloud: Cloud) -> None:
    with_approver(cloud)
    context_at(recent(cause=Cause.UNKNOWN))
    [task] = announce(cloud)
    ctx = again()
    declined = task.model_copy(update={"decision": "declined", "decided_at": now(), "told_at": now()})
    ctx.table.amend(ID, human_tasks=(declined,))
    assert "statuspage" not in say(cloud, "task_settled", ASK)
    assert announce(cloud) == ()
    assert public_entries(cloud) == []


def test_a_question_about_a_notice_is_withdrawn_when_nothing_is_wrong(cloud: Cloud) -> None:
    ctx = context_at(recent(cause=Cause.UNKNOWN))
    [_] = announce(cloud)
    ctx.table.amend(ID, cause=Cause.NO_FAULT, evidence_run="diagnosis-1-5")
    assert announce(cloud) == ()
    assert again().incident.human_tasks[0].decision == "withdrawn"


def test_mode_approve_asks_too_and_the_approval_covers_the_notice_to_its_end(cloud: Cloud) -> None:
    with_approver(cloud, modes={"public_notice": "approve"})
    context_at(recent(told_at=AT))
    [_] = announce(cloud)
    say(cloud, "task", ASK)
    press(cloud, "approve")
    say(cloud, "task_settled", ASK)
    assert send(again(), in_progress(notification_context(again()))).outcome == "sent"
    assert len(public_entries(cloud)[0]["incident_updates"]) == 2


def test_peoples_entry_is_gone_on_with_only_when_they_approve(cloud: Cloud) -> None:
    entry = theirs(cloud)
    with_approver(cloud)
    context_at(recent(told_at=AT))
    [task] = announce(cloud)
    assert "We know" in task.sentence
    assert entry["metadata"] == {}
    say(cloud, "task", ASK)
    press(cloud, "approve")
    assert "statuspage" in say(cloud, "task_settled", ASK)
    assert [one["body"] for one in entry["incident_updates"]] == ["We look into it."]
    send(again(), in_progress(notification_context(again())))
    assert len(public_entries(cloud)) == 1
    assert len(entry["incident_updates"]) == 2


@pytest.mark.parametrize("what", ["resolved", "removed", "written"])
def test_what_people_do_to_the_notice_is_respected(cloud: Cloud, what: str) -> None:
    ctx = context_at(recent(told_at=AT))
    send(ctx, announced(notification_context(ctx)))
    [entry] = public_entries(cloud)
    if what == "resolved":
        entry["status"] = "resolved"
    elif what == "removed":
        del cloud.sandbox.world["statuspage"]["incidents"][entry["id"]]
    else:
        entry["incident_updates"].insert(0, {"body": "Only EU is affected."})
    before = [dict(one) for one in public_entries(cloud)]
    for number in range(3):
        late = in_progress(notification_context(ctx)).model_copy(update={"key": f"progress-{number}"})
        assert send(ctx, late).outcome == "skipped"
    assert public_entries(cloud) == before


def test_one_voice_one_severity_and_no_way_back_from_good_news(cloud: Cloud) -> None:
    one = context_at(recent(told_at=AT))
    two = context_at(recent("pd-PDEF456", severity=Severity.P2, told_at=AT))
    for ctx in (one, two):
        send(ctx, announced(notification_context(ctx)))
    [entry] = public_entries(cloud)
    assert send(two, in_progress(notification_context(two))).outcome == "skipped"
    one.table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=now())
    assert send(two, in_progress(notification_context(two)).model_copy(update={"key": "progress-2"})).outcome == "sent"
    send(two, mitigated(notification_context(two)))
    two.table.amend("pd-PDEF456", status=IncidentStatus.MITIGATED)
    send(two, in_progress(notification_context(two)).model_copy(update={"key": "progress-3"}))
    assert [one["status"] for one in reversed(entry["incident_updates"])] == [
        "identified",
        "identified",
        "monitoring",
        "monitoring",
    ]


def test_a_word_that_comes_after_the_end_opens_no_notice(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    late = in_progress(notification_context(ctx))
    send(ctx, announced(notification_context(ctx)))
    closed = ctx.table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=now())
    send(replace(ctx, incident=closed), resolved(notification_context(ctx), AT))
    assert send(ctx, late).outcome == "skipped"
    assert [one["status"] for one in public_entries(cloud)] == ["resolved"]
