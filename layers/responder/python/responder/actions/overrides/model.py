"""Switches to a faster, simpler model by the service flag `model` (S-58). Quality falls, so a person is asked first."""

from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.service_flags_target import ServiceFlagsTarget
from responder.context import IncidentContext


def _desired(ctx: IncidentContext) -> DesiredValues:
    model = ctx.runbook.service_flags.degraded_model
    return DesiredValues(
        values={"model": model},
        because=f"{model} is said to be faster; how much is published nowhere",
        effect=f"New transcriptions are made by {model}: degraded quality, and how much is published nowhere.",
    )


ACTION = OverrideAction("model", ServiceFlagsTarget, _desired)
