"""A click that Slack signed decides only if it comes from our app in our workspace."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from local.sandbox.slack_people import FROM, signed
from responder.config.runbook import with_override
from responder.domain.clock import now
from responder.integrations.slack.buttons import APPROVE, DECLINE, REASON
from responder.webhooks import api_gateway
from tests.support.approval_request import APPROVER, HASH, ask_people, deliver, the_ask
from tests.support.inprocess import SIGNING_SECRET, Cloud, running_cloud

ABOUT = json.dumps({"incident_id": "pd-PABC123", "task": "approve-scale", "plan_hash": HASH})
OTHERS: tuple[dict[str, Any], ...] = (
    {"team": {"id": "T0OTHER"}},
    {"team": {"id": "t0sandbox"}},
    {"team": {"id": ""}},
    {"team": {}},
    {"team": None},
    {"team": "T0SANDBOX"},
    {"team": ["T0SANDBOX"]},
    {"team": None, "enterprise": {"id": "E0OTHER"}},
    {"team": {"id": "T0OTHER"}, "enterprise": {"id": "T0SANDBOX"}},
    {"team": {"id": ["T0SANDBOX"]}},
    {"api_app_id": "A0OTHER"},
    {"api_app_id": ""},
    {"api_app_id": None},
    {"api_app_id": ["A0SANDBOX"]},
    {"api_app_id": "A0OTHER", "team": {"id": "T0OTHER"}},
)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Any:
    with running_cloud(monkeypatch, execute=False) as running:
        api_gateway._secret.cache_clear()
        yield running


def press(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    action = {"type": "button", "action_id": APPROVE, "value": ABOUT}
    return send(cloud, {"type": "block_actions", "user": {"id": APPROVER}, "actions": [action]} | FROM | changes)


def decline(cloud: Cloud, **changes: Any) -> dict[str, Any]:
    view = {"callback_id": DECLINE, "private_metadata": ABOUT, "state": {"values": {REASON: {REASON: {"value": "no"}}}}}
    return send(cloud, {"type": "view_submission", "user": {"id": APPROVER}, "view": view} | FROM | changes)


def send(cloud: Cloud, payload: dict[str, Any]) -> dict[str, Any]:
    body = urlencode({"payload": json.dumps(payload)})
    answer: dict[str, Any] = deliver(
        cloud, {"headers": signed(SIGNING_SECRET, body, int(now().timestamp())), "body": body}
    )
    return answer


def test_from_anywhere_else_nothing_is_decided(cloud: Cloud) -> None:
    ask_people(cloud)
    for other in OTHERS:
        assert press(cloud, **other)["statusCode"] == 200
        said = decline(cloud, **other)
        assert "another Slack app or workspace" in said["body"]
        assert the_ask(cloud).decision is None, other
    press(cloud)
    assert the_ask(cloud).decision == "approved"


def test_an_app_of_a_whole_organisation_names_the_organisation(cloud: Cloud) -> None:
    ask_people(cloud)
    more = {"approvals": {"approvers": {"slack": [APPROVER]}}, "vendors": {"slack": {"team_id": "E0ORG"}}}
    cloud.change_runbook(more)
    press(cloud)
    assert the_ask(cloud).decision is None
    press(cloud, team=None, enterprise={"id": "E0ORG", "name": "ours"})
    assert the_ask(cloud).decision == "approved"


@pytest.mark.parametrize("given", ["{}", "{team_id: T0123456789}", "{app_id: A0123456789}"])
def test_approvers_without_both_ids_are_refused_with_the_settings(given: str) -> None:
    with pytest.raises(ValueError, match=r"vendors\.slack\.team_id and vendors\.slack\.app_id"):
        with_override(f"{{approvals: {{approvers: {{slack: [U0123456789]}}}}, vendors: {{slack: {given}}}}}")


def test_no_word_of_an_alert_becomes_a_link_or_a_preview(cloud: Cloud) -> None:
    ask_people(cloud)
    [sent] = [call["body"] for call in cloud.sandbox.journal("slack") if call["path"].endswith("chat.postMessage")][-1:]
    assert (sent["unfurl_links"], sent["unfurl_media"]) == (False, False)
    texts = [block["text"] for block in sent["blocks"] if block["type"] == "section"]
    texts += [one for block in sent["blocks"] if block["type"] == "context" for one in block["elements"]]
    assert texts
    assert all(text["verbatim"] is True for text in texts if text["type"] == "mrkdwn")
