"""What is switched at this moment, for whom, and how people switch it back themselves. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from responder.domain.overrides import OverriddenSetting, Overrides, value_text
from responder.domain.update import clock_time

_LEVER = "lever:"


def switched_lines(overrides: Overrides) -> tuple[str, ...]:
    """One sentence a thing; empty where nothing is switched."""
    return tuple(_sentence(setting) for setting in overrides.settings_overridden if setting.active)


def _sentence(setting: OverriddenSetting) -> str:
    since = min(override.at for override in setting.active)
    whose = ", ".join(override.incident_id for override in setting.active)
    before = f"before: {value_text(setting.before)}"
    if setting.left_to_people:
        return (
            f"{setting.setting_key} was switched for {whose}; people have set it to {value_text(setting.before)} since."
        )
    value = value_text(setting.effective)
    return f"Switched for {whose}: {setting.setting_key} = {value} since {clock_time(since)} ({before})."


def back_by_hand(overrides: Overrides, levers_parameter: str) -> tuple[str, ...]:
    """One command that gives every lever its value from before and keeps all other fields; needs jq."""
    levers = [
        setting
        for setting in overrides.settings_overridden
        if setting.setting_key.startswith(_LEVER) and not setting.left_to_people
    ]
    if not (levers and levers_parameter):
        return ()
    read = f"aws ssm get-parameter --name {levers_parameter} --query Parameter.Value --output text"
    write = f"aws ssm put-parameter --name {levers_parameter} --type String --overwrite"
    return (f"# switch the levers back by hand\n{write} \\\n  --value \"$({read} | jq -c '{_changes(levers)}')\"",)


def _quoted(value: Any) -> str:
    """Within the shell's single quotes, whatever somebody has set."""
    return json.dumps(value).replace("'", "\\u0027")


def _changes(levers: Sequence[OverriddenSetting]) -> str:
    """As a jq filter: null in JSON would be as good as no lever, but what was not there shall not be there again."""
    steps = [".version += 1"]
    for setting in levers:
        name = setting.setting_key.removeprefix(_LEVER)
        steps.append(f"del(.{name})" if setting.before is None else f".{name} = {_quoted(setting.before)}")
    return " | ".join(steps)
