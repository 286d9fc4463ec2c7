"""Sentences about switched settings, and the command by which people switch them back. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from responder.domain.overrides import OverriddenSetting, Overrides, value_text
from responder.domain.update import clock_time

_SERVICE_FLAG = "flag:"


def switched_lines(overrides: Overrides) -> tuple[str, ...]:
    """One sentence for each switched setting."""
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


def back_by_hand(overrides: Overrides, service_flags_parameter: str) -> tuple[str, ...]:
    """One command that gives every service flag its value from before."""
    service_flags = [
        setting
        for setting in overrides.settings_overridden
        if setting.setting_key.startswith(_SERVICE_FLAG) and not setting.left_to_people
    ]
    if not service_flags:
        return ()
    back = flags_command(service_flags_parameter, map(_change_back, service_flags))
    return (f"# set the service flags back by hand\n{back}",)


def flags_command(parameter: str, changes: Iterable[str]) -> str:
    """Changes service flags by jq's filters, and keeps all other fields; needs jq."""
    read = f"aws ssm get-parameter --name {parameter} --query Parameter.Value --output text"
    write = f"aws ssm put-parameter --name {parameter} --type String --overwrite"
    return f"{write} \\\n  --value \"$({read} | jq -c '{' | '.join(('.version += 1', *changes))}')\""


def _quoted(value: Any) -> str:
    """As JSON that stays inside the shell's single quotes, whatever somebody has set."""
    return json.dumps(value).replace("'", "\\u0027")


def _change_back(setting: OverriddenSetting) -> str:
    """A flag that was not there before is deleted, not set to null."""
    name = setting.setting_key.removeprefix(_SERVICE_FLAG)
    return f"del(.{name})" if setting.before is None else f".{name} = {_quoted(setting.before)}"
