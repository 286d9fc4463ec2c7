"""Resolving upstream by policy: never by default, and never against people or our own checks."""

from typing import Any

import pytest

from responder.actions.resolve import resolve_by_policy
from responder.domain.alert import Person
from responder.domain.incident import LatestValue
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.notifications import AT, context_at, made_fresh, recent, upstream_status

HUMAN = LatestValue(at=AT, value=True, by=Person(id="P1", is_human=True))


@pytest.mark.parametrize(
    ("policy", "incident", "why"),
    [
        ("never", {}, "the policy is never"),
        ("always", {}, None),
        ("always", {"acknowledgement": HUMAN}, None),
        ("always", {"checks_agree": False}, "our checks still fail"),
        ("unacknowledged_only", {}, None),
        ("unacknowledged_only", {"acknowledgement": HUMAN}, "a person has acknowledged it"),
    ],
)
def test_policy_people_and_checks_decide(cloud: Cloud, policy: str, incident: dict[str, Any], why: str | None) -> None:
    cloud.change_runbook({"policies": {"resolve": policy}})
    assert resolve_by_policy(context_at(recent(**incident))) == why
    assert upstream_status(cloud) == ("triggered" if why else "resolved")


def test_an_acknowledgement_that_we_have_not_heard_of_counts(cloud: Cloud) -> None:
    cloud.change_runbook({"policies": {"resolve": "unacknowledged_only"}})
    cloud.sandbox.patch({"pagerduty": {"incidents": {"PABC123": {"status": "acknowledged", "acknowledged_at": 0}}}})
    assert resolve_by_policy(context_at(recent())) == "it is acknowledged in PagerDuty"
    assert upstream_status(cloud) == "acknowledged"


def test_what_is_resolved_there_and_a_thrown_switch_are_left_alone(cloud: Cloud) -> None:
    cloud.change_runbook({"policies": {"resolve": "always"}})
    cloud.sandbox.patch({"pagerduty": {"incidents": {"PABC123": {"status": "resolved"}}}})
    assert resolve_by_policy(context_at(recent())) == "somebody resolved it just now"
    made_fresh(cloud)
    cloud.change_runbook({"policies": {"resolve": "always"}})
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="stop", Type="String", Overwrite=True)
    assert resolve_by_policy(context_at(recent())) == "the stop switch is thrown"
    assert upstream_status(cloud) == "triggered"


def test_an_opsgenie_alert_is_closed(cloud: Cloud) -> None:
    cloud.change_runbook({"policies": {"resolve": "always"}})
    assert resolve_by_policy(context_at(recent(source="opsgenie", upstream_id="alert-1"))) is None
    closes = [call for call in cloud.sandbox.journal("opsgenie") if call["path"].endswith("/alert-1/close")]
    assert [call["status"] for call in closes] == [202]
