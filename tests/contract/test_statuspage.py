"""The public notice: one for the integration, only where user impact was found, never doubled, ended with the last."""

from dataclasses import replace
from typing import Any

import pytest

from responder.context import IncidentContext
from responder.domain.diagnosis import Cause, Severity
from responder.domain.incident import IncidentStatus
from responder.domain.update import Update
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.delivery import Delivery
from responder.notifications.messages.compose import announced, in_progress
from responder.notifications.messages.ending import mitigated, resolved
from responder.notify import CHANNELS
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.notifications import AT, context_at, public_entries, recent, told


def say(ctx: IncidentContext, update: Update) -> Delivery:
    return delivery.deliver(ctx, CHANNELS["statuspage"], update)


def announce(ctx: IncidentContext) -> Delivery:
    return say(ctx, announced(notification_context(ctx)))


def close(ctx: IncidentContext) -> Delivery:
    incident = ctx.table.amend(ctx.incident.id, status=IncidentStatus.RESOLVED, resolved_at=AT)
    after = replace(ctx, incident=incident)
    return say(after, resolved(notification_context(after), AT))


def component(cloud: Cloud) -> str:
    return str(cloud.sandbox.world["statuspage"]["components"]["cmptranscribe"]["status"])


def test_a_notice_is_posted_kept_up_to_date_and_resolved_with_its_components(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    announce(ctx)
    [entry] = public_entries(cloud)
    assert (entry["status"], entry["impact"], component(cloud)) == ("identified", "critical", "major_outage")
    assert entry["metadata"]["twinmind_responder"] == {"integration": "twinmind", "incident_id": "pd-PABC123"}
    say(ctx, in_progress(notification_context(ctx)))
    say(ctx, mitigated(notification_context(ctx)))
    assert entry["status"] == "monitoring"
    close(ctx)
    assert (entry["status"], component(cloud)) == ("resolved", "operational")
    assert len(entry["incident_updates"]) == 4
    assert len(public_entries(cloud)) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"severity": Severity.P3},
        {"severity": None},
        {"user_impact": False},
        {"cause": Cause.UNKNOWN},
        {"cause": Cause.NO_FAULT},
        {"cause": None},
    ],
    ids=str,
)
def test_the_public_is_not_told_what_is_small_unseen_or_not_understood(cloud: Cloud, changes: dict[str, Any]) -> None:
    ctx = context_at(recent(**changes))
    assert announce(ctx).outcome == "skipped"
    assert close(ctx).outcome == "skipped"
    assert cloud.sandbox.journal("statuspage") == []


@pytest.mark.parametrize("mode", ["observe", "approve"])
def test_a_mode_below_auto_posts_nothing_and_says_so(cloud: Cloud, mode: str) -> None:
    cloud.change_runbook({"modes": {"public_notice": mode}})
    ctx = context_at(recent())
    assert announce(ctx) == Delivery("statuspage", "skipped", f"modes.public_notice is {mode} in the runbook")
    assert any(mode in text for text in told(ctx))


@pytest.mark.parametrize("switch", ["stop", "", "STOPPED"])
def test_the_stop_switch_stops_the_notice(cloud: Cloud, switch: str) -> None:
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value=switch or " ", Overwrite=True)
    assert announce(context_at(recent())).outcome == "skipped"
    assert public_entries(cloud) == []


def test_a_switch_thrown_while_a_notice_is_open_makes_people_resolve_it(cloud: Cloud) -> None:
    ctx = context_at(recent())
    announce(ctx)
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="stop", Overwrite=True)
    assert close(ctx) == Delivery(
        "statuspage", "failed", "modes.public_notice is observe in the runbook; resolve the notice by hand"
    )


def test_several_incidents_share_one_notice_which_ends_with_the_last(cloud: Cloud) -> None:
    one, two = context_at(recent()), context_at(recent("pd-PDEF456"))
    announce(one)
    assert announce(two).detail == "joined the notice that is open"
    assert close(one).outcome == "skipped"
    [entry] = public_entries(cloud)
    assert entry["status"] == "identified"
    assert len(entry["incident_updates"]) == 1
    close(two)
    assert entry["status"] == "resolved"


def test_recovery_of_one_is_not_said_while_another_behind_the_notice_suffers(cloud: Cloud) -> None:
    one, two = context_at(recent()), context_at(recent("pd-PDEF456"))
    announce(one)
    announce(two)
    assert say(one, mitigated(notification_context(one))).outcome == "skipped"
    one.table.amend("pd-PABC123", status=IncidentStatus.MITIGATED)
    assert say(two, mitigated(notification_context(two))).outcome == "sent"


def test_an_incident_without_public_impact_does_not_speak_through_anothers_notice(cloud: Cloud) -> None:
    one, quiet = context_at(recent()), context_at(recent("pd-PDEF456", severity=Severity.P4, told_at=AT))
    announce(one)
    assert say(quiet, in_progress(notification_context(quiet))).outcome == "skipped"
    assert len(public_entries(cloud)[0]["incident_updates"]) == 1


def test_a_lost_answer_to_an_update_does_not_say_it_twice(cloud: Cloud) -> None:
    ctx = context_at(recent(told_at=AT))
    announce(ctx)
    cloud.sandbox.patch({"faults": {"statuspage": {"lose_answer": 1}}})
    assert say(ctx, in_progress(notification_context(ctx))).outcome == "sent"
    assert len(public_entries(cloud)[0]["incident_updates"]) == 2


def test_an_entry_that_people_opened_stays_theirs_and_is_not_doubled(cloud: Cloud) -> None:
    theirs: dict[str, Any] = {
        "id": "x1",
        "name": "We know",
        "status": "investigating",
        "component_ids": ["cmptranscribe"],
    }
    theirs |= {"metadata": {}, "incident_updates": []}
    cloud.sandbox.patch({"statuspage": {"incidents": {"x1": theirs}}})
    assert "people have an entry open there (We know)" in announce(context_at(recent())).detail
    assert len(public_entries(cloud)) == 1


def test_a_notice_that_people_resolved_is_not_resolved_again(cloud: Cloud) -> None:
    ctx = context_at(recent())
    announce(ctx)
    [entry] = public_entries(cloud)
    entry["status"] = "resolved"
    assert close(ctx).outcome == "skipped"
    assert len(entry["incident_updates"]) == 1


@pytest.mark.parametrize("status", [420, 429])
def test_throttling_is_waited_for_within_bounds(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    fault = {"status": status, "times": 1, "retry_after": 2}
    cloud.sandbox.patch({"faults": {"statuspage": {"fail_next": [fault]}}})
    assert announce(context_at(recent())).outcome == "sent"
    assert 2.0 in slept


def test_the_page_cannot_be_asked_so_nothing_is_created(cloud: Cloud) -> None:
    fault = {"status": 500, "path": "/unresolved", "times": 9}
    cloud.sandbox.patch({"faults": {"statuspage": {"fail_next": [fault]}}})
    assert announce(context_at(recent())).outcome == "failed"
    assert public_entries(cloud) == []
