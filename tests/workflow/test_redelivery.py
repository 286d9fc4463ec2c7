"""Killing route_alert after each of its calls, and delivering again: nothing is lost, nothing is done twice."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.client import BaseClient

from tests.support import deliveries
from tests.support.inprocess import SETTINGS, Cloud, running_cloud


class Killed(BaseException):
    """The process is gone: no except clause of the product may stop it."""


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, execute=False) as running:
        yield running


class Assassin:
    """Lets `after` AWS calls of route_alert happen, the last one too, and then kills the process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.after: int | None = None
        self.calls = 0
        real = BaseClient._make_api_call  # type: ignore[attr-defined]

        def call(client: Any, operation: str, parameters: Any) -> Any:
            result = real(client, operation, parameters)
            if self.after is not None:
                self.calls += 1
                if self.calls == self.after:
                    self.after = None
                    raise Killed
            return result

        monkeypatch.setattr(BaseClient, "_make_api_call", call)


def route_with_deaths(cloud: Cloud, assassin: Assassin, body: dict[str, Any], after: int) -> bool:
    """Delivers `body`; the first try dies after `after` calls. False when it needed fewer calls than that."""
    raw, headers = deliveries.signed("pagerduty", body)
    assert cloud.receive("pagerduty", raw, headers)[0] == 202
    message = cloud.client("sqs").receive_message(QueueUrl=SETTINGS["QUEUE_URL"], AttributeNames=["All"])["Messages"][0]
    cloud.client("sqs").delete_message(QueueUrl=SETTINGS["QUEUE_URL"], ReceiptHandle=message["ReceiptHandle"])
    event = {"Records": [cloud.record_of(message)]}
    assassin.after, assassin.calls = after, 0
    try:
        cloud.invoke("route_alert", event)
        died = False
    except Killed:
        died = True
    assassin.after = None
    assert cloud.invoke("route_alert", event) == {"batchItemFailures": []}
    return died


def test_a_trigger_killed_after_any_call_starts_exactly_one_execution(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.change_runbook({"monitoring": {"most_executions": 50}})
    assassin = Assassin(monkeypatch)
    for after in range(1, 30):
        incident = f"QTRIGGER{after:02d}"
        died = route_with_deaths(cloud, assassin, deliveries.pagerduty(incident_id=incident), after)
        started = [execution["name"] for execution in cloud.executions() if incident in execution["name"]]
        assert started == [f"pd-{incident}-1"]
        kinds = [entry["kind"] for entry in cloud.incident(f"pd-{incident}")["timeline"]]
        assert kinds == ["alert_triggered"]
        if not died:
            assert after > 8, "route_alert makes fewer calls than the test believes"
            return
    pytest.fail("route_alert never came to an end within 30 calls")


def test_an_acknowledgement_killed_after_any_call_is_applied_once(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    assassin = Assassin(monkeypatch)
    for after in range(1, 30):
        incident = f"QACKED{after:02d}"
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=incident))
        body = deliveries.pagerduty("incident_acknowledged", incident)
        died = route_with_deaths(cloud, assassin, body, after)
        shown = cloud.incident(f"pd-{incident}")
        assert shown["acknowledged_at"] is not None
        assert [entry["kind"] for entry in shown["timeline"]].count("alert_acknowledged") == 1
        if not died:
            return
    pytest.fail("route_alert never came to an end within 30 calls")
