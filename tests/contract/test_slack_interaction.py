"""The door for Slack's clicks: only what Slack signed just now comes in, and nothing that comes in breaks it."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.sandbox.slack_people import FROM, signed
from responder.aws.secrets import SecretUnreadable
from responder.contracts.source import Ignored, Malformed
from responder.domain.clock import now
from responder.integrations.slack.buttons import APPROVE, DECLINE
from responder.integrations.slack.interaction import Click, Reason, interaction
from responder.webhooks import api_gateway
from tests.support.approval_request import APPROVER, HASH, ask_people, deliver, the_ask
from tests.support.inprocess import SETTINGS, SIGNING_SECRET, Cloud


@pytest.fixture(autouse=True)
def original_secret(cloud: Cloud) -> None:
    put(cloud, SIGNING_SECRET)


def put(cloud: Cloud, value: Any) -> None:
    text = json.dumps({"pagerduty": "another-secret-0001", "slack": value})
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS["WEBHOOK_SECRET"], SecretString=text)
    api_gateway._secret.cache_clear()  # a fresh process has read nothing yet


def click(value: Any = None, **changes: Any) -> str:
    about = {"incident_id": "pd-PABC123", "task": "approve-scale", "plan_hash": HASH}
    action = {"type": "button", "action_id": APPROVE, "value": json.dumps(value or about)}
    payload = {"type": "block_actions", **FROM, "user": {"id": APPROVER}, "actions": [action], "response_url": ""}
    return urlencode({"payload": json.dumps(payload | changes)})


def sent(body: str, *, secret: str = SIGNING_SECRET, age: int = 0) -> dict[str, Any]:
    return {"headers": signed(secret, body, int(now().timestamp()) - age), "body": body}


@pytest.mark.parametrize("as_base64", [True, False])
def test_a_signed_click_comes_in_however_the_gateway_hands_it_over(cloud: Cloud, as_base64: bool) -> None:
    ask_people(cloud)
    assert deliver(cloud, sent(click()), as_base64=as_base64)["statusCode"] == 200
    assert the_ask(cloud).decision == "approved"


@pytest.mark.parametrize("age", [301, 86_400, -301])
def test_a_replayed_click_is_refused(cloud: Cloud, age: int) -> None:
    ask_people(cloud)
    answer = deliver(cloud, sent(click(), age=age))
    assert (answer["statusCode"], json.loads(answer["body"])) == (401, {"error": "the signature is too old"})
    assert the_ask(cloud).decision is None


def test_a_forged_or_unsigned_click_is_refused(cloud: Cloud) -> None:
    ask_people(cloud)
    assert deliver(cloud, sent(click(), secret="guessed"))["statusCode"] == 401
    other = sent(click()) | {"body": click(user={"id": "U0LEAD"})}
    assert deliver(cloud, other)["statusCode"] == 401
    assert deliver(cloud, {"headers": {}, "body": click()})["statusCode"] == 401
    assert the_ask(cloud).decision is None


def test_while_the_secret_is_changed_both_count(cloud: Cloud) -> None:
    put(cloud, {"active": ["the-new-one-0002", SIGNING_SECRET]})
    ask_people(cloud)
    assert deliver(cloud, sent(click()))["statusCode"] == 200
    assert deliver(cloud, sent(click(), secret="the-new-one-0002"))["statusCode"] == 200


def test_without_a_signing_secret_the_door_says_that_it_cannot_verify(cloud: Cloud) -> None:
    put(cloud, {"not": "active"})
    assert deliver(cloud, sent(click()))["statusCode"] == 503


def test_while_the_secret_cannot_be_read_the_door_says_so(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: Any, **__: Any) -> str:
        raise SecretUnreadable("ServiceUnavailable")

    monkeypatch.setattr("responder.aws.secrets.read_secret", silent)
    answer = deliver(cloud, sent(click()))
    assert answer["statusCode"] == 503
    assert "press the button again" in answer["body"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("nonsense", 400),
        (urlencode({"payload": "[]"}), 400),
        (click({"incident_id": "pd-PABC123"}), 400),
        (click({"incident_id": "pd-PABC123", "task": "a", "plan_hash": "b", "approver": "U0ME"}), 400),
        (click(user={}), 400),
        (click(user={"id": "U1\ud800"}), 400),
        (click({"incident_id": "x" * 3000, "task": "a", "plan_hash": "b"}), 400),  # longer than a key of the table
        (click(actions=[{"action_id": "of_another_app", "value": "{}"}]), 200),
        (click(type="view_closed"), 200),
        (click({"incident_id": "pd-PABC123", "task": "approve-none", "plan_hash": HASH}), 200),
    ],
)
def test_what_is_signed_but_no_decision_changes_nothing(cloud: Cloud, body: str, status: int) -> None:
    ask_people(cloud)
    assert deliver(cloud, sent(body))["statusCode"] == status
    assert the_ask(cloud).decision is None


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ({"body": None}, 400),
        ({"body": "€€€", "isBase64Encoded": True}, 400),
        ({"body": base64.b64encode(b"x" * 300_000).decode(), "isBase64Encoded": True}, 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(cloud: Cloud, event: dict[str, Any], status: int) -> None:
    assert cloud.invoke("slack_interaction", {"headers": None} | event)["statusCode"] == status


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)
names = st.sampled_from(["type", "user", "actions", "view", "response_url", "trigger_id"])


@given(st.binary(max_size=300) | st.dictionaries(names, json_values).map(lambda one: click(**one).encode()))
def test_reading_never_raises(body: bytes) -> None:
    assert isinstance(interaction(body), Click | Reason | Ignored | Malformed)


def test_decline_reads_as_decline() -> None:
    value = json.dumps({"incident_id": "i", "task": "a", "plan_hash": "h"})
    found = interaction(click(actions=[{"action_id": DECLINE, "value": value}]).encode())
    assert isinstance(found, Click)
    assert not found.approves
