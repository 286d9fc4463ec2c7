"""The four functions that tell people: what they return, what they record, and that a repeat is harmless."""

from datetime import timedelta
from typing import Any

import pytest

from responder.context import IncidentContext, open_context
from responder.domain.alert import Person, Source
from responder.domain.clock import now
from responder.domain.diagnosis import Cause, Severity
from responder.domain.finding import FindingStatus
from responder.domain.incident import Incident, IncidentStatus, LatestValue
from tests.support.inprocess import SETTINGS, Cloud, notices
from tests.support.notifications import (
    AT,
    a_finding,
    an_action,
    context_at,
    notes,
    public_entries,
    recent,
    slack_messages,
    slack_replies,
    told,
)

ID = "pd-PABC123"


def run(cloud: Cloud, function: str, **more: Any) -> Any:
    return cloud.invoke(function, {"incident_id": ID, "execution_number": 1} | more)


def stored() -> Incident:
    return open_context({"incident_id": ID}).incident


def event_comes(ctx: IncidentContext) -> None:
    ctx.table.count_event(ID)


@pytest.mark.parametrize(
    ("cause", "branch"),
    [
        (Cause.KEY_REJECTED, "rotate"),
        (Cause.KEY_STALE, "restart"),
        (Cause.NO_FAULT, "monitoring"),
        (Cause.PROVIDER_OUTAGE, "monitoring"),
        (Cause.PROVIDER_SLOW, "plan"),
        (Cause.KEY_LEAKED, "contain"),
        (Cause.RATE_LIMITED, "plan"),
        (Cause.NETWORK_FAILURE, "hand_over"),
        (Cause.SERVICE_OVERLOADED, "plan"),
        (Cause.SERVICE_FAULT, "plan"),
        (Cause.UNKNOWN, "hand_over"),
    ],
)
def test_announcing_returns_the_branch_that_begins_the_playbook(cloud: Cloud, cause: Cause, branch: str) -> None:
    context_at(recent(cause=cause))
    assert run(cloud, "announce_incident") == {"branch": branch}
    assert stored().announced_at == stored().told_at is not None


def test_announcing_again_is_silent_until_the_diagnosis_changes(cloud: Cloud) -> None:
    ctx = context_at(recent())
    run(cloud, "announce_incident")
    first = stored().announced_at
    run(cloud, "announce_incident")
    assert (len(slack_replies(cloud)), len(notes(cloud)), len(notices())) == (1, 1, 1)
    ctx.table.amend(ID, evidence_run="diagnosis-1-5", cause=Cause.PROVIDER_OUTAGE)
    run(cloud, "announce_incident")
    assert (len(slack_replies(cloud)), len(notes(cloud)), len(notices())) == (2, 2, 2)
    assert slack_messages(cloud)[0]["metadata"]["event_payload"]["update_key"].startswith("announced-diagnosis-1-5")
    assert stored().announced_at == first


def test_an_announcement_that_reached_nobody_is_not_recorded_as_one(cloud: Cloud) -> None:
    cloud.sandbox.patch({name: {"up": False} for name in ("slack", "pagerduty", "statuspage", "teams")})
    cloud.client("sns").delete_topic(TopicArn=SETTINGS["TOPIC_ARN"])
    context_at(recent())
    assert run(cloud, "announce_incident") == {"branch": "rotate"}
    assert stored().announced_at is None


def test_what_came_back_after_recovery_is_open_again(cloud: Cloud) -> None:
    context_at(recent(status=IncidentStatus.MITIGATED, evidence_run="diagnosis-1-9"))
    run(cloud, "announce_incident")
    assert stored().status is IncidentStatus.OPEN


def test_low_severity_is_acknowledged_upstream_after_people_were_told(cloud: Cloud) -> None:
    context_at(recent(severity=Severity.P4))
    run(cloud, "announce_incident")
    calls = [(call["method"], call["path"].rpartition("/")[2]) for call in cloud.sandbox.journal("pagerduty")]
    assert calls.index(("POST", "notes")) < calls.index(("PUT", "PABC123"))
    assert stored().machine_acknowledged_at is not None


def test_handing_over_says_what_is_left_and_records_it(cloud: Cloud) -> None:
    ctx = context_at(recent())
    ctx.table.keep_action(ID, "rotate-1", an_action("no_standby_key", "No standby key is staged."))
    for _ in range(2):
        run(cloud, "publish_update", kind="handover")
    [note] = notes(cloud)
    assert "No standby key is staged." in note
    assert "Make a new key at https://twinmind.com/settings/api and stage it." in note
    assert stored().status is IncidentStatus.HANDED_OVER


def test_an_escalation_is_recorded_and_neither_repeated_nor_sent_after_an_acknowledgement(cloud: Cloud) -> None:
    ctx = context_at(recent())
    assert "slack" in run(cloud, "publish_update", kind="escalation", level=2)["sent"]
    assert run(cloud, "publish_update", kind="escalation", level=2)["sent"] == []
    assert stored().escalated_level == 2
    ctx.table.amend(ID, acknowledgement=LatestValue(at=now(), value=True, by=Person(id="P1", is_human=True)))
    assert run(cloud, "publish_update", kind="escalation", level=3)["sent"] == []
    assert len(notes(cloud)) == 1


