"""Reminders a day and a week after closing: planned by write_report, said by the audit, once each (S-104 to S-116)."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from responder.actions.rotate_key.check_standby_keys import StandbyTests
from responder.aws import reminder_table
from responder.aws.reminder_table import Reminder, Reminders
from responder.domain.clock import now
from responder.domain.incident import IncidentStatus
from tests.support.inprocess import SETTINGS, Cloud, notices
from tests.support.notifications import an_action, context_at, recent, slack_replies, told

ID = "pd-PABC123"
# What delivery writes beside the text (test_channels.py).
OVER: dict[str, Any] = {"audience": "stakeholders", "outcome": "sent", "update": "resolved"}


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
