from tests.support.rollback import play


def _last(states: list[str], name: str) -> int:
    return max(number for number, state in enumerate(states) if state == name)


def test_a_rotation_that_does_not_help_is_rolled_back_to_a_key_that_works_by_then() -> None:
    timeline, states, labels = play()
    told = [(entry["data"].get("action"), entry["data"].get("outcome")) for entry in timeline]
    rotation = [outcome for action, outcome in told if action == "rotate" and outcome]
    assert rotation == ["staged", "passed", "promoted", "restored"]
    assert [outcome for action, outcome in told if action == "restart" and outcome] == ["restarted"] * 2
    assert "ProveConsumers" not in states[states.index("RestoreOldKey") :]
    begun, followed, handed = (_last(states, name) for name in ("RestartOnOldKey", "FollowRestart", "HandToPeople"))
    assert states.index("RestoreOldKey") < begun < followed < handed
    held = sorted(label for of_version in labels.values() for label in of_version)
    assert held == ["AWSCURRENT", "AWSPREVIOUS"]
    assert "tm_sk_" not in str(timeline)
