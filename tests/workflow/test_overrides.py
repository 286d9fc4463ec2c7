"""Acting from alert to report: the playbook's order, people's word, the switch, the budget, sharing, giving back."""

import json
from typing import Any

import pytest

from responder.aws.step_functions import execution_arn
from tests.support import deliveries
from tests.support.inprocess import MACHINE_ARN, SETTINGS, Cloud, notices, running_cloud
from tests.workflow.histories import Told, bad_end, told
from tests.workflow.history import INCIDENT, UPSTREAM, trigger
from tests.workflow.override_histories import (
    NO_QUOTA,
    is_waiting,
    leave_budget,
    outcomes,
    outcomes_so_far,
    patiently,
    person_resolves_it,
)

OTHER = "pd-QSTORY00000002"


def texts(history: Told, kind: str) -> list[str]:
    return [entry["text"] for entry in history.incident["timeline"] if entry["kind"] == kind]


def service_flags(cloud: Cloud) -> dict[str, Any]:
    """The settings that are switched now."""
    found = cloud.client("ssm").get_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])["Parameter"]["Value"]
    names = ("request_queue", "reject_non_critical", "client_rate_limit_per_minute", "model")
    return {name: value for name, value in json.loads(found).items() if name in names and value is not None}


def test_a_playbook_asks_does_verifies_and_gives_back_in_reverse_order() -> None:
    history = told("approval_given")
    assert outcomes(history.incident) == [
        ("quota", "applied"), ("quota", "verified"), ("queue", "applied"), ("queue", "verified"),
        ("queue", "undone"), ("quota", "undone"),
    ]  # fmt: skip
    acting = ("action_planned", "action_asked", "approval", "action_outcome")
    assert [kind for kind in history.kinds() if kind in acting][:6] == [
        "action_planned", "action_outcome", "action_outcome", "action_asked", "approval", "action_planned",
    ]  # fmt: skip
    assert "after 0" in texts(history, "effect")[-1]
    assert history.world["service"]["running"]["service_flags"]["request_queue"] is False
    modes = {(action["name"], action["outcome"]): action["mode"] for action in history.incident["actions"]}
    assert (modes["quota", "verified"], modes["queue", "verified"]) == ("auto", "approve")


def test_what_needs_no_approval_is_done_before_people_are_waited_for() -> None:
    states = told("approval_given").states
    order = ["VerifyAction", "AskForApproval", "WaitForApproval", "RevertOverrides", "CloseIncident"]
    assert sorted(order, key=states.index) == order


def test_a_no_and_no_answer_change_nothing_and_people_have_it() -> None:
    history = told("approval_refused")
    assert sorted(outcomes(history.incident)) == [("queue", "expired"), ("quota", "declined")]
    assert "handed_over" in history.kinds()
    assert any("the customers come first" in text for text in texts(history, "action_outcome"))
    assert history.world["service"]["running"]["service_flags"]["version"] == 0


def test_the_switch_stops_what_was_approved_and_what_is_left_switched_is_told() -> None:
    history = told("stopped_in_the_middle")
    assert ("queue", "observed") in outcomes(history.incident)
    assert ("quota", "failed") in outcomes(history.incident)
    assert history.incident["status"] == "resolved"
    running = history.world["service"]["running"]["service_flags"]
    assert (running["reject_non_critical"], running["request_queue"]) == (True, False)
    assert any("Not switched back" in text for text in history.notices)
    assert sum("ervice flag reject non critical is still switched" in text for text in history.notices) == 1


def test_two_incidents_share_what_is_switched_and_a_budget_and_the_last_one_gives_back() -> None:
    other = OTHER.removeprefix("pd-")
    with pytest.MonkeyPatch.context() as patch, running_cloud(patch, NO_QUOTA) as cloud:
        leave_budget(cloud, "quota", 1)
        trigger(cloud)
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=other))
        for incident in (INCIDENT, OTHER):
            patiently(cloud, lambda one=incident: ("queue", "verified") in outcomes_so_far(one))  # type: ignore[misc]
        came = sorted(dict(outcomes_so_far(one))["quota"] for one in (INCIDENT, OTHER))
        assert came == ["not_allowed", "verified"]
        assert service_flags(cloud)["reject_non_critical"] is True
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
        assert cloud.wait_for(f"{INCIDENT}-1", seconds=120)["status"] == "SUCCEEDED"
        assert service_flags(cloud)["request_queue"] is True
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", other))
        assert cloud.wait_for(f"{OTHER}-1", seconds=120)["status"] == "SUCCEEDED"
        assert not any(service_flags(cloud).values())
        assert cloud.invoke("audit", {})["switched"] == []


def test_an_execution_that_dies_while_something_is_switched_is_followed_by_one_that_gives_it_back() -> None:
    with pytest.MonkeyPatch.context() as patch, running_cloud(patch, NO_QUOTA) as cloud:
        left = ["verify"]

        def dies(name: str, event: dict[str, Any]) -> None:
            if name == "take_action" and event["op"] in left:
                left.remove(event["op"])
                raise RuntimeError("the process was killed")

        cloud.interfere = dies
        trigger(cloud)
        assert cloud.wait_for(f"{INCIDENT}-1", seconds=120)["status"] == "FAILED"
        assert service_flags(cloud)["reject_non_critical"] is True
        cloud.invoke("hand_over", bad_end(f"{INCIDENT}-1", "FAILED"))
        cloud.invoked.clear()
        assert cloud.invoke("audit", {})["started"] == [INCIDENT]
        person_resolves_it(cloud)
        assert cloud.wait_for(f"{INCIDENT}-2", seconds=120)["status"] == "SUCCEEDED"
        assert not any(service_flags(cloud).values())


def test_a_stopped_execution_leaves_nothing_switched_without_people_hearing_of_it() -> None:
    with pytest.MonkeyPatch.context() as patch, running_cloud(patch, NO_QUOTA) as cloud:
        trigger(cloud)
        is_waiting(cloud)
        arn = execution_arn(MACHINE_ARN, f"{INCIDENT}-1")
        cloud.client("stepfunctions").stop_execution(executionArn=arn)
        cloud.invoke("hand_over", bad_end(f"{INCIDENT}-1", "ABORTED"))
        assert "flag:request_queue" in cloud.invoke("audit", {})["switched"]
        cloud.invoke("audit", {})
        assert sum("ervice flag request queue is still switched" in text for text in notices()) == 1
