"""A storm of alerts gets few executions; nothing of it is lost, and each alert has its own end."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from responder.aws.execution_slots import take_slot
from responder.aws.incident_table import incident_table
from responder.config.runbook import packaged
from responder.context import open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.monitoring_state import MonitoringState
from responder.notifications.context import notification_context
from responder.notifications.messages.compose import announced
from tests.support import deliveries
from tests.support.inprocess import Cloud, running_cloud
from tests.support.notifications import an_incident

MOST = packaged().monitoring.most_executions
IDS = [f"pd-QSTORM{number:02d}" for number in range(MOST + 6)]
LEADER = IDS[0]


def _new(incident_id: str, _: Incident | None) -> Incident:
    return an_incident(incident_id)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Executions start and stay; nothing of them runs."""
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


def send(cloud: Cloud, name: str, incident_id: str, **event: Any) -> None:
    body = deliveries.pagerduty(name, incident_id=incident_id.removeprefix("pd-"), id=f"{name}-{incident_id}", **event)
    assert cloud.receive("pagerduty", *deliveries.signed("pagerduty", body))[0] == 202


def storm(cloud: Cloud, ids: list[str] = IDS, at: str = "") -> None:
    at = at or deliveries.iso_now()
    for one in ids:
        send(cloud, "incident_triggered", one, occurred_at=at)
    assert cloud.drain() == []


def names(cloud: Cloud) -> list[str]:
    return sorted(execution["name"].removesuffix("-1") for execution in cloud.executions())


def ends(incident_id: str, **changes: Any) -> None:
    """As its execution would leave it; the checks were all well since a moment ago."""
    table, at = incident_table(), now()
    table.keep_monitoring(incident_id, MonitoringState(good_since=at, good_runs=2))
    table.amend(incident_id, status=IncidentStatus.RESOLVED, resolved_at=at, **changes)


def texts(cloud: Cloud, incident_id: str) -> list[str]:
    return [entry["text"] for entry in cloud.incident(incident_id)["timeline"]]


def test_sixty_alerts_get_five_executions_and_the_rest_are_listed_in_one(cloud: Cloud) -> None:
    sixty = [f"pd-QSIXTY{number:02d}" for number in range(60)]
    storm(cloud, sixty)
    assert names(cloud) == sixty[:5]
    leader = cloud.incident(sixty[0])
    assert leader["grouped"] == sixty[5:]
    assert set(sixty[5:]) <= {entry["data"].get("incident_id") for entry in leader["timeline"]}
    for one in sixty[5:]:
        member = cloud.incident(one)
        assert (member["status"], member["grouped_under"]) == ("open", sixty[0])
        assert sorted(entry["kind"] for entry in member["timeline"]) == ["alert_grouped", "alert_triggered"]


def test_a_delivery_that_comes_again_changes_nothing(cloud: Cloud) -> None:
    at = deliveries.iso_now()
    storm(cloud, at=at)
    before = [cloud.incident(one) for one in IDS]
    for one in IDS:
        [entry] = [each for each in incident_table().timeline(one) if each.kind == "alert_triggered"]
        incident_table().keep_delivery(entry.key.removeprefix("alert-"), "received")
    storm(cloud, at=at)
    assert [cloud.incident(one) for one in IDS] == before
    assert names(cloud) == IDS[:MOST]


def test_people_are_told_of_the_others_in_one_line(cloud: Cloud) -> None:
    storm(cloud)
    ctx = open_context({"incident_id": LEADER})
    [line] = [one for one in announced(notification_context(ctx)).known if "go on under" in one]
    assert f"{IDS[-3]}, {IDS[-2]}, {IDS[-1]} and 3 more" in line
    [news] = ctx.incident.pending_upstream_activity
    assert news.text == line


def notes(cloud: Cloud) -> dict[str, list[str]]:
    """By incident, what its on-call person reads in the pager."""
    found: dict[str, list[str]] = {}
    for call in cloud.sandbox.journal("pagerduty"):
        if call["method"] == "POST" and call["path"].endswith("/notes"):
            found.setdefault(f"pd-{call['path'].split('/')[-2]}", []).append(call["body"]["note"]["content"])
    return found


def test_whoever_is_paged_for_a_grouped_alert_reads_upstream_where_it_goes_on_and_how_it_ends(cloud: Cloud) -> None:
    storm(cloud)
    for _ in range(2):
        cloud.invoke("audit", {})
    joined = notes(cloud)
    assert set(joined) == set(IDS[MOST:])
    assert all(len(each) == 1 and f"Joined incident {LEADER} (https://" in each[0] for each in joined.values())
    ends(LEADER, checks_agree=True)
    for _ in range(2):
        cloud.invoke("audit", {})
    after = notes(cloud)
    assert set(after) == set(IDS[MOST:])
    assert all(len(each) == 2 and f"the checks of {LEADER} found all well" in each[1] for each in after.values())


def test_a_note_that_the_pager_did_not_take_is_tried_again(cloud: Cloud) -> None:
    storm(cloud, IDS[: MOST + 1])
    cloud.sandbox.patch({"faults": {"pagerduty": {"fail_next": [{"status": 403, "times": 50}]}}})
    cloud.invoke("audit", {})
    cloud.sandbox.patch({"faults": {"pagerduty": {"fail_next": []}}})
    before = len(notes(cloud)[IDS[MOST]])
    for _ in range(2):
        cloud.invoke("audit", {})
    assert len(notes(cloud)[IDS[MOST]]) == before + 1


