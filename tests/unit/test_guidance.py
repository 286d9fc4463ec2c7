"""What is left to people: for every cause, every point where a playbook can stop, and every platform."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from local.by_hand import PAGE, written
from responder.actions import ACTIONS, PLAYBOOKS
from responder.actions.rotate_key.records import RotationOutcome
from responder.actions.runner import ENDED
from responder.config.runbook import Runbook, packaged
from responder.config.settings import Settings
from responder.domain.diagnosis import Cause
from responder.domain.incident import ActionRecord
from responder.notifications.messages.guidance import guidance
from responder.notifications.messages.stage_key import putting_in_force
from responder.notifications.messages.steps import Does, Guidance
from responder.notifications.messages.wording import ACTION
from tests.support import aws_cli
from tests.support.inprocess import SETTINGS
from tests.support.notifications import a_situation, an_incident

AT = datetime(2026, 6, 1, 14, 2, tzinfo=UTC)
ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:{}-dcf62f"
NAMES = replace(
    Settings.read(SETTINGS),
    stack_name="responder",
    service_flags_parameter="/responder/service-flags",
    twinmind_api_key_secret=ARN.format("api-key"),
    twinmind_standby_keys_secret=ARN.format("standby-keys"),
)
PLATFORMS: dict[str, dict[str, Any]] = {
    "kubernetes": {"kind": "kubernetes", "kubernetes": {"eks_cluster": "prod", "namespace": "speech"}},
    "kubernetes with ExternalSecret": {
        "kind": "kubernetes",
        "kubernetes": {"eks_cluster": "prod", "namespace": "speech", "external_secret": "twinmind"},
    },
    "ecs": {"kind": "ecs", "ecs": {"cluster": "speech", "service": "transcriber"}},
    "ecs with log_group": {"kind": "ecs", "ecs": {"cluster": "speech", "service": "transcriber"}},
    "http": {"kind": "http"},
    "none": {"kind": "none"},
}
RESTARTS = (None, "restarted", "failed", "timed_out", "needs_people", "not_configured", "not_allowed", "observed",
            "declined", "expired")  # fmt: skip
# The service uses a key that works only after these.
NEW_KEY_STEPS = ("restart", "wait")
# What no command can do: TwinMind's dashboard, a mail, somebody's decision, waiting.
BY_PEOPLE = ("decide", "wait", "revoke", "write")


@cache
def runbook_on(platform: str) -> Runbook:
    fields = packaged().model_dump(mode="json")
    service = fields["endpoints"]["service"]
    if platform != "none":
        service |= {"base_url": "http://speech.internal:8080", "restart_hook_path": "/restart"}
    if platform == "ecs with log_group":
        service["log_group"] = "/ecs/speech"
    for name, value in PLATFORMS[platform].items():
        service["platform"][name] = {**service["platform"][name], **value} if isinstance(value, dict) else value
    return Runbook.model_validate(fields)


def record(name: str, outcome: str, minute: int, **data: Any) -> ActionRecord:
    at = AT + timedelta(minutes=minute)
    return ActionRecord(name=name, mode=data.pop("mode", "auto"), plan="", outcome=outcome, at=at, data=data)


def stops(cause: Cause) -> Iterator[tuple[ActionRecord, ...]]:
    """Where the playbook of `cause` can stop: what was done by then, oldest first."""
    yield ()
    for first in ("rotate", "contain") if cause in (Cause.KEY_REJECTED, Cause.KEY_LEAKED) else ():
        if cause in ACTIONS[first].causes:
            for outcome in (one for part in get_args(RotationOutcome) for one in get_args(part)):
                for restart in RESTARTS:
                    known = record("restart", restart, 1) if restart else None
                    yield (record(first, outcome, 0), *((known,) if known else ()))
            yield (record(first, "no_standby_key", 0, mode="observe"),)
            yield (record(first, "promoted", 0, place=1, staged=2), record("restart", "failed", 1))
    for action in PLAYBOOKS.get(cause, ()):
        for ended in RESTARTS[1:] if action == "restart" else sorted(ENDED | {"applied", "asked", "not_needed"}):
            yield (record(action, str(ended), 0),)


CASES = [(cause, done, platform) for cause in Cause for platform in PLATFORMS for done in stops(cause)]


def guided(cause: Cause, done: tuple[ActionRecord, ...], platform: str) -> Guidance:
    return guidance(a_situation(an_incident(cause=cause), *done, runbook=runbook_on(platform), settings=NAMES))


def wrong_order(cause: Cause, done: tuple[ActionRecord, ...], found: Guidance) -> Iterator[str]:
    kinds = [step.does for step in found.steps]
    outcome = next((one.outcome for one in done if one.name in ("rotate", "contain")), None)
    yield from wrong_key_order(kinds, outcome)
    if cause is Cause.KEY_STALE and {"make_key", "put_in_force", "revoke"} & set(kinds):
        yield "rotates for a key that works"
    if "stage_spare" in kinds[:-1]:
        yield "has a chore before what is pressing"


def wrong_key_order(kinds: list[Does], outcome: str | None) -> Iterator[str]:
    if "revoke" in kinds:
        before = kinds[: kinds.index("revoke")]
        if not any(kind in before for kind in NEW_KEY_STEPS):
            yield "revokes before the service has the new key"
    if "make_key" in kinds and outcome != "no_standby_key":
        yield "makes a key while a staged one waits"
    if "make_key" in kinds and kinds.index("make_key") > min(
        (kinds.index(kind) for kind in ("put_in_force", "restart", "revoke") if kind in kinds), default=99
    ):
        yield "makes the key too late"
    if outcome in ("promoted", "already_done", "kept", "restored") and "put_in_force" in kinds:
        yield "replaces a tested key that is in force"
    if outcome == "restored" and "revoke" in kinds:
        yield "revokes the key that was put back"
    if "put_in_force" in kinds and "restart" not in kinds[kinds.index("put_in_force") :]:
        yield "puts a key in force and restarts nothing"


def unusable(platform: str, found: Guidance) -> Iterator[str]:
    for step in found.steps:
        command, names = step.command, runbook_on(platform).endpoints.service
        is_by_people = step.does in BY_PEOPLE or (step.does in ("make_key", "look") and "http" in step.text)
        if not command and not is_by_people and names.platform.kind in ("kubernetes", "ecs"):
            yield f"no command: {step.text}"
        if not command and step.does in ("restart", "switch") and "the way you deploy" not in step.text:
            yield f"neither a command nor a way: {step.text}"
        if "kubectl" in command and (names.platform.kind != "kubernetes" or "kubectl -n speech" not in command):
            yield f"kubectl on {platform}: {command}"
        if "aws ecs" in command and names.platform.kind != "ecs":
            yield f"ECS on {platform}: {command}"
        if "arn:" in command + step.text or "None" in command:
            yield f"not for people: {command or step.text}"


def test_every_cause_stop_and_platform_gives_steps_in_a_safe_order_with_exact_commands() -> None:
    """All that is wrong at once: the table has some thousand rows."""
    wrong = [
        f"{cause.value}, {[(one.name, one.outcome) for one in done]}, {platform}: {fault}"
        for cause, done, platform in CASES
        for found in [guided(cause, done, platform)]
        for fault in (*wrong_order(cause, done, found), *unusable(platform, found))
    ]
    assert wrong[:20] == [], "\n".join(sorted({fault.rpartition(": ")[2] for fault in wrong}))
    assert len(CASES) > 1000


def test_every_command_can_be_read_by_bash_and_by_both_versions_of_the_aws_cli() -> None:
    commands = {step.command for case in CASES for step in guided(*case).steps}
    called = {" ".join(words) for command in commands for words in aws_cli.commands(command)}
    assert len(called) > 15
    assert [f"{fault}: {one}" for one in sorted(called) for fault in aws_cli.faults(one.split())] == []
    text = "\n".join(f"f{place}() {{\n{command}\n}}" for place, command in enumerate(sorted(commands - {""})))
    done = subprocess.run(["/bin/bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert done.stderr == ""


def test_after_a_rotation_whose_restart_failed_the_restart_comes_first_and_the_revocation_last() -> None:
    done = (record("rotate", "promoted", 0, place=1, staged=2), record("restart", "failed", 1))
    found = guided(Cause.KEY_REJECTED, done, "ecs")
    assert [step.does for step in found.steps] == ["restart", "check", "revoke", "stage_spare"]
    assert found.need[0] == "1. Restart the service, so that it loads the key in force."
    assert "aws ecs update-service --cluster speech --service transcriber --force-new-deployment" in found.commands[0]
    assert "1 of 2 spares left, so tonight is safe." in found.need[-1]
    assert "make stage-key STACK=responder" in found.commands[-1]


def test_a_plan_that_was_declined_is_done_by_hand_with_its_own_values() -> None:
    changes = {"flag:client_rate_limit_per_minute": {"before": None, "after": 48}}
    found = guided(Cause.RATE_LIMITED, (record("quota", "declined", 0, plan={"changes": changes}),), "http")
    assert ".client_rate_limit_per_minute = 48" in found.commands[0]


def test_flags_that_are_not_seen_in_force_are_named_in_one_step() -> None:
    done = (record("quota", "not_verified", 0), record("queue", "not_verified", 1))
    unseen = [step.text for step in guided(Cause.RATE_LIMITED, done, "kubernetes").steps if "settings" in step.text]
    assert unseen == [
        "The service does not show yet that it has read its new settings (reject non critical, request queue): see why."
    ]


def test_the_action_of_a_headline_is_the_first_of_the_playbook() -> None:
    first = {cause: playbook[0] for cause, playbook in PLAYBOOKS.items() if playbook}
    named = {cause: ACTION[cause] for cause in first}
    # Of these the headline names what is done without asking.
    assert named | {Cause.SERVICE_OVERLOADED: "scale"} == first


def test_the_page_by_hand_is_written_from_the_same_steps() -> None:
    assert PAGE.read_text() == written(), "run: PYTHONPATH=layers/responder/python:. python -m local.by_hand"


FAKE = """#!{python}
import pathlib, sys
call = " ".join(sys.argv[1:])
with open("calls", "a") as log:
    log.write(pathlib.Path(sys.argv[0]).name + " " + call + "\\n")
