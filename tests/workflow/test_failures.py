"""Every task failing once: the execution ends red, a person is told, and the next execution takes the incident over."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from responder.aws.step_functions import execution_arn
from tests.support import deliveries
from tests.support.inprocess import MACHINE_ARN, SETTINGS, Cloud, notices, running_cloud
from tests.workflow.histories import (
    FAILURES,
    INCIDENT,
    OUTAGE,
    REVOKED,
    UPSTREAM,
    Json,
    bad_end,
    fails_once,
    goes_on_in_a_fresh_execution,
    told,
    trigger,
)


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_task_ends_red_with_people_told(name: str) -> None:
    history = told(name)
    assert history.status == "FAILED"
    assert history.states[-2:] == ["ReportFailure", "WorkflowFailed"]
    assert "workflow_failed" in history.kinds()
    assert any("failed" in notice and INCIDENT in notice for notice in history.notices)
    assert any("failed" in json.dumps(call["body"]) for call in history.calls("slack", "POST", "chat.postMessage"))


@pytest.mark.parametrize("name", FAILURES)
def test_whatever_fails_one_tested_key_is_current(name: str) -> None:
    history = told(name)
    labels = [label for labels in history.stages.values() for label in labels]
    assert labels.count("AWSCURRENT") == 1
    label = next(label for label, entry in history.world["twinmind"]["keys"].items() if entry["key"] == history.key)
    assert label in ("primary", "standby-1")


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, REVOKED) as running:
        yield running


def test_a_function_whose_network_interface_is_gone_is_called_again(cloud: Cloud) -> None:
    """As after weeks without a call, in a VPC: the first call of each fails, also of those that wait for an event."""
    sleeping = {"open_incident", "run_diagnostics", "classify_incident", "wait_for_change"}
    not_ready = type("Lambda.ENINotReadyException", (Exception,), {})

    def interfere(name: str, event: Json) -> None:
        if name in sleeping:
            sleeping.remove(name)
            raise not_ready("The function's network interface is being created.")

    cloud.interfere = interfere
    assert cloud.wait_for(trigger(cloud), seconds=90)["status"] == "SUCCEEDED"
    assert sleeping == set()
    assert "ReportFailure" not in cloud.states_entered(execution_arn(MACHINE_ARN, f"{INCIDENT}-1"))


def test_after_a_failure_the_audit_starts_the_next_generation_which_finishes_the_work(cloud: Cloud) -> None:
    cloud.interfere = fails_once("restart_consumers")
    name = trigger(cloud)
    assert cloud.wait_for(name)["status"] == "FAILED"
    cloud.invoke("hand_over", bad_end(name, "FAILED"))
    assert cloud.incident(INCIDENT)["status"] == "handed_over"
    assert cloud.invoke("audit", {}) == {
        "open": 1,
        "started": [INCIDENT],
        "failed": [],
        "switched": [],
        "reminded": [],
        "override": None,
    }
    assert cloud.wait_for(f"{INCIDENT}-2")["status"] == "SUCCEEDED"
    shown = cloud.incident(INCIDENT)
    assert shown["status"] == "resolved"
    assert len(shown["execution_arns"]) == 2
    assert cloud.sandbox.world.snapshot()["service"]["running"]["key"] == "standby-1"


def test_failing_again_and_again_stops_at_the_configured_number_and_leaves_it_to_people(cloud: Cloud) -> None:
    cloud.interfere = lambda name, event: fails_once(name)(name, event) if name == "classify_incident" else None
    trigger(cloud)
    for execution_number in (1, 2, 3):
        assert cloud.wait_for(f"{INCIDENT}-{execution_number}")["status"] == "FAILED"
        cloud.invoke("audit", {})
    assert cloud.invoke("audit", {}) == {
        "open": 1,
        "started": [],
        "failed": [],
        "switched": [],
        "reminded": [],
        "override": None,
    }
    assert len(cloud.executions()) == 3
    assert any("does not try again" in notice for notice in notices())


def test_a_stopped_execution_stays_stopped_until_the_reopen(cloud: Cloud) -> None:
    cloud.change_runbook({"modes": {"rotate": "observe"}})
    name = trigger(cloud)
    cloud.wait_until(lambda: "wait_for_change" in cloud.invoked)
    cloud.client("stepfunctions").stop_execution(executionArn=execution_arn(MACHINE_ARN, name))
    cloud.wait_for(name)  # moto goes on calling it RUNNING until its thread has noticed
    cloud.invoke("hand_over", bad_end(name, "ABORTED"))
    assert cloud.invoke("audit", {})["started"] == []
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_acknowledged", UPSTREAM))
    assert len(cloud.executions()) == 1
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_reopened", UPSTREAM))
    assert sorted(one["name"] for one in cloud.executions()) == [f"{INCIDENT}-1", f"{INCIDENT}-2"]


def test_a_very_long_watch_goes_on_in_a_fresh_execution_without_a_word_to_people(cloud: Cloud) -> None:
    cloud.sandbox.reset()
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    goes_on_in_a_fresh_execution(cloud)
    first = cloud.states_entered(execution_arn(MACHINE_ARN, f"{INCIDENT}-1"))
    assert first[-1] == "ContinuedInNextExecution"
    shown = cloud.incident(INCIDENT)
    assert shown["status"] == "resolved"
    assert [entry["kind"] for entry in shown["timeline"]].count("diagnosis") == 1
    assert not [notice for notice in notices() if "no execution ran" in notice]


def test_an_execution_of_an_unknown_incident_ends_red_and_says_so(cloud: Cloud) -> None:
    cloud.client("stepfunctions").start_execution(
        stateMachineArn=SETTINGS["STATE_MACHINE_ARN"], name="typo", input='{"incident_id": "pd-NOSUCH"}'
    )
    assert cloud.wait_for("typo")["status"] == "FAILED"
    assert any("pd-NOSUCH" in notice for notice in notices())


def test_with_the_table_gone_people_are_still_told(cloud: Cloud) -> None:
    """The safety net needs nothing but the topic."""
    cloud.client("dynamodb").delete_table(TableName=SETTINGS["TABLE_NAME"])
    event = {
        "job": {"incident_id": INCIDENT, "execution_number": 1},
        "error": {"Error": "RuntimeError", "Cause": "the table is gone"},
        "execution_arn": execution_arn(MACHINE_ARN, f"{INCIDENT}-1"),
        "execution_name": f"{INCIDENT}-1",
    }
    cloud.invoke("report_failure", event)
    assert any("Go on by hand" in notice for notice in notices())


def test_an_event_wakes_the_waiting_execution_at_once(cloud: Cloud) -> None:
    cloud.sandbox.patch(OUTAGE)
    cloud.set_runbook({**json.loads(cloud.runbook_text()), "monitoring": {"poll_seconds": [[None, 300]]}})
    name = trigger(cloud)
    cloud.wait_until(lambda: "wait_for_change" in cloud.invoked)
    looks = cloud.invoked.count("run_diagnostics")
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
    assert cloud.wait_for(name, seconds=20)["status"] == "SUCCEEDED"
    assert cloud.invoked.count("run_diagnostics") == looks + 1


def test_shortly_before_a_level_falls_due_it_waits_to_the_second_and_calls_it(cloud: Cloud) -> None:
    """The alert comes late by most of a P1's 15 minutes, so that nobody waits for them here."""
    cloud.sandbox.patch(OUTAGE)
    cloud.set_runbook({**json.loads(cloud.runbook_text()), "monitoring": {"poll_seconds": [[None, 300]]}})
    alerted = datetime.now(UTC) - timedelta(minutes=15) + timedelta(seconds=25)
    occurred_at = f"{alerted:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=UPSTREAM, occurred_at=occurred_at))
    arn = execution_arn(MACHINE_ARN, f"{INCIDENT}-1")
    cloud.wait_until(lambda: "escalation" in kinds(cloud), seconds=60)
    entered = cloud.states_entered(arn)
    assert entered[entered.index("WaitUntilDue") :][:3] == ["WaitUntilDue", "CheckRecovery", "WhatIsNext"]
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
    assert cloud.wait_for(f"{INCIDENT}-1")["status"] == "SUCCEEDED"


