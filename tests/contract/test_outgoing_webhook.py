"""The outgoing webhook: foreign code checks the signature, the published schema the body; a repeat is one message."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from standardwebhooks import Webhook, WebhookVerificationError

from responder.contracts.channel import Sent
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from responder.domain.incident import IncidentStatus
from responder.domain.update import Kind, Update
from responder.integrations.outgoing_webhook.channel import body_of, headers_of, keys_of
from responder.notifications import delivery
from responder.notifications.context import notification_context
from responder.notifications.messages.asking import asked
from responder.notifications.messages.compose import announced
from responder.notifications.messages.ending import mitigated
from responder.notify import CHANNELS, publish
from tests.support.approval_request import APPROVERS, an_ask
from tests.support.inprocess import ROOT, SIGNING_KEY, Cloud, notices
from tests.support.notifications import AT, a_situation, an_incident, context_at, recent, slack_messages

CHANNEL = CHANNELS["outgoing_webhook"]
SCHEMA = json.loads((ROOT / "docs" / "outgoing-webhook.schema.json").read_text(encoding="utf-8"))
DESCRIBED = SCHEMA["properties"]["data"]["properties"]
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def deliveries(cloud: Cloud) -> dict[str, Any]:
    return dict(cloud.sandbox.world["outgoing_webhook"]["deliveries"])


def key(size: int, sign: bytes = b"k") -> str:
    return f"whsec_{base64.b64encode(sign * size).decode()}"


def test_it_signs_as_the_reference_implementations_do() -> None:
    """The example of their own tests (standard-webhooks/standard-webhooks, "sign function works")."""
    (made,) = keys_of("whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', (made,))
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize("secret", [key(24), key(64), f"{key(32)} {key(32, b'n')}"])
def test_the_reference_implementation_takes_what_each_key_signed(secret: str) -> None:
    body = body_of(an_incident(), announced(a_situation(an_incident(title="Zeile\n„ü“"))), AT)
    headers = headers_of("msg_1", now(), body, keys_of(secret))
    for one in secret.split():
        assert Webhook(one).verify(body, headers)["type"] == "incident.announced"
        with pytest.raises(WebhookVerificationError):
            Webhook(one).verify(body + b" ", headers)


@pytest.mark.parametrize("secret", ["", "whsec_", "abc", key(23), key(65), key(32)[6:], "whsec_%%%", f"{key(32)} x"])
def test_what_is_no_key_is_never_signed_with(cloud: Cloud, secret: str) -> None:
    assert keys_of(secret) == ()
    cloud.put_credentials({"outgoing_webhook": secret})
    assert "its secret is not whsec_" in str(CHANNEL.missing(context_at(recent())))


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("status", IncidentStatus)
def test_the_published_schema_takes_every_kind(kind: Kind, status: IncidentStatus) -> None:
    incident = an_incident(status=status, severity=None if status is IncidentStatus.OPEN else Severity.P2)
    asking = asked(a_situation(incident), an_ask(), APPROVERS)
    for update in (announced(a_situation(incident)), asking.model_copy(update={"next_update_by": AT, "level": 2})):
        told = update.model_copy(update={"kind": kind, "page": "https://example.com/page?token=1", "mention": "<@U1>"})
        body = json.loads(body_of(incident, told, AT))
        assert [error.message for error in VALIDATOR.iter_errors(body)] == []
        assert set(body["data"]["update"]) == set(SCHEMA["properties"]["data"]["properties"]["update"]["properties"])
        assert set(body["data"]["incident"]) == set(
            SCHEMA["properties"]["data"]["properties"]["incident"]["properties"]
        )
        # The page's link is for people, and so is whom Slack mentions.
        assert "token=1" not in str(body)
        assert "<@U1>" not in str(body)


def test_a_repeat_keeps_its_id_and_another_update_has_another(cloud: Cloud) -> None:
    ctx = context_at(recent())

    def send(update: Update, *, repeated: bool) -> None:
        assert isinstance(CHANNEL.send(ctx, update, repeated=repeated), Sent)

    first = announced(notification_context(ctx))
    send(first, repeated=False)
    send(first, repeated=True)
    assert [one["times"] for one in deliveries(cloud).values()] == [2]
    send(mitigated(notification_context(ctx)), repeated=False)
    assert [one["body"]["type"] for one in deliveries(cloud).values()] == ["incident.announced", "incident.mitigated"]


def test_a_receiver_that_knows_another_key_refuses_and_people_learn_of_it(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({"credentials": {"outgoing_webhook": key(32)}})
    found = {one.channel: one for one in publish(ctx, announced(notification_context(ctx)))}
    assert (found["outgoing_webhook"].outcome, found["outgoing_webhook"].detail) == (
        "failed",
        "HTTP 401, no matching signature",
    )
    assert any("Outgoing webhook did not take our message" in one["text"] for one in slack_messages(cloud))
    cloud.sandbox.patch({"credentials": {"outgoing_webhook": SIGNING_KEY}})
    again = delivery.deliver(ctx, CHANNEL, announced(notification_context(ctx)))
    assert again.outcome == "sent"


def test_a_program_is_nobody_to_tell_that_people_were_not_told(cloud: Cloud) -> None:
    ctx = context_at(recent())
    cloud.sandbox.patch({name: {"up": False} for name in ("slack", "pagerduty", "teams")})
    publish(ctx, announced(notification_context(ctx)))
    assert any("Slack and Microsoft Teams" in text for text in notices())
    assert [one["body"]["type"] for one in deliveries(cloud).values()] == ["incident.announced"]


def test_it_goes_nowhere_until_an_address_is_named(cloud: Cloud) -> None:
    cloud.change_runbook({"vendors": {"outgoing_webhook": {"url": None}}})
    assert "vendors.outgoing_webhook.url" in str(CHANNEL.missing(context_at(recent())))