if "curl" in sys.argv[0]:
    given = sys.stdin.read()
    sys.exit(0 if given == "Authorization: Bearer tm_sk_good" else 22)
name = "standby" if "standby" in call else "key"
if "get-secret-value" in call:
    print(pathlib.Path(name).read_text())
elif "put-secret-value" in call:
    pathlib.Path(name).write_text(sys.stdin.read())
"""


def put_in_force(folder: Path, key: str, field: str | None) -> subprocess.CompletedProcess[str]:
    (folder / "key").write_text(key)
    (folder / "standby").write_text(json.dumps({"keys": ["tm_sk_current", "tm_sk_bad", "tm_sk_good", "tm_sk_later"]}))
    for tool in ("aws", "curl"):
        (folder / tool).write_text(FAKE.format(python=sys.executable))
        (folder / tool).chmod(0o755)
    twinmind = packaged().endpoints.twinmind.model_copy(update={"key_json_field": field})
    return subprocess.run(
        ["/bin/bash", "-c", putting_in_force("the-key", "the-standby-keys", twinmind)],
        text=True,
        capture_output=True,
        env={"PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"},
        cwd=folder,
        check=False,
    )


@pytest.mark.parametrize(
    ("key", "field", "after"),
    [
        ("tm_sk_current", None, "tm_sk_good"),
        ('{"api_key": "tm_sk_current", "region": "eu"}', "api_key", '{"api_key": "tm_sk_good", "region": "eu"}'),
        ('{"api_key": "tm_sk_current", "region": "eu"}', None, '{"api_key": "tm_sk_current", "region": "eu"}'),
    ],
)
def test_the_command_puts_the_first_key_in_force_that_passes_and_shows_none(
    tmp_path: Path, key: str, field: str | None, after: str
) -> None:
    done = put_in_force(tmp_path, key, field)
    assert (tmp_path / "key").read_text() == after
    assert "tm_sk_" not in done.stdout + done.stderr + (tmp_path / "calls").read_text()
    assert re.findall("tm_sk_[a-z]+", (tmp_path / "standby").read_text())[-1] == "tm_sk_later"
