"""Plays one scenario: breaks the world, alerts, follows the execution, and judges the outcome."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.drill.outside import Stack
from local.drill.scenarios import Scenario
from local.places import ROOT

Json = dict[str, Any]
Say = Callable[[str], None]
LIMIT_SECONDS = 120
WRITES = {"POST", "PUT", "PATCH"}
VENDORS = ("slack", "statuspage", "pagerduty", "opsgenie", "jsm", "tickets")


@dataclass(frozen=True)
class Outcome:
    incident: Json
    messages: list[Json]
    report: str | None
    problems: list[str]
    seconds: float


def play(stack: Stack, scenario: Scenario, say: Say) -> Outcome:
    """Everything that must hold afterwards and does not is in `problems`."""
    stack.make_whole()
    stack.change_world(scenario.world)
    before = stack.current_version()
    began = time.monotonic()
    incident_id = stack.send_alert(scenario.title)
    say(f"alert sent, incident {incident_id}")
    status = _follow(stack, stack.execution_arn(incident_id), scenario, began, say)
    seconds = time.monotonic() - began
    incident = stack.incident(incident_id) or {}
    journal = stack.journal()
    report = stack.report(incident["report"]) if incident.get("report") else None
    problems = [f"the execution ended as {status}"] if status != "SUCCEEDED" else []
    problems += _judge(scenario, incident, journal, key_changed=stack.current_version() != before)
    problems += [] if report else ["no report was written"]
    messages = [entry for entry in journal if entry["vendor"] in VENDORS and entry["method"] in WRITES]
    return Outcome(incident, messages, report, problems, seconds)


def _follow(stack: Stack, arn: str, scenario: Scenario, began: float, say: Say) -> str:
    """Says each state as it is entered; returns the execution's last status."""
    comments = _tasks()
    told = 0
    changed = scenario.after_state is None
    while time.monotonic() - began < LIMIT_SECONDS:
        status = stack.status(arn)
        entered = stack.states(arn)
        for name in entered[told:]:
            if name in comments:
                say(f"{name:<22} {comments[name]}")
        told = len(entered)
        if not changed and scenario.after_state in entered:
            changed = True
            stack.change_world(scenario.later)
            say("· the world changes: TwinMind recovers")
        if status not in ("ABSENT", "RUNNING"):
            return status
        time.sleep(0.2)
    return f"still running after {LIMIT_SECONDS} s"


def _tasks() -> dict[str, str]:
    """State → its comment, for the states that do something; choices only lead from one to the next."""
    machine = json.loads((ROOT / "statemachines" / "incident.asl.json").read_text(encoding="utf-8"))
    return {name: state["Comment"] for name, state in machine["States"].items() if state["Type"] != "Choice"}


def _judge(scenario: Scenario, incident: Json, journal: list[Json], *, key_changed: bool) -> list[str]:
    expected = scenario.expected
    found = {
        "cause": (incident.get("cause"), (expected.cause,)),
        "verdict": (incident.get("verdict"), (expected.verdict,)),
        "severity": (incident.get("severity"), expected.severities),
        "status": (incident.get("status"), (expected.status,)),
        "production key changed": (key_changed, (expected.key_changes,)),
        "consumers restarted": (_called(journal, "service", "/restart", skip=1), (expected.restarts,)),
        "public notice": (_called(journal, "statuspage", "/incidents"), (expected.public_notice,)),
        "told in Slack": (_called(journal, "slack", "chat.postMessage"), (True,)),
    }
    return [
        f"{what} is {seen}, expected {' or '.join(map(str, wanted))}"
        for what, (seen, wanted) in found.items()
        if seen not in wanted
    ]


def _called(journal: list[Json], vendor: str, ending: str, skip: int = 0) -> bool:
    """Whether a successful POST went there; `skip` leaves out those that the drill itself made."""
    calls = [
        entry
        for entry in journal
        if entry["vendor"] == vendor and entry["method"] == "POST" and entry["path"].endswith(ending)
    ]
    return len([entry for entry in calls if entry["status"] < 300]) > skip
