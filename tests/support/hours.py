"""Whole executions of the real state machine file, with real handlers, through hours that pass at once.

Each state is entered and each function called as in an execution; only waiting takes no time. What AWS would bill is
counted on the way: states, invocations, AWS calls.
"""

import asyncio
import itertools
import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest

from local.drill.promises import Promise, promises
from responder.aws import clients
from responder.aws.incident_table import IncidentTable
from responder.clients.http import AsyncHttp
from responder.domain import clock
from responder.integrations.statuspage import client
from tests.support import deliveries
from tests.support.action_histories import Time
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.playbook_run import Json, Walk, states

ENDS = ("IncidentClosed", "ContinuedInNextExecution", "WorkflowFailed")
# The audit comes by every minute; an execution that renews itself is followed within one.
AUDIT_SECONDS = 60.0
# Of a P1, as packaged.
RESPONSE = timedelta(minutes=15)


@dataclass
class Units:
    """DynamoDB's read and write units, by the sizes of what was written (a write: 1 KB of the item; a read: 4 KB)."""

    read: int = 0
    written: int = 0
    _sizes: dict[tuple[str, str], int] = field(default_factory=dict)

    def note(self, operation: str, params: Json) -> None:
        item = params.get("Item") or params.get("Key") or {}
        place = (str(item.get("pk", {}).get("S")), str(item.get("sk", {}).get("S")))
        if operation == "Query":
            owner = params["ExpressionAttributeValues"].get(":pk", {}).get("S")
            found = sum(size for (pk, _), size in self._sizes.items() if pk == owner)
            self.read += max(1, ceil(found / 4096))
        elif operation == "GetItem":
            self.read += max(1, ceil(self._sizes.get(place, 0) / 4096))
        else:
            changed = len(json.dumps(params.get("Item") or params.get("ExpressionAttributeValues", {})))
            self._sizes[place] = changed if operation == "PutItem" else max(changed, self._sizes.get(place, 0))
            self.written += max(1, ceil(self._sizes[place] / 1024))


@dataclass
class Hours:
    """What was entered and called, and how long after the alert each state was entered (seconds)."""

    entered: list[tuple[float, str]] = field(default_factory=list)
    invoked: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    units: Units = field(default_factory=Units)
    promises: list[Promise] = field(default_factory=list)
    incident: Json = field(default_factory=dict)


class Execution(Walk):
    """One execution from its start. A waiting state ends with what its function answered, or times out."""

    def __init__(self, cloud: Cloud, execution_number: int, time: Time, hours: Hours, incident_id: str) -> None:
        super().__init__(cloud, {"incident_id": incident_id, "execution_number": execution_number}, time.sleep)
        self._time, self.hours = time, hours
        self.answers: dict[str, Json] = {}

    def play(self, began: datetime, seconds: float) -> str:
        """The state in which it ended, or was when so many seconds had passed since `began`."""
        name = "OpenIncident"
        while (since := (clock.now() - began).total_seconds()) <= seconds:
            self.hours.entered.append((since, name))
            if name in ENDS:
                return name
            name = self._enter(name, states()[name])
        return name

    def _enter(self, name: str, state: Json) -> str:
        if state["Type"] == "Pass":
            self._assign(state["Assign"], {})
            return str(state["Next"])
        if state["Type"] == "Task" and state["Resource"].endswith(".waitForTaskToken"):
            return self._waits(name, state)
        return super()._enter(name, state)

    def _waits(self, name: str, state: Json) -> str:
        self._token = token = f"{name}-{len(self.hours.entered)}"
        began = clock.now()
        seconds = self._of(state["TimeoutSeconds"])
        assert type(seconds) is int and seconds > 0, (name, seconds)  # noqa: PT018
        function = state["Arguments"]["FunctionName"].rsplit(":", 1)[-1]
        self._cloud.invoke(function, self._of(state["Arguments"]["Payload"]))
        if token in self.answers:
            self._assign(state.get("Assign", {}), {"result": self.answers.pop(token)})
            return str(state["Next"])
        self._time.sleep(seconds - (clock.now() - began).total_seconds())
        return str(state["Catch"][0]["Next"])


@contextmanager
def counting(hours: Hours, answers: dict[str, Json]) -> Iterator[None]:
    """Every AWS call of ours from here on, and what waiting states are answered with."""

    def note(params: Json, model: Any, **_: Any) -> None:
        service = model.service_model.service_name
        hours.calls[service] += 1
        if service == "dynamodb":
            hours.units.note(model.name, params)
        if model.name == "SendTaskSuccess":
            answers[params["taskToken"]] = json.loads(params["output"])

    session: Any = clients.session()
    session.register("provide-client-params", note)
    try:
        yield
    finally:
        session.unregister("provide-client-params", note)


def let_probes_sleep_at_once(patch: pytest.MonkeyPatch, passing: Time) -> None:
    """A probe's pause between two calls passes at once, but not while a call is under way: that would look slow."""
    slept, call = asyncio.sleep, AsyncHttp.call
    under_way = 0

    async def counted(*given: Any, **more: Any) -> Any:
        nonlocal under_way
        under_way += 1
        try:
            return await call(*given, **more)
        finally:
            under_way -= 1

    async def sleep(seconds: float) -> None:
        until = time.monotonic() + seconds
        await slept(0)
        while under_way and time.monotonic() < until:
            await slept(0.002)
        passing.sleep(until - time.monotonic())

    patch.setattr(AsyncHttp, "call", counted)
    patch.setattr(asyncio, "sleep", sleep)


def play(world: Json, seconds: float) -> Hours:
    """An alert about this world, and its executions for so many seconds, or to the incident's end.

    The clocks of the watch are the packaged ones.
    """
    hours, upstream = Hours(), "QHOURS"
    incident_id = f"pd-{upstream}"
    with pytest.MonkeyPatch.context() as patch, running_cloud(patch, world, execute=False) as cloud:
        passing = Time()
        passing.install(patch, cloud)
        let_probes_sleep_at_once(patch, passing)
        # The clocks before may have been ahead of these, and a pace is kept by the clock.
        patch.setattr(client, "_pace", client._Pace())
        override = json.loads(cloud.runbook_text())
        cloud.set_runbook({name: value for name, value in override.items() if name != "monitoring"})
        cloud.interfere = lambda name, _: hours.invoked.update([name])
        answers: dict[str, Json] = {}
        with counting(hours, answers):
            deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=upstream))
            _execute(cloud, passing, hours, answers, incident_id, seconds)
        hours.incident = cloud.incident(incident_id)
        hours.promises = promises(hours.incident, cloud.sandbox.journal(), RESPONSE)
    return hours


def _execute(
    cloud: Cloud, passing: Time, hours: Hours, answers: dict[str, Json], incident_id: str, seconds: float
) -> None:
    began = clock.now()
    for execution_number in itertools.count(1):
        execution = Execution(cloud, execution_number, passing, hours, incident_id)
        execution.answers = answers
        ended = execution.play(began, seconds)
        assert ended != "WorkflowFailed", hours.entered[-12:]
        if ended != "ContinuedInNextExecution":
            return
        passing.sleep(AUDIT_SECONDS)
        IncidentTable(SETTINGS["TABLE_NAME"]).next_execution(incident_id, execution_number)