def kinds(cloud: Cloud) -> list[str]:
    return [entry["kind"] for entry in cloud.incident(INCIDENT)["timeline"]]


def test_the_list_of_open_incidents_holds_what_is_not_resolved_and_pages(cloud: Cloud) -> None:
    for number in range(3):
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=f"QLIST{number}"))
    first = json.loads(cloud.invoke("read_incidents", {"queryStringParameters": {"limit": "2"}})["body"])
    second = json.loads(
        cloud.invoke("read_incidents", {"queryStringParameters": {"limit": "2", "next": first["next"]}})["body"]
    )
    ids = [incident["id"] for incident in first["incidents"] + second["incidents"]]
    assert sorted(ids) == ["pd-QLIST0", "pd-QLIST1", "pd-QLIST2"]
    assert cloud.invoke("read_incidents", {"pathParameters": {"id": "pd-NOSUCH"}})["statusCode"] == 404
    assert cloud.invoke("read_incidents", {"queryStringParameters": {"status": "closed"}})["statusCode"] == 400


def test_a_quiet_audit_writes_no_metric(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    """A metric costs for each hour in which it has a value, and a zero is one."""
    capsys.readouterr()
    cloud.invoke("audit", {})
    cloud.invoke("review_leak", {})
    assert "TwinMindResponder" not in capsys.readouterr().out
