"""What somebody without a secret sends sets off no alarm of those on call, at whatever rate."""

import base64
import copy
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from responder.integrations.pagerduty.addresses import ADDRESSES
from tests.support import deliveries, stack
from tests.support.inprocess import SETTINGS, WEBHOOK_SECRETS, Cloud, running_cloud

STRANGER, PAGERDUTY = "203.0.113.7", min(ADDRESSES)
WRONG = "v1=" + "0" * 64


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


def request(source: str, headers: dict[str, str], body: bytes, address: str = STRANGER) -> dict[str, Any]:
    return {
        "pathParameters": {"source": source},
        "headers": headers,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "r", "identity": {"sourceIp": address}},
    }


def anonymous() -> Iterator[tuple[str, dict[str, Any]]]:
    """Function and request: bodies and credentials of every shape, to every endpoint that needs no identity."""
    genuine = json.dumps(deliveries.pagerduty()).encode()
    bodies = (genuine, b"", b"{}", b"null", b"\x00", b"\xff\xfe", b"[" * 2000, b"x" * 300_000, b"payload=%7B%7D")
    headers: tuple[dict[str, str], ...] = (
        {},
        {"X-PagerDuty-Signature": WRONG},
        {"X-PagerDuty-Signature": "v1="},
        {"X-PagerDuty-Signature": f"{WRONG}," * 50},
        {"X-Webhook-Token": "wrong"},
        {"X-Webhook-Token": "\u0000"},
        {"X-Webhook-Token": "null"},
        {"X-Slack-Signature": "v0=" + "0" * 64, "X-Slack-Request-Timestamp": "1"},
        {"X-Slack-Signature": "v0=" + "0" * 64, "X-Slack-Request-Timestamp": "9" * 40},
        # An address is the peer's, not what a header says.
        {"X-PagerDuty-Signature": WRONG, "X-Forwarded-For": PAGERDUTY, "Forwarded": f"for={PAGERDUTY}"},
    )
    for source in ("pagerduty", "opsgenie", "jsm", "slack", "unknown", "../pagerduty", ""):
        for sent in headers:
            yield from (("receive_webhook", request(source, sent, body)) for body in bodies)
    for sent in headers:
        yield from (("slack_interaction", request("", sent, body)) for body in bodies)


def counted(capsys: pytest.CaptureFixture[str]) -> Counter[str]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    return Counter(metric["Name"] for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"])


def alarms(topic: str) -> set[str]:
    found = stack.resources("AWS::CloudWatch::Alarm").values()
    return {alarm["MetricName"] for alarm in found if alarm["AlarmActions"] == [{"Ref": topic}]}


def throw_all(cloud: Cloud) -> int:
    sent = list(anonymous())
    for function, event in sent:
        assert 400 <= cloud.invoke(function, event)["statusCode"] < 504
    return len(sent)


@pytest.mark.parametrize("secrets", [WEBHOOK_SECRETS, {"pagerduty": "only-this-sender-0001"}, {}])
def test_no_alarm_of_those_on_call(cloud: Cloud, capsys: pytest.CaptureFixture[str], secrets: dict[str, str]) -> None:
    cloud.client("secretsmanager").put_secret_value(
        SecretId=SETTINGS["WEBHOOK_SECRET"], SecretString=json.dumps(secrets)
    )
    assert throw_all(cloud) == 720
    found = counted(capsys)
    assert set(found) == {"UnauthenticatedWebhook", "UnauthenticatedSlackRequest", "WrongToken"}
    assert set(found) <= alarms("OperatorsTopic")
    assert not set(found) & alarms("PeopleTopic")
    assert cloud.client("sqs").receive_message(QueueUrl=SETTINGS["QUEUE_URL"]).get("Messages", []) == []


@pytest.mark.parametrize("secrets", [WEBHOOK_SECRETS, {}])
def test_a_secret_that_does_not_fit_pagerduty_alarms_at_the_first_delivery(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], secrets: dict[str, str]
) -> None:
    cloud.client("secretsmanager").put_secret_value(
        SecretId=SETTINGS["WEBHOOK_SECRET"], SecretString=json.dumps(secrets)
    )
    body = json.dumps(deliveries.pagerduty()).encode()
    event = request("pagerduty", {"X-PagerDuty-Signature": WRONG}, body, PAGERDUTY)
    assert cloud.invoke("receive_webhook", event)["statusCode"] in (401, 503)
    assert counted(capsys) == {"WrongSignature": 1}
    assert "WrongSignature" in alarms("PeopleTopic")


