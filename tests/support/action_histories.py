"""One history: an incident's executions from the diagnosis' answer to the end, one call going wrong on the way."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from responder.actions import playbook_branch
from responder.actions.restart import restart
from responder.aws.incident_table import IncidentTable
from responder.domain import clock
from responder.domain.incident import Incident
from tests.support import ecs_service, inprocess, recording
from tests.support.action_cases import HOOK, ID, RESTART, Scene, begun
from tests.support.faulty_calls import Call, FaultyCalls, Killed, LambdaLost
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.notifications import a_world
from tests.support.playbook_run import FAILED, TRIES, WATCH, Walk
from tests.workflow.histories import bad_end

ACTING = ("take_action", "rotate_api_key", "restart_consumers", "decide")
SWITCH_BACK, DECIDE = "revert", "decide"
MOST_EXECUTIONS, MOST_WALKS = 3, 6


@dataclass
class Time:
    """The product's clocks, and the sandbox's: sleeping takes no time, and they run on all the same."""

    passed: float = 0.0

    def sleep(self, seconds: float) -> None:
        """The service restarts in real time; seconds of ours are more than enough for it."""
        for restart_under_way in [one for one in threading.enumerate() if isinstance(one, threading.Timer)]:
            restart_under_way.join()
        self.passed += max(seconds, 0.0)

    def install(self, patch: pytest.MonkeyPatch, cloud: Cloud) -> None:
        real, monotonic, slept = time.time, time.monotonic, time.sleep
        here = self

        class Moment(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(seconds=here.passed)

        def sleep(seconds: float) -> None:
            here.sleep(seconds) if recording._function.get() else slept(seconds)

        patch.setattr(clock, "datetime", Moment)
        patch.setattr(time, "monotonic", lambda: monotonic() + (here.passed if recording._function.get() else 0.0))
        patch.setattr(time, "sleep", sleep)
        cloud.sandbox.world.clock = lambda: real() + here.passed
        cloud.sandbox.world.sleep = self.sleep


@dataclass
class Day:
    """What came of one history."""

    paths: list[list[str]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    unplanned: list[str] = field(default_factory=list)
    failed: bool = False
    ended: str = FAILED


@dataclass
class Theatre:
    cloud: Cloud
    time: Time
    calls: FaultyCalls
    day: Day = field(default_factory=Day)
    walk: Walk | None = None
    _action: str = ""
    _meanwhile: Callable[[str, dict[str, Any]], None] | None = None

    def step(self) -> str:
        return f"{self.walk.path[-1] if self.walk else ''} {self._action}"

    def invoked(self, name: str, event: dict[str, Any]) -> None:
        if self._meanwhile:
            self._meanwhile(name, event)
        self.calls.alive()
        self._action = str(event.get("action") or event.get("op") or event.get("step") or name)

    def effect(self, what: str) -> None:
        self.day.effects.append(what)
        kinds = {entry.kind for entry in IncidentTable(SETTINGS["TABLE_NAME"]).timeline(ID)}
        if "action_planned" not in kinds:
            self.day.unplanned.append(what)

    def play(self, scene: Scene, fault: tuple[Call, str] | None = None) -> Day:
        """Until an execution comes back to the watch; each one that fails is followed by the next."""
        self.time.passed, self.day = 0.0, Day()
        begun(self.cloud, scene)
        self._meanwhile = scene.meanwhile(self.cloud)
        self.calls.fresh()
        if fault:
            self.calls.plan(*fault)
        execution_number = 1
        while execution_number <= MOST_EXECUTIONS and len(self.day.paths) < MOST_WALKS:
            self.walk = Walk(self.cloud, {"incident_id": ID, "execution_number": execution_number}, self._wait)
            self.day.ended = self.walk.from_branch(playbook_branch(scene.cause))
            self.day.paths.append(self.walk.path)
            if self.calls.hit:
                self.calls.heal()
            if self.day.ended == FAILED:
                self.day.failed = True
                self._ended_badly(execution_number)
                execution_number += 1
            elif not self._approved():
                break
            if scene.looks_healed(self.cloud):
                self.day.ended = WATCH
                break
        self.time.sleep(120)
        time.sleep(2 * RESTART if HOOK in self.day.effects else 0)
        return self.day

    def _approved(self) -> bool:
        """A person approves what is open by the command, and sends it again where it fails. False: nothing is open."""
        open_tasks = [task for task in stored().human_tasks if task.is_approval and task.is_open(clock.now())]
        for task in open_tasks:
            given = {"incident_id": ID, "task": task.name, "plan_hash": task.plan_hash, "by": "jane"}
            for _ in range(TRIES):
                try:
                    self.cloud.invoke(DECIDE, given | {"decision": "approve"})
                    break
                except (Exception, Killed, LambdaLost):  # noqa: BLE001, S112 - as the shell shows it
                    continue
            if self.calls.hit:
                self.calls.heal()
        return bool(open_tasks)

    def _wait(self, seconds: float) -> None:
        self.time.sleep(seconds)
        ecs_service.time_passes(self.cloud)

    def _ended_badly(self, execution_number: int) -> None:
        event = bad_end(f"{ID}-{execution_number}", "FAILED")
        event["detail"]["input"] = f'{{"incident_id": "{ID}", "execution_number": {execution_number}}}'
        self.cloud.invoke("hand_over", event)
        self.cloud.invoke("rotate_api_key", event)
        # The audit finds it within a minute.
        self.time.sleep(60)

    def revert(self) -> str:
        """As the watch does it at the end of the incident, again after a failure."""
        outcome = "failed"
        for _ in range(TRIES):
            try:
                event = {"incident_id": ID, "execution_number": 9, "op": SWITCH_BACK}
                outcome = str(self.cloud.invoke("take_action", event)["outcome"])
            except (Exception, Killed, LambdaLost) as error:  # noqa: BLE001 - the next execution tries again
                outcome = f"raised {type(error).__name__}"
            # The watch comes back to it when AWS is well again.
            self.calls.heal()
            if outcome in ("undone", "kept"):
                break
            self.time.sleep(60)
        return outcome


def stored() -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get(ID).incident


@contextmanager
def theatre() -> Iterator[Theatre]:
    with pytest.MonkeyPatch.context() as patch, a_world() as cloud:
        full = inprocess.fast_runbook

        def quiet(url: str) -> dict[str, Any]:
            """Slack and SNS tell people; the other channels have tests of their own."""
            made = full(url)
            vendors = {name: made["vendors"][name] for name in ("pagerduty", "slack")}
            return made | {"vendors": vendors, "service_flags": {"reader_seconds": 10}}

        patch.setattr(inprocess, "fast_runbook", quiet)
        # So that a restart is followed without many looks.
        patch.setattr(restart, "ORDER_SECONDS", 3.0)
        ecs_service.with_dates(patch)
        ecs_service.with_deployments(patch)
        clocks = Time()
        clocks.install(patch, cloud)
        calls = FaultyCalls(ACTING)
        calls.install(patch)
        made = Theatre(cloud, clocks, calls)
        calls.step, calls.on_effect = made.step, made.effect
        cloud.interfere = made.invoked
        yield made
