"""POST /webhooks/{source}: each outcome of a delivery, through the real handler."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from responder.aws.incident_table import IncidentTable
from responder.config.runbook import packaged
from responder.domain.alert import Ping, ping_record
from responder.webhooks import accept_alert
from tests.support import deliveries
from tests.support.inprocess import SETTINGS, WEBHOOK_SECRETS, Cloud, reset_caches, running_cloud
from tests.support.webhooks import signature


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch) as running:
        yield running


def put_secret(cloud: Cloud, value: Any, source: str = "pagerduty") -> None:
    """One sender's entry, and the others' as they were."""
    text = json.dumps(WEBHOOK_SECRETS | {source: value})
    cloud.client("secretsmanager").put_secret_value(SecretId=SETTINGS["WEBHOOK_SECRET"], SecretString=text)


def queued(cloud: Cloud) -> list[dict[str, Any]]:
    answer = cloud.client("sqs").receive_message(QueueUrl=SETTINGS["QUEUE_URL"], MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


SOURCES = {
    "pagerduty": (deliveries.pagerduty(incident_id="Q1"), "pd-Q1"),
    "opsgenie": (deliveries.opsgenie("create", "alert-1"), "og-alert-1"),
    "jsm": (deliveries.opsgenie("create", "alert-2"), "jsm-alert-2"),
}


@pytest.mark.parametrize("source", SOURCES)
def test_an_authentic_delivery_is_stored_and_answered_202(cloud: Cloud, source: str) -> None:
    body, incident_id = SOURCES[source]
    assert cloud.receive(source, *deliveries.signed(source, body)) == (202, {"incident_id": incident_id})
    assert [alert["incident_id"] for alert in queued(cloud)] == [incident_id]


def test_a_duplicate_is_answered_202_too(cloud: Cloud) -> None:
    delivery = deliveries.signed("pagerduty", deliveries.pagerduty(incident_id="Q1"))
    assert [cloud.receive("pagerduty", *delivery)[0] for _ in range(3)] == [202, 202, 202]
    assert len(queued(cloud)) == 1


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (deliveries.pagerduty(event_type="incident.something_new"), "incident.something_new"),
        (deliveries.pagerduty("service_updated"), "service"),
        (deliveries.pagerduty(occurred_at="2020-01-01T00:00:00.000Z"), "72 h"),
    ],
)
def test_nothing_to_do_is_answered_200_with_the_reason(cloud: Cloud, body: dict[str, Any], why: str) -> None:
    status, answer = cloud.receive("pagerduty", *deliveries.signed("pagerduty", body))
    assert status == 200
    assert why in answer["ignored"]
    assert queued(cloud) == []


def test_a_ping_is_answered_200_and_goes_the_way_of_an_alert(cloud: Cloud) -> None:
    """That it comes through is what the doctor looks for: the signature and the queue are right."""
    status, answer = cloud.post("pagerduty", *deliveries.signed("pagerduty", deliveries.pagerduty("ping")))
    assert (status, "responder doctor" in answer["ignored"]) == (200, True)
    kept = IncidentTable(SETTINGS["TABLE_NAME"]).get_record(ping_record("pagerduty"), Ping)
    assert kept is not None
    assert kept.source == "pagerduty"


def test_a_service_that_is_not_configured_is_ignored(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = packaged().model_validate(packaged().model_dump() | {"scope": {"services": ["POTHER1"]}})
    monkeypatch.setattr(accept_alert, "packaged", lambda: narrow)
    status, answer = cloud.receive("pagerduty", *deliveries.signed("pagerduty", deliveries.pagerduty()))
    assert (status, answer) == (200, {"ignored": "not a configured service"})


@pytest.mark.parametrize(
    "headers", [{}, {"X-PagerDuty-Signature": "v1=" + "0" * 64}, {"X-PagerDuty-Signature": "junk"}]
)
def test_a_missing_or_wrong_signature_is_answered_401(cloud: Cloud, headers: dict[str, str]) -> None:
    body, _ = deliveries.signed("pagerduty", deliveries.pagerduty())
    assert cloud.receive("pagerduty", body, headers)[0] == 401
    assert queued(cloud) == []


@pytest.mark.parametrize(
    ("headers", "metric"), [({"x-webhook-token": "wrong"}, "WrongToken"), ({}, "UnauthenticatedWebhook")]
)
def test_a_wrong_token_is_counted_apart_from_none(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], headers: dict[str, str], metric: str
) -> None:
    body, _ = deliveries.signed("opsgenie", deliveries.opsgenie("create", "a1"))
    assert cloud.receive("opsgenie", body, headers)[0] == 401
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "_aws" in line]
    assert [one[metric] for one in counted] == [[1.0]]


def test_any_of_several_active_secrets_is_accepted_at_once(cloud: Cloud) -> None:
    put_secret(cloud, {"active": ["old-secret-1", "new-secret-2"]})
    body = json.dumps(deliveries.pagerduty(incident_id="Q1")).encode()
    for secret in ("old-secret-1", "new-secret-2"):
        assert cloud.receive("pagerduty", body, {"X-PagerDuty-Signature": signature(body, secret)})[0] == 202


def test_a_secret_rotated_after_it_was_cached_is_fetched_again(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("responder.aws.secrets.time.monotonic", lambda: clock[0])
    body, headers = deliveries.signed("pagerduty", deliveries.pagerduty(incident_id="Q1"))
    assert cloud.receive("pagerduty", body, headers)[0] == 202
    put_secret(cloud, "rotated-secret")
    fresh = {"X-PagerDuty-Signature": signature(body, "rotated-secret")}
    assert cloud.receive("pagerduty", body, fresh)[0] == 401  # within the floor: no flood of reads
    clock[0] += 11
    assert cloud.receive("pagerduty", body, fresh)[0] == 202


def test_a_base64_body_is_verified_over_the_decoded_bytes(cloud: Cloud) -> None:
    body, headers = deliveries.signed("pagerduty", deliveries.pagerduty(incident_id="Q1"))
    event = {
        "pathParameters": {"source": "pagerduty"},
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    assert cloud.invoke("receive_webhook", event)["statusCode"] == 202


@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"null", b"\xff\xfe{}", b'{"event": {}}', b'{"event": {"event_type": "incident.triggered"}}'],
)
def test_an_authentic_body_that_says_nothing_is_answered_400(cloud: Cloud, body: bytes) -> None:
    headers = {"X-PagerDuty-Signature": signature(body, WEBHOOK_SECRETS["pagerduty"])}
    event = {
        "pathParameters": {"source": "pagerduty"},
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
    assert cloud.invoke("receive_webhook", event)["statusCode"] == 400


def test_an_unknown_source_is_answered_404_with_the_known_ones(cloud: Cloud) -> None:
    status, answer = cloud.receive("grafana", b"{}", {})
    assert status == 404
    assert "jsm, opsgenie, pagerduty" in answer["error"]


def test_a_body_over_256_kb_is_answered_413(cloud: Cloud) -> None:
    body = b'{"event": "' + b"x" * 256 * 1024 + b'"}'
    assert cloud.receive("pagerduty", body, {})[0] == 413


def test_a_body_of_exactly_256_kb_is_read(cloud: Cloud) -> None:
    delivery = deliveries.pagerduty(incident_id="Q1")
    padding = 256 * 1024 - len(json.dumps(delivery | {"padding": ""}).encode())
    body, headers = deliveries.signed("pagerduty", delivery | {"padding": "x" * padding})
    assert len(body) == 256 * 1024
    assert cloud.receive("pagerduty", body, headers)[0] == 202


def test_without_a_secret_and_without_an_entry_the_answer_is_503(cloud: Cloud) -> None:
    delivery = deliveries.signed("pagerduty", deliveries.pagerduty())
    put_secret(cloud, None)
    assert cloud.receive("pagerduty", *delivery)[0] == 503
    assert cloud.receive("jsm", *deliveries.signed("jsm", SOURCES["jsm"][0]))[0] == 202
    secret_id = SETTINGS["WEBHOOK_SECRET"]
    cloud.client("secretsmanager").delete_secret(SecretId=secret_id, ForceDeleteWithoutRecovery=True)
    reset_caches()
    assert cloud.receive("pagerduty", *delivery)[0] == 503


@pytest.mark.parametrize(
    "stored",
    ['\ufeff{"active": ["S"]}', '{"active": ["S"', '["S"]', "null", "\ufeffS", "S\u200b", "other\nS",
     '{"pagerduty": ["S"', '{"pagerduty": {"key": "S"}}', '{"pagerduty": "\ufeffS"}', b"S", "S marked for deletion"],
)  # fmt: skip
def test_a_misshapen_secret_is_ours_to_mend_so_the_answer_is_503(cloud: Cloud, stored: str | bytes) -> None:
    """PagerDuty drops what is answered 401 and keeps what is answered 503."""
    secrets, secret_id = cloud.client("secretsmanager"), SETTINGS["WEBHOOK_SECRET"]
    if isinstance(stored, bytes):
        secrets.put_secret_value(SecretId=secret_id, SecretBinary=WEBHOOK_SECRETS["pagerduty"].encode())
    elif stored.endswith("deletion"):
        secrets.delete_secret(SecretId=secret_id, RecoveryWindowInDays=7)
    else:
        text = stored.replace("S", WEBHOOK_SECRETS["pagerduty"])
        secrets.put_secret_value(SecretId=secret_id, SecretString=text)
    reset_caches()
    assert cloud.receive("pagerduty", *deliveries.signed("pagerduty", deliveries.pagerduty()))[0] == 503


def test_a_secret_opens_the_door_of_its_own_sender_only(cloud: Cloud) -> None:
    body = json.dumps(SOURCES["jsm"][0]).encode()
    assert cloud.receive("jsm", body, {"X-Webhook-Token": WEBHOOK_SECRETS["opsgenie"]})[0] == 401
    assert cloud.receive("jsm", body, {"X-Webhook-Token": WEBHOOK_SECRETS["jsm"]})[0] == 202


@pytest.mark.parametrize("broken", ["secretsmanager", "sqs"])
def test_an_unavailable_store_is_answered_503(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    refuse_calls(monkeypatch, broken)
    assert cloud.receive("pagerduty", *deliveries.signed("pagerduty", deliveries.pagerduty()))[0] == 503


def test_a_known_secret_serves_on_while_secrets_manager_is_silent(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("responder.aws.secrets.time.monotonic", lambda: clock[0])
    body, headers = deliveries.signed("pagerduty", deliveries.pagerduty(incident_id="Q1"))
    assert cloud.receive("pagerduty", body, headers)[0] == 202
    clock[0] += 400
    refuse_calls(monkeypatch, "secretsmanager")
    assert cloud.receive("pagerduty", body, headers)[0] == 202
    # It may have been rotated: what does not fit cannot be refused for good now.
    clock[0] += 11
    other = {"X-PagerDuty-Signature": signature(body, "rotated-secret")}
    assert cloud.receive("pagerduty", body, other)[0] == 503


def refuse_calls(monkeypatch: pytest.MonkeyPatch, service: str) -> None:
    """Every call to `service` is throttled, as AWS says it."""
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(self: Any, operation: str, parameters: Any) -> Any:
        if self.meta.service_model.service_name == service:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)
        return real(self, operation, parameters)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)
