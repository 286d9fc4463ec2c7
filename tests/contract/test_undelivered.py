"""What a channel could not take is delivered later, once, and only in its newest state."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from responder.context import IncidentContext, open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.incident import Incident, IncidentStatus
from responder.notifications import undelivered
from responder.notifications.context import notification_context
from responder.notifications.messages.asking import asked
from responder.notifications.messages.compose import announced, handed_over, in_progress
from responder.notifications.messages.ending import mitigated
from responder.notify import publish
from responder.workflow.next_step import next_step
from tests.support.approval_request import APPROVERS, an_ask
from tests.support.inprocess import Cloud
from tests.support.notifications import AT, context_at, public_entries, recent, slack_replies, told

ID = "pd-PABC123"
REFUSES = {"faults": {"slack": {"fail_next": [{"times": 99, "status": 429, "retry_after": 30}]}}}
TAKES: dict[str, Any] = {"faults": {"slack": {"fail_next": []}}}


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    monkeypatch.setattr("time.sleep", found.append)
    return found


def stored() -> Incident:
    return open_context({"incident_id": ID}).incident


def later(seconds: float, monkeypatch: pytest.MonkeyPatch) -> datetime:
    at = now() + timedelta(seconds=seconds)
    monkeypatch.setattr(undelivered, "now", lambda: at)
    return at


def work_off(cloud: Cloud) -> list[str]:
    event = {"incident_id": ID, "execution_number": 1, "kind": "undelivered"}
    sent: list[str] = cloud.invoke("publish_update", event)["sent"]
    return sent


def refused(cloud: Cloud, **changes: Any) -> IncidentContext:
    ctx = context_at(recent(**({"told_at": AT} | changes)))
    cloud.sandbox.patch(REFUSES)
    return ctx


def test_a_refusal_longer_than_our_patience_is_kept_and_delivered_once(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, slept: list[float]
) -> None:
    ctx = refused(cloud)
    publish(ctx, announced(notification_context(ctx)))
    [entry] = stored().undelivered
    assert (entry.channel, entry.slot) == ("slack", "state")
    assert timedelta(seconds=25) < entry.due_at - now() <= timedelta(seconds=30)
    assert not any(pause > 5 for pause in slept)
    cloud.sandbox.patch(TAKES)
    assert work_off(cloud) == []  # not due yet
    at = later(31, monkeypatch)
    step = next_step(stored(), ctx.monitoring, ctx.runbook, at)
    assert (step.next, step.kind) == ("publish", "undelivered")
    assert work_off(cloud) == ["slack"]
    assert stored().undelivered == ()
    assert work_off(cloud) == []
    assert len(slack_replies(cloud)) == 1


def test_only_the_newest_state_is_delivered(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = refused(cloud)
    for compose in (announced, in_progress, mitigated):
        ctx = open_context({"incident_id": ID})
        publish(ctx, compose(notification_context(ctx)))
    assert len(stored().undelivered) == 1
    cloud.sandbox.patch(TAKES)
    later(1000, monkeypatch)
    assert work_off(cloud) == ["slack"]
    [reply] = slack_replies(cloud)
    assert "Recovered" in reply["text"]


def test_what_went_out_meanwhile_replaces_what_waits(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = refused(cloud)
    publish(ctx, announced(notification_context(ctx)))
    cloud.sandbox.patch(TAKES)
    ctx = open_context({"incident_id": ID})
    publish(ctx, mitigated(notification_context(ctx)))
    assert stored().undelivered == ()
    later(1000, monkeypatch)
    assert work_off(cloud) == []
    assert len(slack_replies(cloud)) == 1


@pytest.mark.parametrize(("decision", "delivered"), [(None, ["slack"]), ("approved", [])])
def test_a_lost_question_comes_later_unless_it_was_answered(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, decision: Any, delivered: list[str]
) -> None:
    task = an_ask(expires_at=now() + timedelta(hours=2))
    ctx = refused(cloud, human_tasks=(task,))
    publish(ctx, asked(notification_context(ctx), task, APPROVERS))
    ctx = open_context({"incident_id": ID})
    publish(ctx, announced(notification_context(ctx)))
    assert {entry.slot for entry in stored().undelivered} == {"state", f"task-{task.name}"}
    ctx.table.amend(ID, human_tasks=(task.model_copy(update={"decision": decision, "decided_at": now()}),))
    cloud.sandbox.patch(TAKES)
    later(40, monkeypatch)
    assert sorted(work_off(cloud)) == sorted([*delivered, "slack"])
    assert stored().undelivered == ()


def test_the_end_that_was_refused_is_delivered_by_the_audit(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = context_at(recent(told_at=AT))
    publish(ctx, announced(notification_context(ctx)))
    cloud.sandbox.patch(REFUSES)
    closing = {"incident_id": ID, "execution_number": 1, "seen_seq": ctx.event_seq, "agree": True}
    assert cloud.invoke("close_incident", closing) == {"closed": True}
    cloud.sandbox.patch(TAKES)
    at = later(31, monkeypatch)
    monkeypatch.setattr("responder.actions.follow_up_reminders.now", lambda: at)
    cloud.invoke("audit", {})
    assert "Over after" in slack_replies(cloud)[-1]["text"]
    assert (stored().status, stored().undelivered) == (IncidentStatus.RESOLVED, ())


def test_a_notice_waits_while_a_repair_of_our_own_is_under_way(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.change_runbook({"vendors": {"statuspage": {"hold_off_seconds": 120}}})
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    assert public_entries(cloud) == []
    assert any("Public notice: nothing sent yet, until" in text for text in told(ctx))
    # It recovers within the time: the public never hears of it.
    recovered = open_context({"incident_id": ID})
    publish(recovered, mitigated(notification_context(recovered)))
    assert (stored().undelivered, public_entries(cloud)) == ((), [])


def test_what_was_never_posted_is_not_posted_after_it_recovered(cloud: Cloud) -> None:
    ctx = context_at(recent(status=IncidentStatus.MITIGATED, told_at=AT))
    publish(ctx, in_progress(notification_context(ctx)))
    assert public_entries(cloud) == []
    assert not any("Public notice: posted" in text for text in told(ctx))


def test_a_repair_that_is_given_up_is_told_at_once(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"statuspage": {"hold_off_seconds": 120}}})
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    ctx = open_context({"incident_id": ID})
    publish(ctx, handed_over(notification_context(ctx)))
    assert ([entry["status"] for entry in public_entries(cloud)], stored().undelivered) == (["identified"], ())


def test_a_repair_that_takes_longer_is_told_when_the_time_is_over(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.change_runbook({"vendors": {"statuspage": {"hold_off_seconds": 120}}})
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    at = later(121, monkeypatch)
    monkeypatch.setattr("responder.integrations.statuspage.policy.now", lambda: at)
    assert work_off(cloud) == ["statuspage"]
    assert [entry["status"] for entry in public_entries(cloud)] == ["identified"]


@pytest.mark.parametrize("cause", [Cause.PROVIDER_OUTAGE, Cause.NETWORK_FAILURE])
def test_what_we_cannot_repair_is_told_at_once(cloud: Cloud, cause: Any) -> None:
    cloud.change_runbook({"vendors": {"statuspage": {"hold_off_seconds": 120}}})
    ctx = context_at(recent(cause=cause))
    publish(ctx, announced(notification_context(ctx)))
    assert len(public_entries(cloud)) == 1


def test_a_component_that_the_page_does_not_have_is_left_out_and_named(cloud: Cloud) -> None:
    known = next(iter(cloud.sandbox.world["statuspage"]["components"]))
    cloud.change_runbook({"vendors": {"statuspage": {"component_ids": [known, "cmp-gone"]}}})
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    [entry] = public_entries(cloud)
    assert entry["component_ids"] == [known]
    assert any("the page has no component cmp-gone (vendors.statuspage.component_ids)" in text for text in told(ctx))


def test_the_reason_of_pagerduty_is_named(cloud: Cloud) -> None:
    cloud.sandbox.patch({"pagerduty": {"users": {"someone@else.example": "PELSE"}}})
    ctx = context_at(recent())
    publish(ctx, announced(notification_context(ctx)))
    assert any("1008: the From address is no user of this account" in text for text in told(ctx))
