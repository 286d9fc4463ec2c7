"""The function that looks cannot answer at all: the incident goes on, people are told, and it looks again."""

from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError

from tests.support.inprocess import Cloud, running_cloud
from tests.workflow.histories import INCIDENT, trigger


@pytest.mark.parametrize("error", [ConnectTimeoutError(endpoint_url="https://dynamodb.example"), None])
def test_a_look_that_cannot_answer_is_a_finding_and_no_failed_execution(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    with running_cloud(monkeypatch) as cloud:
        out_of_reach = {"left": 2}

        def interfere(name: str, event: dict[str, Any]) -> Any:
            if name == "run_diagnostics" and out_of_reach["left"]:
                out_of_reach["left"] -= 1
                raise error or type("Sandbox.Timedout", (Exception,), {})("Task timed out after 40.00 seconds")

        cloud.interfere = interfere
        name = trigger(cloud)
        assert cloud.wait_for(name, seconds=60)["status"] == "SUCCEEDED"
        assert "ReportFailure" not in cloud.states_entered(execution_of(cloud, name))
        told = [entry for entry in cloud.incident(INCIDENT)["timeline"] if entry["kind"] == "checks"]
        assert "diagnostics failed" in told[0]["text"]
        first = next(entry for entry in cloud.incident(INCIDENT)["timeline"] if entry["kind"] == "diagnosis")
        assert first["data"]["cause"] == "unknown"


def execution_of(cloud: Cloud, name: str) -> str:
    return str(next(one["executionArn"] for one in cloud.executions() if one["name"] == name))
