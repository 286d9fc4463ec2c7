"""Acknowledging by policy: after the diagnosis, never without a time-out (docs/architecture.md#rule-3)."""

from typing import Any

import pytest

from responder.actions.acknowledge import acknowledge_by_policy
from responder.aws.secrets import Credentials, SecretUnreadable
from responder.context import IncidentContext
from responder.domain.alert import Source
from responder.domain.diagnosis import Severity
from responder.domain.incident import LatestValue
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.notifications import AT, context_at, recent, told, upstream_status


def test_credentials_that_cannot_be_read_are_a_reason_and_no_failure(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(_: Credentials, vendor: str) -> str:
        raise SecretUnreadable("ThrottlingException")

    ctx = context_at(recent(severity=Severity.P4))
    monkeypatch.setattr(Credentials, "of", unreadable)
    assert acknowledge_by_policy(ctx) == "the vendors' credentials cannot be read: ThrottlingException"
    assert upstream_status(cloud) == "triggered"


def declare(cloud: Cloud, **fields: Any) -> None:
    cloud.sandbox.patch({"pagerduty": {"incidents": {"PABC123": fields}}})


def writes(cloud: Cloud) -> list[str]:
    return [call["method"] for call in cloud.sandbox.journal("pagerduty") if call["method"] != "GET"]


@pytest.mark.parametrize(
    ("policy", "severity", "acknowledged"),
    [
        ("low_severity", Severity.P4, True),
        ("low_severity", Severity.P3, True),
        ("low_severity", Severity.P2, False),
        ("low_severity", None, False),
        ("always", Severity.P1, True),
        ("never", Severity.P4, False),
    ],
)
def test_the_policy_decides(cloud: Cloud, policy: str, severity: Severity | None, acknowledged: bool) -> None:
    cloud.change_runbook({"policies": {"acknowledge": policy}})
    ctx = context_at(recent(severity=severity))
    acknowledge_by_policy(ctx)
    assert upstream_status(cloud) == ("acknowledged" if acknowledged else "triggered")
    stored = ctx.table.get(ctx.incident.id).incident
    assert (stored.machine_acknowledged_at is not None) is acknowledged
    assert stored.acknowledged_at is None


def p4(**changes: Any) -> IncidentContext:
    return context_at(recent(severity=Severity.P4, **changes))


@pytest.mark.parametrize("status", ["resolved", "acknowledged"])
def test_what_is_resolved_or_acknowledged_there_is_left_as_it_is(cloud: Cloud, status: str) -> None:
    declare(cloud, status=status, acknowledged_at=0, acknowledgement_timeout_seconds=None)
    ctx = p4()
    acknowledge_by_policy(ctx)
    assert (upstream_status(cloud), writes(cloud)) == (status, [])
    assert any(status in text for text in told(ctx))


def test_what_we_know_to_be_resolved_is_not_even_asked_for(cloud: Cloud) -> None:
    acknowledge_by_policy(p4(upstream=LatestValue(at=AT, value="resolved")))
    assert cloud.sandbox.journal("pagerduty") == []


def test_without_an_acknowledgement_time_out_the_pager_is_not_silenced(cloud: Cloud) -> None:
    declare(cloud, acknowledgement_timeout_seconds=None)
    ctx = p4()
    acknowledge_by_policy(ctx)
    assert writes(cloud) == []
    assert any("no acknowledgement time-out is known" in text for text in told(ctx))


def test_a_time_out_that_cannot_be_read_counts_as_missing(cloud: Cloud) -> None:
    cloud.sandbox.patch({"faults": {"pagerduty": {"fail_next": [{"status": 500, "path": "/services", "times": 1}]}}})
    acknowledge_by_policy(p4())
    assert writes(cloud) == []


def test_somebody_who_was_faster_is_no_failure(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    ctx = p4()
    call = type(ctx.http).call

    def people_first(self: Any, method: str, url: str, **rest: Any) -> Any:
        if method == "PUT":
            declare(cloud, status="acknowledged", acknowledgement_timeout_seconds=None)
        return call(self, method, url, **rest)

    monkeypatch.setattr(type(ctx.http), "call", people_first)
    assert acknowledge_by_policy(ctx) == "somebody was faster"
    assert ctx.table.get(ctx.incident.id).incident.machine_acknowledged_at is None


def test_without_a_bot_user_our_acknowledgement_would_look_like_a_person_s(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"pagerduty": {"bot_user_id": None}}})
    assert "no bot user is named" in str(acknowledge_by_policy(p4()))
    assert writes(cloud) == []


def test_the_stop_switch_holds_it_back(cloud: Cloud) -> None:
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="stop", Overwrite=True)
    assert acknowledge_by_policy(p4()) == "the stop switch is thrown"


def test_it_is_done_once(cloud: Cloud) -> None:
    acknowledge_by_policy(p4())
    again = p4(machine_acknowledged_at=AT)
    acknowledge_by_policy(again)
    assert writes(cloud) == ["PUT"]


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
def test_alerts_that_do_not_say_whether_an_acknowledgement_ends_are_not_acknowledged(
    cloud: Cloud, source: Source
) -> None:
    ctx = context_at(recent("og-a1", source=source, severity=Severity.P4))
    assert "no acknowledgement time-out is known" in str(acknowledge_by_policy(ctx))
    assert all(call["method"] == "GET" for call in cloud.sandbox.journal(source))
