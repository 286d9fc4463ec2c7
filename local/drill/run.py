"""Plays one scenario: breaks the world, alerts, follows the execution, and judges the outcome."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.drill.expectations import judged
from local.drill.promises import Promise, promises
from local.drill.scenario import Ended, Scenario
from local.drill.stack import Stack
from local.drill.told import told_now
from local.paths import ROOT
from local.sandbox.world import merged

Json = dict[str, Any]
Say = Callable[[str], None]
WRITES = {"POST", "PUT", "PATCH"}
# A function of the previous drill may still run its probes: this drill must not share what they find.
LOOKS_ITSELF = {"probing": {"share_seconds": 0}}
VENDORS = ("slack", "statuspage", "pagerduty", "opsgenie", "jsm", "tickets")


@dataclass(frozen=True)
class Outcome:
    incident: Json
    messages: list[Json]
    report: str | None
    problems: list[str]
    seconds: float
    promises: list[Promise]


def play(stack: Stack, scenario: Scenario, say: Say, *, verbose: bool = True) -> Outcome:
    """`problems`: everything that must be true afterwards and is not. `verbose`: shows the machine's states too."""
    stack.make_whole()
    stack.configure(merged(LOOKS_ITSELF, scenario.override))
    stack.change_world(scenario.world)
    if scenario.before:
        scenario.before(stack)
    before = stack.current_version()
    began = time.monotonic()
    incident_id = stack.send_alert(scenario.title)
    say(f"alert sent, incident {incident_id}")
    status = _follow(stack, incident_id, scenario, began, say, verbose=verbose)
    seconds = time.monotonic() - began
    incident = stack.incident(incident_id) or {}
    journal = stack.journal()
    report = stack.report(incident["report"]) if incident.get("report") else None
    problems = [f"the execution ended as {status}"] if status != scenario.ends_as else []
    problems += judged(scenario, Ended(stack, incident, journal, report), key_changed=stack.current_version() != before)
    problems += [] if report or scenario.ends_as != "SUCCEEDED" else ["no report was written"]
    messages = [entry for entry in journal if entry["vendor"] in VENDORS and entry["method"] in WRITES]
    promised = promises(incident, journal, scenario.response, scenario.within) if incident else []
    return Outcome(incident, messages, report, problems, seconds, promised)


def _follow(stack: Stack, incident_id: str, scenario: Scenario, began: float, say: Say, *, verbose: bool) -> str:
    """Prints what people are told, as it changes, and plays the acts in order; → the execution's last status."""
    arn = stack.execution_arn(incident_id)
    comments = _tasks()
    acts = list(scenario.acts)
    told = seen = 0
    known: list[str] = []
    while time.monotonic() - began < scenario.limit_seconds:
        status = stack.status(arn)
        entered = stack.states(arn)
        for name in entered[told:]:
            if verbose and name in comments:
                say(f"{name:<22} {comments[name]}")
        told = len(entered)
        facts = told_now(stack.world(), incident_id)
        for fact in facts:
            if fact not in known:
                say(fact)
        known = facts
        is_stopped = status == "ABORTED" == scenario.ends_as
        if acts and (is_stopped or acts[0].after_state in entered[seen:]) and acts[0].ready(stack, incident_id):
            act = acts.pop(0)
            seen = len(entered)
            say(f"· {act.says}")
            act.does(stack, incident_id)
        if status not in ("ABSENT", "RUNNING") and not (is_stopped and acts):
            return status if not acts else f"{status} before: {acts[0].says}"
        time.sleep(0.2)
    return f"still running after {scenario.limit_seconds:.0f} s"


def _tasks() -> dict[str, str]:
    """State → its comment, for the states that do something, so without choices."""
    machine = json.loads((ROOT / "statemachines" / "incident.asl.json").read_text(encoding="utf-8"))
    return {name: state["Comment"] for name, state in machine["States"].items() if state["Type"] != "Choice"}
