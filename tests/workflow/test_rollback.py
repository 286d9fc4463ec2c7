from tests.support.rollback import play


def test_a_rotation_that_does_not_help_is_rolled_back_to_a_key_that_works_by_then() -> None:
    timeline, states, labels = play()
    told = [(entry["data"].get("action"), entry["data"].get("outcome")) for entry in timeline]
    rotation = [outcome for action, outcome in told if action == "rotate" and outcome]
    assert rotation == ["staged", "passed", "promoted", "restored"]
    assert states.index("RestoreOldKey") < states.index("RestartOnOldKey")
    held = sorted(label for of_version in labels.values() for label in of_version)
    assert held == ["AWSCURRENT", "AWSPREVIOUS"]
    assert "tm_sk_" not in str(timeline)
