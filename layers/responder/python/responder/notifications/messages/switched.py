"""What is switched at this moment, for whom, and how people switch it back themselves. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from responder.domain.overrides import OverriddenSetting, Overrides, value_text
from responder.domain.update import clock_time

_LEVER = "lever:"


def switched_lines(holds: Overrides) -> tuple[str, ...]:
    """One sentence a thing; empty where nothing is switched."""
    return tuple(_sentence(held) for held in holds.things if held.active)


def _sentence(held: OverriddenSetting) -> str:
    since = min(hold.at for hold in held.active)
    whose = ", ".join(hold.incident_id for hold in held.active)
    before = f"before: {value_text(held.before)}"
    if held.left_to_people:
        return f"{held.thing} was switched for {whose}; people have set it to {value_text(held.before)} since."
    return f"Switched for {whose}: {held.thing} = {value_text(held.effective)} since {clock_time(since)} ({before})."


def back_by_hand(holds: Overrides, levers_parameter: str) -> tuple[str, ...]:
    """One command that gives every lever its value from before and keeps all other fields; needs jq."""
    levers = [held for held in holds.things if held.thing.startswith(_LEVER) and not held.left_to_people]
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
    for held in levers:
        name = held.thing.removeprefix(_LEVER)
        steps.append(f"del(.{name})" if held.before is None else f".{name} = {_quoted(held.before)}")
    return " | ".join(steps)
