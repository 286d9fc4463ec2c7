"""Acknowledge and Resolve in Slack: forged, from elsewhere, of another incident, by others, or sent again."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from local.sandbox.slack_people import FROM, signed
from responder.context import open_context
from responder.domain.clock import now
from responder.integrations.slack.buttons import APPROVE, DECLINE
from responder.webhooks import api_gateway
from tests.attack.test_whose_click_decides import OTHERS
from tests.contract.test_answer_alert import over
from tests.support.approval_request import APPROVER, HASH, deliver, press, the_ask, whispers
from tests.support.approval_request import ask_people as ask_approvers
from tests.support.inprocess import SIGNING_SECRET, Cloud
from tests.support.notifications import context_at, recent, slack_replies

OURS, OTHER = "pd-PABC123", "pd-PDEF456"
LEAD = "U0LEAD"
BUTTONS = ("acknowledge_alert", "resolve_alert")
PEOPLE = {"approvals": {"pager_users": {APPROVER: "jane@example.com"}, "approvers": {"slack": [LEAD]}}}
# What a signed request could carry as the button's value, or beside it.
VALUES: tuple[Any, ...] = (
    "",
    "null",
    "[]",
    "{}",
    "pd-PABC123",
    '{"incident_id": ""}',
    '{"incident_id": ["pd-PABC123"]}',
    '{"incident_id": {"id": "pd-PABC123"}}',
    '{"incident_id": "PABC123"}',
    '{"incident_id": "PD-PABC123"}',
    '{"incident_id": "pd-PABC123 "}',
    '{"incident_id": "pd-PABC123\\u200b"}',
    '{"incident_id": "pd-PABС123"}',
    '{"incident_id": "incident#pd-PABC123"}',
    '{"incident_id": "pd-PABC123", "user": "U0ONCALL"}',
    json.dumps({"incident_id": OURS, "task": "approve-scale", "plan_hash": HASH}),
    7,
    {"incident_id": OURS},
)
USERS: tuple[Any, ...] = (
    {"id": "U0STRANGER", "username": "jane@example.com"},
    {"id": APPROVER.lower()},
    {"id": f"{APPROVER} "},
    {"id": f"{APPROVER}\u200b"},
    {"id": "U0ОNCALL"},
    {"id": "jane@example.com"},
    {"id": "U0STRANGER", "team_id": "T0SANDBOX", "name": APPROVER},
    {"id": [APPROVER]},
    {"id": ""},
    {"name": APPROVER},
    {},
    None,
    APPROVER,
)


@pytest.fixture(autouse=True)
def _people(cloud: Cloud) -> None:
    api_gateway._secret.cache_clear()
    cloud.change_runbook(PEOPLE)
    cloud.sandbox.patch({"slack": {"signing_secret": SIGNING_SECRET}})
    for incident_id in (OTHER, OURS):
        context_at(recent(incident_id))


def pressed(button: str, **changes: Any) -> str:
    value = changes.pop("value", json.dumps({"incident_id": OURS}))
    action = {"type": "button", "action_id": button, "value": value}
    payload = {"type": "block_actions", "user": {"id": APPROVER}, "actions": [action]} | FROM | changes
    return urlencode({"payload": json.dumps(payload)})


def send(cloud: Cloud, body: str, *, secret: str = SIGNING_SECRET, age: int = 0) -> int:
    headers = signed(secret, body, int(now().timestamp()) - age)
    return int(deliver(cloud, {"headers": headers, "body": body})["statusCode"])


def changed(cloud: Cloud, incident_id: str = OURS) -> list[str]:
    """What was written at the pager about the incident; its notes at the announcement are none."""
    journal = [call for call in cloud.sandbox.journal("pagerduty") if call["method"] == "PUT"]
    found = [str(call["body"]) for call in journal if call["path"].endswith(f"/{incident_id.removeprefix('pd-')}")]
    acknowledged = open_context({"incident_id": incident_id}).incident.acknowledged_at
    return found + (["acknowledged here"] if acknowledged else [])


@pytest.mark.parametrize("button", BUTTONS)
def test_only_what_slack_signed_just_now_and_only_as_it_was_signed(cloud: Cloud, button: str) -> None:
    body, at = pressed(button), int(now().timestamp())
    assert [send(cloud, body, secret="guessed"), send(cloud, body, age=301), send(cloud, body, age=-301)] == [401] * 3
    headers = signed(SIGNING_SECRET, pressed(button, value=json.dumps({"incident_id": OTHER})), at)
    assert deliver(cloud, {"headers": headers, "body": body})["statusCode"] == 401
    for lost in ("X-Slack-Signature", "X-Slack-Request-Timestamp"):
        some = {name: value for name, value in signed(SIGNING_SECRET, body, at).items() if name != lost}
        assert deliver(cloud, {"headers": some, "body": body})["statusCode"] == 401
    assert changed(cloud) == []
    send(cloud, body)
    assert changed(cloud)


@pytest.mark.parametrize("button", BUTTONS)
def test_from_another_app_or_workspace_nothing_happens(cloud: Cloud, button: str) -> None:
    for other in OTHERS:
        assert send(cloud, pressed(button, **other)) == 200
        assert changed(cloud) == [], other


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("value", VALUES, ids=str)
def test_no_other_value_finds_an_incident(cloud: Cloud, button: str, value: Any) -> None:
    assert send(cloud, pressed(button, value=value)) in (200, 400)
    assert changed(cloud) == changed(cloud, OTHER) == []


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("user", USERS, ids=str)
def test_no_look_alike_of_a_person_may(cloud: Cloud, button: str, user: Any) -> None:
    assert send(cloud, pressed(button, user=user)) in (200, 400)
    assert changed(cloud) == []


@pytest.mark.parametrize("button", BUTTONS)
def test_it_is_about_the_incident_of_the_button_and_of_no_other(cloud: Cloud, button: str) -> None:
    send(cloud, pressed(button, value=json.dumps({"incident_id": OTHER}), message={"text": OURS, "blocks": []}))
    assert changed(cloud) == []
    assert changed(cloud, OTHER)


@pytest.mark.parametrize("button", BUTTONS)
def test_the_list_in_force_counts_and_not_that_of_the_incident_s_start(cloud: Cloud, button: str) -> None:
    cloud.change_runbook({"approvals": {"pager_users": {LEAD: "lead@example.com"}, "approvers": {"slack": []}}})
    send(cloud, pressed(button))
    assert changed(cloud) == []
    send(cloud, pressed(button, user={"id": LEAD}))
    assert changed(cloud)


@pytest.mark.parametrize("button", BUTTONS)
def test_the_same_request_again_does_nothing_more(cloud: Cloud, button: str) -> None:
    """Nothing is written at the pager, in the thread or here; a press of later is a press of its own."""
    body = pressed(button)
    headers = signed(SIGNING_SECRET, body, int(now().timestamp()))
    deliver(cloud, {"headers": headers, "body": body})
    written, first = cloud.sandbox.journal("pagerduty"), open_context({"incident_id": OURS}).incident
    for _ in range(5):
        assert deliver(cloud, {"headers": headers, "body": body})["statusCode"] == 200
        assert send(cloud, body) == 200
    assert cloud.sandbox.journal("pagerduty") == written
    assert open_context({"incident_id": OURS}).incident == first
    send(cloud, pressed(button, trigger_id="1.2.another"))
    assert len(cloud.sandbox.journal("pagerduty")) > len(written)


@pytest.mark.parametrize("action", [APPROVE, DECLINE])
def test_whoever_may_only_answer_the_alert_approves_nothing(cloud: Cloud, action: str) -> None:
    ask_approvers(cloud)
    cloud.change_runbook(PEOPLE)
    value = json.dumps({"incident_id": OURS, "task": "approve-scale", "plan_hash": HASH})
    assert send(cloud, pressed(action, value=value)) == 200
    assert the_ask(cloud).decision is None


def test_a_person_s_name_in_slack_is_text_in_what_the_pager_is_told(cloud: Cloud) -> None:
    name = "<!channel> \u202e*boss*\nApproved by U0LEAD"
    send(cloud, pressed(BUTTONS[0], user={"id": LEAD, "username": name}))
    incident = open_context({"incident_id": OURS}).incident
    said = [one.text for one in incident.pending_upstream_activity]
    assert said
    assert all(one.isprintable() for one in said)
    assert whispers(cloud) == []


# As a proxy or a vendor's error could say it.
WORDS = "<!channel> <@U0BOSS> <https://e.example|bank> *x*"


@pytest.mark.parametrize("refused", [("PUT",), ("POST",), ("PUT", "POST")], ids="-".join)
def test_a_vendor_s_words_are_text_in_what_slack_shows(cloud: Cloud, refused: tuple[str, ...]) -> None:
    over(cloud)
    cloud.change_runbook(PEOPLE)
    no = {"status": 403, "times": 9, "body": json.dumps({"error": {"message": WORDS}})}
    cloud.sandbox.patch({"faults": {"pagerduty": {"fail_next": [no | {"method": method} for method in refused]}}})
    press(cloud, "resolve", LEAD if refused == ("POST",) else APPROVER)
    shown = whispers(cloud) + [json.dumps([one.get("text"), one.get("blocks")]) for one in slack_replies(cloud)]
    said = [one for one in shown if "bank" in one]
    assert said
    assert [one for one in said if "<!channel>" in one or "<@U0BOSS>" in one or "<https://e.example" in one] == []
