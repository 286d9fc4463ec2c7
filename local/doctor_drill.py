"""`make doctor-drill`: breaks one thing after another on the local cloud, and looks whether the doctor names it."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local import cloud
from local.drill.stack import Stack
from local.paths import ROOT, Home, LocalCloudError
from local.sandbox.world import merged
from responder_cli.target import Target

Json = dict[str, Any]
# What the local cloud leaves out, because drills do without it: each level of the escalation reaches somebody.
RIGHT: Json = {"escalation": {level: {"upstream": "escalate"} for level in ("2", "3", "4")}}
WRONG_KEY = "tm_sk_nobody_knows_this_one"


@dataclass(frozen=True)
class Break:
    """What is broken, the check that must call it wrong, and a word of what it says."""

    what: str
    check: str
    said: str
    act: Callable[[Stack], None]


def _world(**change: Any) -> Callable[[Stack], None]:
    return lambda stack: stack.change_world(change)


def _override(more: Json) -> Callable[[Stack], None]:
    return lambda stack: stack.configure(merged(RIGHT, more))


BREAKS = (
    Break("a tab in the override", "override", "line 2",
          lambda stack: stack.set_parameter("runbook_parameter", "modes:\n\trotate: auto")),
    Break("the stop switch is thrown", "stop switch", "stopped",
          lambda stack: stack.set_parameter("stop_parameter", "stop")),
    Break("another production key", "production key", "refuses",
          lambda stack: stack.put_secret("twinmind_api_key", WRONG_KEY)),
    Break("no standby key", "standby keys", "none is staged",
          lambda stack: stack.put_secret("twinmind_standby_keys", json.dumps({"keys": []}))),
    Break("PagerDuty's key is revoked", "PagerDuty key", "Authentication failed",
          _world(credentials={"pagerduty": "another"})),
    Break("bot_user_id is somebody else", "PagerDuty user", "PSOMEBODY",
          _world(pagerduty={"users": {"responder@example.com": "PSOMEBODY"}})),
    Break("PagerDuty disabled the subscription", "PagerDuty subscription", "disabled",
          _world(pagerduty={"subscriptions": {"PLOCAL1": {"temporarily_disabled": True}}})),
    Break("the subscription has another secret", "PagerDuty webhook secret", "did not come through",
          _world(pagerduty={"subscriptions": {"PLOCAL1": {"secret": "not-ours"}}})),
    Break("the bot left the channel", "Slack channel", "not in", _world(slack={"not_in": ["C0INCIDENTS"]})),
    Break("the bot lost a scope", "Slack scopes", "chat:write", _world(slack={"scopes": ["channels:history"]})),
    Break("an approver left", "Slack approvers", "deactivated", _world(slack={"gone": ["U0ONCALL"]})),
    Break("a component is gone", "Statuspage components", "cmpgone",
          _override({"vendors": {"statuspage": {"component_ids": ["cmpgone"]}}})),
    Break("Jira wants one more field", "Jira project", "must have Team", _world(tickets={"required_fields": ["Team"]})),
    Break("a level reaches nobody", "escalation levels", "level 3",
          _override({"escalation": {"3": {"upstream": None}}})),
    Break("our service's address is wrong", "service health", "404",
          _override({"endpoints": {"service": {"health_path": "/healthz"}}})),
)  # fmt: skip


def _examined(stack: Stack) -> dict[str, Json]:
    found = Target(stack.facts["stack_name"], local=stack.facts).invoke("DoctorFunctionName", {})
    return {one["name"]: one for one in found["checks"]}


def play(stack: Stack) -> list[str]:
    """The failures; each line of the screen is said as it comes."""
    failures: list[str] = []
    try:
        for one in (None, *BREAKS):
            stack.make_whole()
            stack.configure(RIGHT)
            if one:
                one.act(stack)
            found = _examined(stack)
            wrong = [name for name, check in found.items() if check["outcome"] == "wrong"]
            named = one is None or (one.check in wrong and one.said in found[one.check]["text"])
            fine = named and (one is not None or not wrong)
            seen = "; ".join(f"{name}: {found[name]['text']}" for name in wrong) or "nothing is wrong"
            told = f"{one.what}: {found[one.check]['text']}" if one else f"everything right: {seen}"
            print(f"{'✓' if fine else '✗'} {told}", flush=True)
            failures += [] if fine else [told]
    finally:
        stack.make_whole()
    return failures


def main() -> int:
    try:
        with cloud.running(Home(ROOT / ".local"), lambda text: print(text, flush=True)) as facts:
            failures = play(Stack(facts))
    except LocalCloudError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"\n{len(BREAKS)} broken one by one, {len(failures)} not named")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
