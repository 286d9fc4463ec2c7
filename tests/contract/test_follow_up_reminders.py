"""Reminders a day and a week after closing: planned by write_report, said by the audit, once each (S-104 to S-116)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from responder.actions.follow_up_reminders import left_open, plan_reminders
from responder.actions.rotate_key.check_standby_keys import StandbyTests
from responder.aws import reminder_table
from responder.aws.reminder_table import Reminder, Reminders
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.incident import IncidentStatus, Ticket
from responder.domain.leaked_key import LeakedKey
from responder.domain.model import Model
from tests.support.approval_request import an_ask
from tests.support.inprocess import SETTINGS, Cloud, notices
from tests.support.notifications import AT, an_action, an_incident, context_at, recent, slack_replies, told

ID = "pd-PABC123"
# What delivery writes beside the text (test_channels.py).
OVER: dict[str, Any] = {"audience": "stakeholders", "outcome": "sent", "update": "resolved"}
TICKET = Ticket(key="OPS-1", url="https://acme.atlassian.net/browse/OPS-1", created_at=AT)


def closed(cloud: Cloud, ago: timedelta, **changes: Any) -> Any:
    """Closed and reported on; what was said until then is of no interest here."""
    at = now() - ago
    ctx = context_at(recent(started_at=at - timedelta(minutes=9), **({"told_at": at} | changes)))
    run = {"incident_id": ID, "execution_number": 1}
    cloud.invoke("announce_incident", run)
    ctx.table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=at)
    cloud.invoke("write_report", run)
    cloud.sandbox.world["slack"]["messages"].clear()
    return ctx


def resolved_upstream(cloud: Cloud) -> None:
    cloud.sandbox.patch({"pagerduty": {"incidents": {"PABC123": {"status": "resolved"}}}})


def done(cloud: Cloud, *boxes: str, status: str = "Done", is_told: bool = True, **changes: Any) -> IncidentContext:
    """Closed with nothing left open, but for `changes`. `boxes`: follow-ups that nobody has ticked."""
    resolved_upstream(cloud)
    tasks = [
        {"type": "taskItem", "attrs": {"localId": f"todo-{place}", "state": "TODO"}, "content": [_text(box)]}
        for place, box in enumerate(boxes)
    ]
    fields = {"description": {"type": "doc", "version": 1, "content": [{"type": "taskList", "content": tasks}]}}
    cloud.sandbox.patch({"tickets": {"issues": {"OPS-1": {"fields": fields, "status": status}}}})
    over: dict[str, Any] = {"status": IncidentStatus.RESOLVED, "resolved_at": AT, "report_key": "reports/pd-PABC123.md"}
    ctx = context_at(an_incident(**(over | {"ticket": TICKET} | changes)))
    if is_told:
        ctx.record("message", "Stakeholders' e-mail (SNS): published.", key="sent-stakeholders-resolved-1", **OVER)
    return ctx


def _text(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}


def rotated(ctx: IncidentContext, working: int | None, *, is_tested: bool = True) -> IncidentContext:
    ctx.table.keep_action(ID, "rotate", an_action("promoted", "The key is in force."))
    if is_tested:
        ctx.table.put_record("twinmind:standby-told", StandbyTests(working=working, at=now()))
    return ctx


def audit(cloud: Cloud) -> Any:
    return cloud.invoke("audit", {})


def said(cloud: Cloud) -> list[str]:
    return [message["text"] for message in slack_replies(cloud) if "after the end" in message["text"]]


def reminder(incident_id: str, at: datetime) -> Reminder:
    return Reminder(due_at=at, incident_id=incident_id, hours=24, closed=int(at.timestamp()))


def planned() -> list[str]:
    return [one.incident_id for one in Reminders(SETTINGS["TABLE_NAME"]).due(now() + timedelta(days=0))]


def test_a_day_after_people_hear_once_what_is_open(cloud: Cloud) -> None:
    ctx = closed(cloud, timedelta(hours=24, minutes=1))
    ctx.table.keep_action(ID, "rotate", an_action("promoted", "The key is in force."))
    assert audit(cloud)["reminded"] == [ID]
    (text,) = said(cloud)
    assert f"24 hours after the end · {ID} ·" in text
    assert "Stage a spare TwinMind key" in text
    assert "Resolve the alert upstream: it is still open there." in text
    assert audit(cloud)["reminded"] == []
    assert len(said(cloud)) == 1
    assert len([entry for entry in told(ctx) if "24 hours after" in entry]) == 1


def test_before_the_day_nothing_is_due(cloud: Cloud) -> None:
    closed(cloud, timedelta(hours=23, minutes=50))
    assert audit(cloud)["reminded"] == []
    assert planned() == []


def test_silent_when_all_is_done(cloud: Cloud) -> None:
    ctx = closed(cloud, timedelta(hours=25))
    resolved_upstream(cloud)
    ctx.record("message", "Stakeholders' e-mail (SNS): published.", key="sent-stakeholders-resolved-1", **OVER)
    ctx.table.put_record("twinmind:standby-told", StandbyTests(working=2, at=now()))
    ctx.table.delete_record("twinmind:notice")
    before = len(notices())
    assert audit(cloud)["reminded"] == []
    assert (said(cloud), len(notices()) - before) == ([], 0)
    assert any("nothing is left open" in text for text in told(ctx))
    assert planned() == []


def test_the_week_reads_the_ticket(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = closed(cloud, timedelta(days=7, minutes=1))
    resolved_upstream(cloud)
    monkeypatch.setattr(reminder_table, "LOOKED_BACK_DAYS", 9)
    ctx.record("message", "Stakeholders' e-mail (SNS): published.", key="sent-stakeholders-resolved-1", **OVER)
    ctx.table.delete_record("twinmind:notice")
    assert audit(cloud)["reminded"] == [ID]
    (text,) = said(cloud)
    assert f"A week after the end · {ID}" in text
    assert "OPS-1: Documentation: schedule the post-mortem" in text
    description = cloud.sandbox.world["tickets"]["issues"]["OPS-1"]["fields"]["description"]
    assert "A week after the end" in json.dumps(cloud.sandbox.world["tickets"]["issues"]["OPS-1"]["comments"])
    assert description["type"] == "doc"


def test_a_report_that_could_not_be_written_is_recalled(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoBucket(RuntimeError):
        pass

    def refuses(*_: Any) -> None:
        raise NoBucket

    ctx = context_at(recent(status=IncidentStatus.RESOLVED, resolved_at=now() - timedelta(days=7)))
    monkeypatch.setattr("functions.write_report.app.store", refuses)
    with pytest.raises(NoBucket):
        cloud.invoke("write_report", {"incident_id": ID, "execution_number": 1})
    assert 168 in [one.hours for one in Reminders(SETTINGS["TABLE_NAME"]).due(now())]
    assert ctx.table.get(ID).incident.report_key is None


def test_what_was_opened_again_is_not_recalled_and_its_next_end_is(cloud: Cloud) -> None:
    ctx = closed(cloud, timedelta(hours=25))
    ctx.table.amend(ID, status=IncidentStatus.OPEN, resolved_at=None, stopped=True)
    assert audit(cloud)["reminded"] == []
    assert said(cloud) == []
    assert planned() == []
    ctx.table.amend(ID, status=IncidentStatus.RESOLVED, resolved_at=now() - timedelta(hours=24, seconds=5))
    cloud.invoke("write_report", {"incident_id": ID, "execution_number": 1})
    ctx.table.keep_action(ID, "rotate", an_action("promoted", "The key is in force."))
    assert audit(cloud)["reminded"] == [ID]


def test_one_that_cannot_be_looked_at_hides_no_other_and_is_tried_again(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = closed(cloud, timedelta(hours=25))
    ctx.table.keep_action(ID, "rotate", an_action("promoted", "The key is in force."))
    at = now() - timedelta(hours=1)
    Reminders(SETTINGS["TABLE_NAME"]).plan(reminder("pd-GONE", at))
    answer = audit(cloud)
    assert (answer["reminded"], answer["failed"]) == ([ID], ["pd-GONE"])
    assert planned() == ["pd-GONE"]


def test_few_are_looked_at_in_one_run_the_oldest_first(cloud: Cloud) -> None:
    midnight = datetime.combine(now().date(), datetime.min.time(), now().tzinfo)
    stored = Reminders(SETTINGS["TABLE_NAME"])
    for number in range(15):
        at = midnight - timedelta(minutes=60 - number)
        stored.plan(reminder(f"pd-{number:02}", at))
    found = [one.incident_id for one in stored.due(now())]
    assert found == [f"pd-{number:02}" for number in range(10)]


def test_reminders_fall_due_a_day_and_a_week_after_closing(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reminder_table, "LOOKED_BACK_DAYS", 9)
    plan_reminders(done(cloud))
    found = Reminders(SETTINGS["TABLE_NAME"]).due(AT + timedelta(days=7))
    assert [(one.hours, one.due_at) for one in found] == [
        (24, AT + timedelta(days=1)),
        (168, AT + timedelta(days=7)),
    ]


@pytest.mark.parametrize("working", [None, 1, 5])
@pytest.mark.parametrize("is_last", [True, False])
def test_nothing_is_left_open_when_all_is_done(cloud: Cloud, working: int | None, is_last: bool) -> None:
    ctx = done(cloud)
    if working:
        rotated(ctx, working)
    assert left_open(ctx, is_last=is_last) == ()


def test_the_day_names_what_cannot_wait(cloud: Cloud) -> None:
    ask = an_ask(sentence="Revoke it?", expires_at=None)
    ctx = rotated(done(cloud, is_told=False, checks_agree=False, human_tasks=(ask,)), 0)
    ctx.table.put_record("twinmind:notice", Model())
    leaked = {"version_ids": ("v1",), "incident_ids": (ID,), "noted_at": AT, "in_use_since": AT}
    ctx.leaks.note(LeakedKey(fingerprint="f" * 64, **leaked))
    assert [line.split(":")[0] for line in left_open(ctx, is_last=False)] == [
        "Revoke the leaked key",
        "Confirm that it is fully resolved",
        "Resolve the notice on our status page",
        "Tell stakeholders that it is over",
        "Stage a spare TwinMind key",
        "Still unanswered",
    ]


def test_a_spare_that_nobody_has_seen_work_is_said_to_be_so(cloud: Cloud) -> None:
    (line,) = left_open(rotated(done(cloud), None, is_tested=False), is_last=False)
    assert "nobody has seen a staged key work since" in line
    (line,) = left_open(rotated(done(cloud), None), is_last=False)
    assert "nobody has seen a staged key work since" in line


def test_the_week_names_the_follow_ups_that_nobody_ticked_and_the_ticket_when_they_are_done(cloud: Cloud) -> None:
    week = left_open(done(cloud, *(f"Follow-up {number}" for number in range(7)), status="To Do"), is_last=True)
    assert week[0] == "OPS-1: Follow-up 0"
    assert week[-1] == "OPS-1: 2 more follow-ups."
    assert len(week) == 6
    ctx = done(cloud, status="To Do")
    assert left_open(ctx, is_last=True) == ("Close OPS-1: its follow-ups are done.",)
    assert left_open(ctx, is_last=False) == ()


def test_a_ticket_that_cannot_be_read_is_not_said_to_be_open(cloud: Cloud) -> None:
    ctx = done(cloud, "Follow-up 0", ticket=TICKET.model_copy(update={"key": "OPS-2"}))
    assert left_open(ctx, is_last=True) == ()


def test_without_a_ticket_system_the_post_mortem_is_recalled_once_at_the_week(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"jira": {"project_key": None}}})
    ctx = done(cloud, ticket=None)
    assert left_open(ctx, is_last=False) == ()
    assert [line[:21] for line in left_open(ctx, is_last=True)] == ["Hold the post-mortem "]


def test_stakeholders_are_those_of_the_severities_that_concern_them(cloud: Cloud) -> None:
    assert left_open(done(cloud, is_told=False, severity=Severity.P4), is_last=False) == ()
    assert left_open(done(cloud, is_told=False, severity=Severity.P2), is_last=False) != ()
