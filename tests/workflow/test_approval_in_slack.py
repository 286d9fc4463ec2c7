"""One incident from the alert to the report in which a person approves in Slack what the playbook asks for."""

from typing import Any

import pytest

from tests.support import deliveries
from tests.support.approval_request import APPROVER, button_messages, press
from tests.support.inprocess import SIGNING_SECRET, Cloud, running_cloud
from tests.support.notifications import slack_messages

UPSTREAM = "QAPPROVED00001"
INCIDENT = f"pd-{UPSTREAM}"
WORLD = {"twinmind": {"rate_limit": {"exhausted": True}}, "slack": {"signing_secret": SIGNING_SECRET}}


def test_the_machine_waits_for_the_click_does_what_was_approved_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_cloud(monkeypatch, WORLD) as cloud:
        cloud.change_runbook({"modes": {"queue": "approve"}, "approvals": {"approvers": {"slack": [APPROVER]}}})
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=UPSTREAM))
        cloud.wait_until(lambda: bool(button_messages(cloud)))
        [question] = button_messages(cloud)
        press(cloud, "approve")
        cloud.wait_until(lambda: any("verified" in str(entry["data"]) for entry in timeline(cloud)))
        cloud.sandbox.patch({"twinmind": {"rate_limit": {"exhausted": False}}})
        assert cloud.wait_for(f"{INCIDENT}-1")["status"] == "SUCCEEDED"
        [decided] = [entry for entry in timeline(cloud) if entry["kind"] == "approval"]
        assert decided["actor"] == f"slack:{APPROVER}"
        assert f"Approved by <@{APPROVER}>" in question["blocks"][0]["text"]["text"]
        assert button_messages(cloud) == []
        assert [one for one in slack_messages(cloud) if "Done, as" in one["text"] and one is not question]
        [task] = cloud.incident(INCIDENT)["human_tasks"]
        assert (task["decision"], task["acted_on"]) == ("approved", True)


def timeline(cloud: Cloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.incident(INCIDENT).get("timeline", [])
    return found