def test_the_worst_priority_of_the_group_counts(cloud: Cloud) -> None:
    storm(cloud)
    before = open_context({"incident_id": LEADER}).incident.born_severity
    body = deliveries.pagerduty(incident_id="QWORST", id="worst")
    body["event"]["data"]["priority"] = {"id": "P", "summary": "P1", "name": "P1"}
    deliveries.deliver(cloud, "pagerduty", body)
    after = open_context({"incident_id": LEADER}).incident.born_severity
    assert before is not Severity.P1
    assert after is Severity.P1


def test_an_alert_that_is_resolved_upstream_ends_with_its_own_end(cloud: Cloud) -> None:
    storm(cloud)
    send(cloud, "incident_resolved", IDS[-1])
    cloud.drain()
    ended, other = cloud.incident(IDS[-1]), cloud.incident(IDS[-2])
    assert (ended["status"], other["status"]) == ("resolved", "open")
    assert ended["timeline"][-1]["kind"] == "alert_resolved"
    assert names(cloud) == IDS[:MOST]


def test_when_the_checks_find_all_well_each_alert_is_closed_in_its_own_timeline(cloud: Cloud) -> None:
    storm(cloud)
    ends(LEADER, checks_agree=True)
    cloud.invoke("audit", {})
    assert {cloud.incident(one)["status"] for one in IDS[MOST:]} == {"resolved"}
    for one in IDS[MOST:]:
        assert texts(cloud, one)[-1].startswith(f"Closed: the checks of {LEADER} found all well after this alert")
    assert names(cloud) == IDS[:MOST]


@pytest.mark.parametrize("agree", [False, None])
def test_when_nothing_says_that_all_is_well_the_rest_goes_on_within_the_cap(cloud: Cloud, agree: bool | None) -> None:
    storm(cloud)
    for one in IDS[:MOST]:
        ends(one, checks_agree=agree)
    started = cloud.invoke("audit", {})["started"]
    assert len(started) == MOST
    assert set(started) < set(IDS[MOST:])
    assert names(cloud) == sorted([*IDS[:MOST], *started])
    under = {cloud.incident(one)["grouped_under"] for one in set(IDS[MOST:]) - set(started)}
    assert len(under) == 1
    assert under < set(started)
    assert {cloud.incident(one)["grouped_under"] for one in started} == {None}


def test_what_was_well_before_the_alert_does_not_close_it(cloud: Cloud) -> None:
    storm(cloud)
    ends(LEADER, checks_agree=True)
    earlier = MonitoringState(good_since=now() - timedelta(minutes=5), good_runs=2)
    incident_table().keep_monitoring(LEADER, earlier)
    [started] = cloud.invoke("audit", {})["started"]
    assert {cloud.incident(one)["status"] for one in IDS[MOST:]} == {"open"}
    assert started in IDS[MOST:]


def test_a_free_place_is_taken_by_the_next_alert_and_nothing_holds_it_for_the_ended(cloud: Cloud) -> None:
    storm(cloud)
    ends(IDS[2])
    send(cloud, "incident_triggered", "pd-QNEXT")
    cloud.drain()
    assert names(cloud) == sorted([*IDS[:MOST], "pd-QNEXT"])


def alerts_read(cloud: Cloud) -> int:
    return sum(one["path"].endswith("/alerts") for one in cloud.sandbox.journal("pagerduty"))


def test_a_grouped_alert_with_the_mark_of_a_leaked_key_does_not_wait(cloud: Cloud) -> None:
    cloud.change_runbook({"alerts": {"leaked": {"alert_rules": ["TwinMindKeyLeaked"]}}})
    alert = {"summary": "x", "details": {"alertname": "TwinMindKeyLeaked"}}
    incidents: dict[str, Any] = {one.removeprefix("pd-"): {"title": "x", "alerts": []} for one in IDS}
    incidents[IDS[-1].removeprefix("pd-")]["alerts"] = [alert]
    cloud.sandbox.patch({"pagerduty": {"incidents": incidents}})
    storm(cloud)
    assert cloud.invoke("audit", {})["started"] == [IDS[-1]]
    reads = alerts_read(cloud)
    assert cloud.invoke("audit", {})["started"] == []
    assert alerts_read(cloud) == reads  # each is read once
    send(cloud, "incident_acknowledged", IDS[-1])
    cloud.drain()
    assert cloud.incident(IDS[-1])["grouped_under"] is None


def test_of_many_at_the_same_moment_no_more_get_a_place(cloud: Cloud) -> None:
    """As many functions as there are groups on the queue take one at once."""
    ids = [f"pd-QRUSH{number:02d}" for number in range(20)]
    placed: list[str] = []
    start = threading.Barrier(len(ids))

    def take(one: str) -> None:
        start.wait()
        if not take_slot(incident_table(), "twinmind", one, 3):
            placed.append(one)

    table = incident_table()
    for one in ids:
        table.change(one, partial(_new, one))
    threads = [threading.Thread(target=take, args=(one,)) for one in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(placed) == 3
