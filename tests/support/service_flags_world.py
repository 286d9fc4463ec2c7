"""Incidents that set service flags: moto's parameter and table, a sandbox with a clock set by hand, a failing SSM."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from local.sandbox import Sandbox
from responder.actions import runnable_action
from responder.aws.clients import client
from responder.context import IncidentContext, open_context
from responder.contracts.action import ActionResult, NothingToDo, Plan
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident
from tests.support.inprocess import SETTINGS
from tests.support.tables import RUNBOOK_PARAMETER, empty_tables, keep_incident, set_parameter

SERVICE_FLAGS = SETTINGS["SERVICE_FLAGS_PARAMETER"]
AT = datetime(2026, 6, 1, tzinfo=UTC)
CALLS = 'twinmind_api_requests_total{method="POST",endpoint="/transcribe",status="%s"}'
Seen = dict[str, dict[str, Any]]
LIMIT_SEEN: Seen = {"twinmind_rate_limit": {"limit": 300, "remaining": 0}}


@dataclass
class ServiceFlagsWorld:
    """`faults`: what happens to the next calls of an operation, first to last: throttled, broken, lost or None."""

    sandbox: Sandbox = field(init=False)
    now: float = 1_800_000_000.0
    faults: dict[str, list[str | None]] = field(default_factory=dict)

    def ctx(
        self, incident_id: str = "pd-1", *, cause: Cause = Cause.RATE_LIMITED, seen: Seen | None = None
    ) -> IncidentContext:
        """The desk of an open incident, with one round of findings: probe → measurements."""
        incident = Incident(
            id=incident_id,
            source="pagerduty",
            upstream_id=incident_id,
            started_at=AT,
            cause=cause,
            evidence_run="1",
        )
        keep_incident(incident)
        opened = open_context({"incident_id": incident_id, "execution_number": 1})
        status = FindingStatus.FAILED
        findings = [
            Finding(probe=name, status=status, summary="", measurements=m, at=AT) for name, m in (seen or {}).items()
        ]
        opened.table.keep_findings(incident_id, "1", findings)
        return opened

    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(client("ssm").get_parameter(Name=SERVICE_FLAGS)["Parameter"]["Value"])
        return found

    def service_flags(self) -> dict[str, Any]:
        return {name: value for name, value in self.document().items() if name not in STAMP}

    def minute(self) -> tuple[float, float]:
        """Calls that TwinMind served, and those that it refused with 429, in the next minute."""
        before = self._calls()
        self.now += 60
        return tuple(after - begin for after, begin in zip(self._calls(), before, strict=True))  # type: ignore[return-value]

    def _calls(self) -> tuple[float, float]:
        samples = self.sandbox_metrics()
        return samples.get(CALLS % "success", 0), samples.get(CALLS % "429", 0)

    def sandbox_metrics(self) -> dict[str, float]:
        lines = httpx.get(f"{self.sandbox.url}/service/metrics").text.splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    def tick(self, seconds: float = 1) -> None:
        self.now += seconds


STAMP = ("version", "set_by", "set_at", "reason")


def planned(ctx: IncidentContext, action: str) -> Plan:
    plan = runnable_action(action).plan(ctx)
    assert not isinstance(plan, NothingToDo), plan
    return plan


def applied(ctx: IncidentContext, action: str) -> ActionResult:
    return runnable_action(action).apply(ctx, planned(ctx, action))


def undone(ctx: IncidentContext, action: str) -> ActionResult:
    return runnable_action(action).undo(ctx)


@contextmanager
def service_flags_world(service_flags: str = "{}") -> Iterator[ServiceFlagsWorld]:
    with empty_tables(), pytest.MonkeyPatch.context() as patch:
        set_parameter(SERVICE_FLAGS, service_flags)
        reader = client.__wrapped__("ssm")  # the service's own, which no fault meets
        quick = {"twinmind": {"latency_ms": 0}, "service": {"latency_ms": 0}}
        world = ServiceFlagsWorld()
        world.sandbox = Sandbox(quick, clock=lambda: world.now, read_service_flags=lambda: _read(reader))
        _meet_faults(patch, world)
        with world.sandbox:
            service = {"base_url": f"{world.sandbox.url}/service"}
            override = {"endpoints": {"service": service}, "service_flags": {"reader_seconds": 1}}
            set_parameter(RUNBOOK_PARAMETER, json.dumps(override))
            yield world


def _read(reader: Any) -> Any:
    return json.loads(reader.get_parameter(Name=SERVICE_FLAGS)["Parameter"]["Value"])


def _meet_faults(patch: pytest.MonkeyPatch, world: ServiceFlagsWorld) -> None:
    real = BaseClient._make_api_call  # type: ignore[attr-defined]

    def call(caller: Any, operation: str, parameters: Any) -> Any:
        due = world.faults.get(operation, [])
        fault = due.pop(0) if due and caller is client("ssm") else None
        if fault == "broken":
            raise ClientError({"Error": {"Code": "InternalServerError", "Message": "broken"}}, operation)
        if fault == "throttled":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}, operation)
        answer = real(caller, operation, parameters)
        if fault == "lost":
            raise ReadTimeoutError(endpoint_url="https://ssm.example")
        return answer

    patch.setattr(BaseClient, "_make_api_call", call)
