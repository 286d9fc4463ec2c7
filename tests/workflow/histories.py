"""The stories that the workflow is told in tests: each is played once a session, whoever asks."""

import fcntl
import json
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from responder.actions.restart import verify
from responder.aws.step_functions import execution_arn
from responder.context import open_context
from responder.notifications.context import notification_context_for
from responder.notifications.context import recorded as recorded_history
from responder.report.page import incident_page
from responder.report.render.markdown import markdown
from responder.report.sections import presented
from tests.support import deliveries, recorded
from tests.support.inprocess import MACHINE_ARN, SETTINGS, Cloud, notices, running_cloud
from tests.support.recording import Call
from tests.workflow.history import INCIDENT, UPSTREAM, Json, Story, trigger
from tests.workflow.override_histories import ACTING

__all__ = ["INCIDENT", "UPSTREAM", "Json", "Story", "trigger"]


@dataclass(frozen=True)
class Told:
    """What came of a story."""

    status: str
    states: list[str]
    incident: Json
    journal: list[Json]
    notices: list[str]
    report: str | None
    page: str
    stages: dict[str, list[str]]
    key: str
    world: Json
    aws_calls: frozenset[Call]

    def kinds(self) -> list[str]:
        return [entry["kind"] for entry in self.incident["timeline"]]

    def calls(self, vendor: str, method: str, ending: str) -> list[Json]:
        return [
            entry
            for entry in self.journal
            if entry["vendor"] == vendor and entry["method"] == method and entry["path"].endswith(ending)
        ]


def resolve_first(cloud: Cloud) -> str:
    earlier = deliveries.iso_now()
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty(incident_id=UPSTREAM, occurred_at=earlier))
    return f"{INCIDENT}-1"


def by_hand(cloud: Cloud) -> str:
    cloud.client("stepfunctions").start_execution(
        stateMachineArn=SETTINGS["STATE_MACHINE_ARN"], name="manual-look", input='{"title": "A customer called"}'
    )
    return "manual-look"


def provider_recovers(cloud: Cloud) -> None:
    cloud.wait_until(lambda: "wait_for_change" in cloud.invoked)
    cloud.sandbox.patch({"twinmind": {"status_code": None}, "twinmind_status": {"indicator": "none"}})


def person_resolves(cloud: Cloud) -> None:
    cloud.wait_until(lambda: "wait_for_change" in cloud.invoked)
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_acknowledged", UPSTREAM))
    cloud.sandbox.patch({"service": {"errors": {"ratio": 0.0}}})
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))


def fails_once(function: str) -> Callable[[str, Json], Any]:
    left = [function]

    def interfere(name: str, event: Json) -> Any:
        if name in left:
            left.remove(name)
            raise RuntimeError("the database is on fire")

    return interfere


def bad_end(name: str, status: str, given: Json | None = None) -> Json:
    """What EventBridge hands to hand_over; `given` is the input of the execution."""
    started_with = {"incident_id": INCIDENT, "execution_number": 1} if given is None else given
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "detail": {
            "executionArn": execution_arn(MACHINE_ARN, name),
            "stateMachineArn": MACHINE_ARN,
            "name": name,
            "status": status,
            "input": json.dumps(started_with),
        },
    }


def goes_on_in_a_fresh_execution(cloud: Cloud) -> None:
    """An outage that outlives an execution of ten turns; the audit starts the next, and TwinMind recovers."""
    cloud.sandbox.patch(OUTAGE)
    cloud.change_runbook({"monitoring": {"renew_after_iterations": 10}})
    name = trigger(cloud)
    assert cloud.wait_for(name, seconds=60)["status"] == "SUCCEEDED"
    cloud.invoke("audit", {})
    cloud.sandbox.patch({"twinmind": {"status_code": None}, "twinmind_status": {"indicator": "none"}})
    assert cloud.wait_for(f"{INCIDENT}-2")["status"] == "SUCCEEDED"


REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}
OUTAGE = {"twinmind": {"status_code": 503}, "twinmind_status": {"indicator": "major"}}

STORIES = {
    "revoked_key": Story(REVOKED),
    "first_standby_refused": Story(
        {"twinmind": {"keys": {"primary": {"status": "revoked"}, "standby-1": {"status": "expired"}}}}
    ),
    "no_standby_works": Story(
        {
            "twinmind": {
                "keys": {label: {"status": "revoked"} for label in ("standby-1", "standby-2")}
                | REVOKED["twinmind"]["keys"]
            }
        },
        meanwhile=person_resolves,
    ),
    "consumer_stays_broken": Story(REVOKED | {"service": {"stuck_on_old_key": True}}, meanwhile=person_resolves),
    "observe_only": Story(REVOKED, meanwhile=person_resolves, override={"modes": {"rotate": "observe"}}),
    "provider_outage": Story(OUTAGE, meanwhile=provider_recovers),
    "false_alarm": Story(),
    "service_fault": Story({"service": {"errors": {"ratio": 0.9}}}, meanwhile=person_resolves),
    "resolve_before_trigger": Story(start=resolve_first),
    "by_hand": Story(start=by_hand),
} | ACTING


# Each function behind a state of the machine; restart_consumers and close_incident come late, wait_for_change later.
FAILING = [
    "open_incident", "run_diagnostics", "classify_incident", "announce_incident", "rotate_api_key", "restart_consumers",
    "check_recovery", "publish_update", "wait_for_change", "close_incident", "write_report",
]  # fmt: skip
FAILURES = {f"{function} fails": Story(REVOKED, failing=function) for function in FAILING}


@cache
def told(name: str) -> Told:
    """The story, played by the first that asks in any process of a run. Its AWS calls are recorded for test_roles."""
    kept = Path(os.environ[recorded.FOLDER]) / f"{name}.story"
    with kept.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(_played((STORIES | FAILURES)[name])))
    found: Told = pickle.loads(kept.read_bytes())  # noqa: S301 - written here
    return found


def _played(history: Story) -> Told:
    with pytest.MonkeyPatch.context() as monkeypatch, running_cloud(monkeypatch, history.world) as cloud:
        # A consumer that never works is given up sooner, so that the tests end sooner.
        monkeypatch.setattr(verify, "PROOF_SECONDS", 3 * verify.PROBE_TIMEOUT_SECONDS + 3)
        if history.override:
            cloud.change_runbook(history.override)
        if history.failing:
            cloud.interfere = fails_once(history.failing)
        execution = (history.start or trigger)(cloud)
        if history.meanwhile:
            history.meanwhile(cloud)
        ended = cloud.wait_for(execution, seconds=120)
        return _result(cloud, ended)


def _result(cloud: Cloud, ended: Json) -> Told:
    incident_id = ended["name"] if ended["name"].startswith("manual-") else INCIDENT
    incident = cloud.incident(incident_id)
    secret = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
    current = cloud.client("secretsmanager").get_secret_value(
        SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"], VersionStage="AWSCURRENT"
    )
    return Told(
        status=ended["status"],
        states=cloud.states_entered(ended["executionArn"]),
        incident=incident,
        journal=cloud.sandbox.journal(),
        notices=notices(),
        report=cloud.report(incident["report"]) if incident["report"] else None,
        page=_page(incident_id),
        stages=secret["VersionIdsToStages"],
        key=current["SecretString"],
        world=cloud.sandbox.world.snapshot(),
        aws_calls=frozenset(cloud.calls),
    )


def _page(incident_id: str) -> str:
    """The incident's page as it stands at the end, as text."""
    ctx = open_context({"incident_id": incident_id})
    history = recorded_history(ctx.table, notification_context_for(ctx.incident, ctx.runbook, ctx.settings))
    return markdown(presented(incident_page(history), history))