def an_alarm(metric: str) -> dict[str, Any]:
    [found] = [each for each in stack.resources("AWS::CloudWatch::Alarm").values() if each["MetricName"] == metric]
    return found


@pytest.mark.parametrize("source", ["opsgenie", "jsm"])
@pytest.mark.parametrize("secrets", [WEBHOOK_SECRETS, {}])
def test_a_token_that_does_not_fit_alarms_the_operators_after_a_few_deliveries(
    cloud: Cloud, capsys: pytest.CaptureFixture[str], source: str, secrets: dict[str, str]
) -> None:
    """One alert of a night: created, escalated, acknowledged, a note, closed."""
    cloud.client("secretsmanager").put_secret_value(
        SecretId=SETTINGS["WEBHOOK_SECRET"], SecretString=json.dumps(secrets)
    )
    for name in ("create", "escalate", "acknowledge", "add_note", "close"):
        body = json.dumps(deliveries.opsgenie(name, "a1")).encode()
        refused = cloud.invoke("receive_webhook", request(source, {"X-Webhook-Token": "the-one-before-0001"}, body))
        assert refused["statusCode"] == (401 if secrets else 503)
    assert counted(capsys) == {"WrongToken": 5}
    alarm = an_alarm("WrongToken")
    assert (alarm["Threshold"], alarm["Period"], alarm["AlarmActions"]) == (5, 3600, [{"Ref": "OperatorsTopic"}])


def test_what_cannot_be_stored_alarms_at_the_first_delivery(cloud: Cloud, capsys: pytest.CaptureFixture[str]) -> None:
    cloud.client("sqs").delete_queue(QueueUrl=SETTINGS["QUEUE_URL"])
    assert cloud.receive("pagerduty", *deliveries.signed("pagerduty", deliveries.pagerduty()))[0] == 503
    assert counted(capsys)["WebhookNotStored"] == 1
    assert "WebhookNotStored" in alarms("PeopleTopic")


def test_only_the_listed_routes_are_open_and_only_pagerduty_s_is_limited_by_address() -> None:
    body = stack.resources("AWS::ApiGateway::RestApi")["Api"]["Body"]
    allow, deny = body["x-amazon-apigateway-policy"]["Statement"]
    assert (allow["Effect"], deny["Effect"]) == ("Allow", "Deny")
    assert "Condition" not in allow
    # /incidents is not among them: IAM alone decides there.
    assert [str(one).rpartition("execute-api:/")[2].rstrip("'}]") for one in allow["Resource"]] == [
        "v1/POST/webhooks/*",
        "v1/POST/slack/interactions",
        "v1/GET/incidents/*/page",
    ]
    assert "v1/POST/webhooks/pagerduty" in str(deny["Resource"])
    assert deny["Condition"] == {"NotIpAddress": {"aws:SourceIp": {"Fn::Split": [",", "0.0.0.0/0,::/0"]}}}


def test_another_list_of_addresses_makes_another_deployment() -> None:
    """A resource policy takes effect with a deployment of the API; SAM makes one where the API's text differs."""
    before, after = (deployments({"PagerDutySources": given}) for given in ("0.0.0.0/0,::/0", "192.0.2.0/24"))
    assert len(before) == len(after) == 1
    assert before != after


def deployments(parameters: dict[str, str]) -> set[str]:
    template = copy.deepcopy(stack.source())
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri", "DefinitionUri"):
            if isinstance(resource["Properties"].get(name), str):
                resource["Properties"][name] = "s3://bucket/same"
    found = Translator({}, Parser()).translate(template, parameter_values=parameters, feature_toggle=None)
    return {name for name, each in found["Resources"].items() if each["Type"] == "AWS::ApiGateway::Deployment"}