def test_the_promised_update_comes_when_due_and_goes_to_thread_and_notice_only(cloud: Cloud) -> None:
    context_at(recent(told_at=now()))
    assert run(cloud, "publish_update", kind="progress") == {"kind": "progress", "sent": []}
    context_at(recent(told_at=now() - timedelta(minutes=21)))
    # The ticket, too, while there is none: this incident was never announced.
    assert run(cloud, "publish_update", kind="progress")["sent"] == [
        "slack",
        "statuspage",
        "ticket",
        "outgoing_webhook",
    ]
    assert run(cloud, "publish_update", kind="progress")["sent"] == []
    assert (notes(cloud), notices()) == ([], [])


def test_recovery_is_said_once_and_recorded(cloud: Cloud) -> None:
    context_at(recent())
    run(cloud, "announce_incident")
    assert "statuspage" in run(cloud, "publish_update", kind="mitigated")["sent"]
    assert run(cloud, "publish_update", kind="mitigated")["sent"] == []
    assert (stored().status, stored().mitigated_at is not None) == (IncidentStatus.MITIGATED, True)
    assert public_entries(cloud)[0]["status"] == "monitoring"


def test_a_kind_that_nobody_knows_is_an_error(cloud: Cloud) -> None:
    context_at(recent())
    with pytest.raises(KeyError):
        run(cloud, "publish_update", kind="party")


def test_closing_tells_everyone_and_resolves_the_notice_once(cloud: Cloud) -> None:
    ctx = context_at(recent())
    run(cloud, "announce_incident")
    event_comes(ctx)
    for _ in range(2):
        assert run(cloud, "close_incident", seen_seq=1, agree=True) == {"closed": True}
    assert (stored().status, stored().resolved_at is not None) == (IncidentStatus.RESOLVED, True)
    assert public_entries(cloud)[0]["status"] == "resolved"
    assert sum("Over after" in note for note in notes(cloud)) == 1
    assert sum(text.startswith("Closed: ") for text in told(ctx)) == 1


def test_an_event_in_the_meantime_refuses_the_closing_and_nothing_is_said(cloud: Cloud) -> None:
    ctx = context_at(recent())
    run(cloud, "announce_incident")
    event_comes(ctx)
    assert run(cloud, "close_incident", seen_seq=0, agree=True) == {"closed": False}
    assert stored().status is IncidentStatus.OPEN
    assert not any("Over after" in note for note in notes(cloud))


def test_an_event_between_reading_and_writing_refuses_the_closing_too(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx = context_at(recent())
    store = type(ctx.table)._store

    def after_an_event(table: Any, *given: Any) -> bool:
        table.count_event(ID)
        return store(table, *given)

    with monkeypatch.context() as patch:
        patch.setattr(type(ctx.table), "_store", after_an_event)
        assert run(cloud, "close_incident", seen_seq=0, agree=True) == {"closed": False}
    assert stored().status is IncidentStatus.OPEN


def test_a_close_that_died_before_its_messages_says_them_when_repeated(cloud: Cloud) -> None:
    context_at(recent(status=IncidentStatus.RESOLVED, resolved_at=now(), told_at=AT))
    run(cloud, "close_incident", seen_seq=0, agree=True)
    assert len(notes(cloud)) == 1


def test_the_end_is_the_upstream_one_where_people_resolved_it(cloud: Cloud) -> None:
    ended = now() - timedelta(seconds=3)
    context_at(recent(upstream=LatestValue(at=ended, value="resolved")))
    run(cloud, "close_incident", seen_seq=0, agree=True)
    assert stored().resolved_at == ended


def test_who_was_never_told_that_it_began_is_not_told_that_it_ended(cloud: Cloud) -> None:
    context_at(recent())
    assert run(cloud, "close_incident", seen_seq=0, agree=True) == {"closed": True}
    assert (slack_messages(cloud), notes(cloud), notices()) == ([], [], [])


def test_the_report_is_stored_linked_and_without_secrets(cloud: Cloud) -> None:
    secret = "tm_sk_" + "live_" + "a1B2c3D4e5F6g7H8"
    ctx = context_at(recent(status=IncidentStatus.RESOLVED, resolved_at=now(), told_at=AT, title=f"key {secret}"))
    ctx.table.keep_findings(ID, "diagnosis-1-1", [a_finding("twinmind_account", FindingStatus.FAILED, "401.")])
    for _ in range(2):
        assert run(cloud, "write_report") == {"report": f"reports/{ID}.md", "next": "done"}
    text = cloud.report(f"reports/{ID}.md")
    assert text.startswith("# Incident Report: ")
    assert "`twinmind_account` (failed" in text
    assert secret not in text
    assert stored().report_key == f"reports/{ID}.md"
    [note], [message] = notes(cloud), slack_replies(cloud)
    assert f"reports/{ID}.md" in note
    assert f"prefix=reports/{ID}.md" in str(message["blocks"])
    assert notices() == []


def test_a_report_of_what_was_reopened_says_so(cloud: Cloud) -> None:
    context_at(recent())
    assert run(cloud, "write_report")["next"] == "reopened"


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_alert_vendors_get_their_note_and_it_is_looked_up_once(cloud: Cloud, source: Source) -> None:
    context_at(recent(source=source))
    run(cloud, "announce_incident")
    [note] = cloud.sandbox.world[source]["alerts"]["PABC123"]["notes"]
    assert note["note"].startswith("P1 · ")
    lookups = [call for call in cloud.sandbox.journal(source) if "/requests/" in call["path"]]
    assert len(lookups) == 1


def test_a_note_that_was_taken_but_not_processed_is_a_failure(cloud: Cloud) -> None:
    cloud.sandbox.patch({"opsgenie": {"processing": "failed"}})
    ctx = context_at(recent(source="opsgenie"))
    run(cloud, "announce_incident")
    assert any("taken (202), but its processing failed" in text for text in told(ctx))
