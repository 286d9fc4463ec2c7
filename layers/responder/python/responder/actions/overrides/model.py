"""The faster, plainer model: the lever `model` (S-58). Degraded quality, so a person is asked first."""

from responder.actions.overrides.override_action import Wish
from responder.actions.overrides.service_flag import lever_setting
from responder.context import Desk


def _wish(desk: Desk) -> Wish:
    model = desk.runbook.levers.degraded_model
    return Wish(
        values={"model": model},
        because=f"{model} is said to be faster; how much is published nowhere",
        effect=f"New transcriptions are made by {model}: degraded quality, and how much is published nowhere.",
    )


DOABLE = lever_setting("model", _wish)
