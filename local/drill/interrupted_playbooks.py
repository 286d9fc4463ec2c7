"""Drills in which something interrupts a playbook: a bad key, a person, a limit, a second alert."""

from local.drill.events import (
    change_world,
    press,
    rotate_behind_the_service,
    send_another,
    stage_key,
    throw_stop_switch,
    unstage_keys,
    use_up_rotations,
)
from local.drill.scenario import Act, Ended, Expected, Json, Scenario

TITLE = "TwinMindHighErrorRate: transcription requests fail with 401"
REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}
VALID_AGAIN = {"twinmind": {"keys": {"primary": {"status": "active"}}}}
RESTART_APPROVAL = {"modes": {"restart": "approve"}}
STUCK = {"service": {"stuck_on_old_key": True}}
LABELS = ("primary", "standby-1", "standby-2")
NONE_TAKEN = {"twinmind": {"keys": {label: {"status": "revoked"} for label in LABELS}}}
ALL_TAKEN = {"twinmind": {"keys": {label: {"status": "active"} for label in LABELS}}}
SWAPPED = {"twinmind": {"keys": {label: {"status": "revoked"} for label in LABELS} | {"primary": {"status": "active"}}}}
LOOSE = {"service": {"stuck_on_old_key": False}}
TAKEN_CARE_OF = change_world("HandOver", "a person takes care of it", VALID_AGAIN)


def rejected(**more: object) -> Expected:
    """Expects the diagnosis of a revoked key; `more`: the results."""
    return Expected("key_rejected", "key", ("P1",), public_notice="held off", **more)  # type: ignore[arg-type]


def stale(**more: object) -> Expected:
    return Expected("key_stale", "key", ("P1",), public_notice=True, **more)  # type: ignore[arg-type]


def asking(name: str, story: str, *acts: Act, override: Json | None = None, **more: object) -> Scenario:
    """The service has an older key, and a restart needs an approval; `more`: the expected results."""
    return Scenario(
        name=name,
        story=story,
        title=TITLE,
        before=rotate_behind_the_service,
        override=RESTART_APPROVAL | (override or {}),
        acts=acts,
        expected=stale(**more),
    )


def done_once(ended: Ended) -> list[str]:
    """However many incidents there were, one rotation and one restart, and no person was called to do it by hand."""
    related = ended.incident["related"]
    incidents = [ended.incident, *(other for other in map(ended.stack.incident, related) if other)]
    outcomes = [action["outcome"] for one in incidents for action in one["actions"]]
    problems = [] if related else ["the second incident is not named in the first"]
    for one in incidents:
        if any(entry["kind"] == "handed_over" for entry in one["timeline"]):
            kinds = ("diagnosis", "action", "proof")
            told = [entry["text"] for entry in one["timeline"] if entry["kind"].startswith(kinds)]
            problems.append(f"handed to people: {one['id']}: {' | '.join(told)}")
    found = {outcome: outcomes.count(outcome) for outcome in ("promoted", "restarted")}
    return problems + [f"{outcome} {times} times, expected once" for outcome, times in found.items() if times != 1]


TURNS = (
    Scenario(
        name="key_test_fails",
        story="The first staged key is refused too; the second one is taken.",
        title=TITLE,
        world={"twinmind": {"keys": {"primary": {"status": "revoked"}, "standby-1": {"status": "expired"}}}},
        expected=rejected(key_changes=True, restarts=True, actions=(("rotate", "failed"), ("rotate", "promoted"))),
    ),
    Scenario(
        name="standby_refused_too",
        story="TwinMind refuses every key of ours, the standby ones too: its fault, so nothing is rotated.",
        title=TITLE,
        world=NONE_TAKEN,
        acts=(change_world("WaitForChange", "TwinMind takes our keys again", ALL_TAKEN),),
        expected=Expected("provider_outage", "theirs", ("P1",), public_notice=True),
    ),
    Scenario(
        name="no_standby_key",
        story="The key is revoked and no other is staged; people are asked, and the work goes on when one is there.",
        title=TITLE,
        world=REVOKED,
        before=unstage_keys,
        acts=(stage_key("WaitForChange", "standby-1"),),
        expected=rejected(
            key_changes=True, restarts=True, actions=(("rotate", "no_standby_key"), ("rotate", "promoted"))
        ),
    ),
    Scenario(
        name="consumer_stays_broken",
        story="The new key is in force, but the service holds on to the old one, which never works again.",
        title=TITLE,
        world=REVOKED | STUCK,
        acts=(change_world("HandOver", "a person mends the service", LOOSE | VALID_AGAIN),),
        expected=rejected(key_changes=True, restarts=True, actions=(("rotate", "kept"),)),
    ),
    Scenario(
        name="rollback",
        story="The new key is refused right after it was put in force, and the old one works again: it comes back.",
        title=TITLE,
        world=REVOKED,
        acts=(change_world("RestartConsumers", "TwinMind takes the old key again, and not the new one", SWAPPED),),
        expected=rejected(restarts=True, actions=(("rotate", "restored"),)),
    ),
    asking(
        "approval_declined",
        "Restarting asks first; a person declines, and restarts the service by hand later.",
        press("WaitForApproval", "decline", reason="not while the board meets"),
        TAKEN_CARE_OF,
        actions=(("restart", "declined"),),
    ),
    asking(
        "approval_expired",
        "Restarting asks first, and nobody answers within a minute.",
        TAKEN_CARE_OF,
        override={"approvals": {"expires_minutes": {"P1": 1}}},
        actions=(("restart", "expired"),),
    ),
    asking(
        "approval_by_a_stranger",
        "Somebody who may not approve presses the button; then the on-call engineer does.",
        press("WaitForApproval", "approve", user="U0STRANGER"),
        press("WaitForApproval", "approve"),
        restarts=True,
        actions=(("restart", "restarted"),),
    ),
    asking(
        "stop_switch",
        "The stop switch is thrown while a restart waits for approval: approved or not, nothing is changed.",
        throw_stop_switch("AskForApproval"),
        press("WaitForApproval", "approve"),
        TAKEN_CARE_OF,
        actions=(("restart", "observed"),),
    ),
    Scenario(
        name="budget_used_up",
        story="Another incident used the day's only rotation: people get this incident.",
        title=TITLE,
        world=REVOKED,
        before=use_up_rotations,
        override={"budgets": {"rotate": {"per_day": 1}}},
        acts=(change_world("HandOver", "TwinMind takes the old key again", VALID_AGAIN),),
        expected=rejected(actions=(("rotate", "not_allowed"),)),
    ),
    Scenario(
        name="two_incidents",
        story="Two alerts about one revoked key: one rotation, one restart, one thread, one public notice.",
        title=TITLE,
        world=REVOKED,
        # Not the default number: incidents with another runbook share nothing with these two.
        override={"probing": {"share_seconds": 14}},
        acts=(send_another("AnnounceIncident", "TwinMindAPIDown: no transcription succeeds"),),
        expected=rejected(key_changes=True, restarts=True, checks=(done_once,)),
    ),
)
