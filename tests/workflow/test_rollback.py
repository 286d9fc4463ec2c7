import pytest

from responder.actions.restart import verify
from responder.aws.incident_table import IncidentTable
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.rollback import play, world_of
from tests.workflow.histories import INCIDENT, REVOKED, trigger
from tests.workflow.override_histories import decide, has_outcome, patiently


def _last(states: list[str], name: str) -> int:
    return max(number for number, state in enumerate(states) if state == name)


def test_a_rotation_that_does_not_help_is_rolled_back_to_a_key_that_works_by_then() -> None:
    timeline, states, labels = play()
    told = [(entry["data"].get("action"), entry["data"].get("outcome")) for entry in timeline]
    rotation = [outcome for action, outcome in told if action == "rotate" and outcome]
    assert rotation == ["staged", "passed", "promoted", "restored"]
    assert [outcome for action, outcome in told if action == "restart" and outcome] == ["restarted"] * 2
    assert "VerifyConsumers" not in states[states.index("RestoreOldKey") :]
    begun, followed, handed = (_last(states, name) for name in ("RestartOnOldKey", "FollowRestart", "HandOver"))
    assert states.index("RestoreOldKey") < begun < followed < handed
    held = sorted(label for of_version in labels.values() for label in of_version)
    assert held == ["AWSCURRENT", "AWSPREVIOUS"]
    assert "tm_sk_" not in str(timeline)


def test_in_mode_approve_the_restart_on_the_old_key_is_asked_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_cloud(monkeypatch, REVOKED) as cloud:
        monkeypatch.setattr(verify, "PROOF_SECONDS", 3 * verify.PROBE_TIMEOUT_SECONDS + 2)
        cloud.change_runbook({"modes": {"restart": "approve"}})
        cloud.interfere = world_of(cloud)
        name = trigger(cloud)
        _approves_the_restart(cloud)
        has_outcome(cloud, "rotate", "restored")
        _approves_the_restart(cloud)
        ended = cloud.wait_for(name, seconds=90)
        assert ended["status"] == "SUCCEEDED"
        assert cloud.sandbox.world.snapshot()["service"]["running"]["key"] == "primary"
        states = cloud.states_entered(ended["executionArn"])
        assert states.index("RestartOnOldKey") < _last(states, "RestartConsumers") < _last(states, "VerifyConsumers")
        made = [
            (one["mode"], one["outcome"]) for one in cloud.incident(INCIDENT)["actions"] if one["name"] == "restart"
        ]
        assert made == [("approve", "restarted")] * 2


def _approves_the_restart(cloud: Cloud) -> None:
    def is_open() -> bool:
        stored = IncidentTable(SETTINGS["TABLE_NAME"]).find(INCIDENT)
        human_tasks = stored.incident.human_tasks if stored else ()
        return any(task.told_at and not task.decision for task in human_tasks)

    patiently(cloud, is_open)
    decide(cloud, "approve-restart", "approve")
