"""A mistake in the settings shows at once: out of scope, a bad override, a wrong bot user, a replaced credential."""

import json
from collections.abc import Iterator

import pytest

from responder.actions.acknowledge import acknowledge_by_policy
from responder.aws.out_of_scope_table import OutOfScope
from responder.aws.parameters import runbook_in_force
from responder.clients.responses import RequestRefused
from responder.config.base import Mode
from responder.domain.diagnosis import Severity
from responder.integrations.pagers import PAGERS
from tests.support import deliveries
from tests.support.inprocess import SETTINGS, VENDORS, Cloud, credentials, fast_runbook, running_cloud
from tests.support.notifications import context_at, recent

PARAMETER = SETTINGS["RUNBOOK_PARAMETER"]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


def put(cloud: Cloud, text: str) -> None:
    cloud.client("ssm").put_parameter(Name=PARAMETER, Value=text, Type="String", Overwrite=True)


def counted(printed: str, metric: str) -> int:
    return sum(metric in line for line in printed.splitlines() if "_aws" in line)


def test_what_is_out_of_scope_is_listed_by_sender_and_alarms_once(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    scope = {"services": ["POTHER1"], "integrations": ["4513b7ea"]}
    put(cloud, json.dumps(fast_runbook(cloud.sandbox.url) | {"scope": scope}))
    for number in range(3):
        body = deliveries.pagerduty(incident_id=f"Q{number}")
        assert cloud.post("pagerduty", *deliveries.signed("pagerduty", body))[0] == 202
    assert cloud.executions() == []
    (dropped,) = OutOfScope(SETTINGS["TABLE_NAME"]).listed()
    service = deliveries.pagerduty()["event"]["data"]["service"]
    assert (dropped.source, dropped.deliveries) == ("pagerduty", 3)
    assert (dropped.sender["services"], dropped.sender["service_name"]) == ([service["id"]], service["summary"])
    cloud.post("opsgenie", *deliveries.signed("opsgenie", deliveries.opsgenie("create", "a1")))
    assert counted(capsys.readouterr().out, "OutOfScopeSender") == 2


def test_a_bad_override_leaves_the_last_valid_one_in_force_with_every_action_observing(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    valid = runbook_in_force(PARAMETER)
    assert valid.problem is None
    # Somebody who mends it by trying needs several turns.
    for text in (*["modes:\n\trotate: auto"] * 7, "modes: observe\x0b", "modes: {rotate: observed}"):
        put(cloud, text)
    runbook, problem = runbook_in_force(PARAMETER)
    assert runbook.vendors == valid.runbook.vendors
    assert runbook.endpoints == valid.runbook.endpoints
    assert set(runbook.modes.model_dump().values()) == {Mode.OBSERVE}
    assert "version 10 of the override is not valid: line 1: modes.rotate" in str(problem)
    assert str(problem).endswith("Version 1 is in force")
    assert cloud.invoke("audit", {})["override"] == problem
    assert counted(capsys.readouterr().out, "RunbookOverrideBad") == 1


def test_the_audit_is_quiet_about_a_good_override(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    assert cloud.invoke("audit", {})["override"] is None
    assert counted(capsys.readouterr().out, "RunbookOverrideBad") == 0


def test_with_no_valid_version_the_packaged_runbook_is_in_force(cloud: Cloud) -> None:
    cloud.client("ssm").delete_parameter(Name=PARAMETER)
    put(cloud, "- no mapping")
    runbook, problem = runbook_in_force(PARAMETER)
    assert set(runbook.modes.model_dump().values()) == {Mode.OBSERVE}
    assert str(problem).endswith("The packaged runbook is in force")


def test_a_bot_user_that_is_not_the_owner_of_from_email_never_acknowledges(cloud: Cloud) -> None:
    """Our own acknowledgement would come back as a person's, and stop the escalation."""
    cloud.sandbox.patch({"pagerduty": {"users": {"bot@example.com": "PSOMEBODY"}}})
    ctx = context_at(recent("pd-QW", severity=Severity.P4))
    assert "is not the user of from_email" in str(acknowledge_by_policy(ctx))
    assert [call["method"] for call in cloud.sandbox.journal("pagerduty") if call["method"] != "GET"] == []
    cloud.sandbox.patch({"pagerduty": {"users": {"bot@example.com": "PRESPONDER"}}})
    assert acknowledge_by_policy(ctx) is None


def test_a_replaced_credential_is_read_at_once_and_the_vendor_s_reason_is_kept(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("responder.aws.secrets.time.monotonic", lambda: clock[0])
    ctx = context_at(recent("pd-QC"))
    pager = PAGERS["pagerduty"]
    assert not isinstance(pager.state(ctx), RequestRefused)
    cloud.sandbox.patch({"credentials": {"pagerduty": "pagerduty-credential-0002"}})
    clock[0] += 11
    refusal = pager.state(ctx)
    assert isinstance(refusal, RequestRefused)
    assert refusal.why == "HTTP 401, 2006: the API key is not valid"
    cloud.put_credentials(credentials(cloud.sandbox.url) | {"pagerduty": "pagerduty-credential-0002"})
    clock[0] += 11
    assert not isinstance(pager.state(ctx), RequestRefused)
    assert VENDORS["pagerduty"] != "pagerduty-credential-0002"
