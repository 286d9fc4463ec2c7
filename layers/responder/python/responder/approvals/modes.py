"""The modes that apply now: those of the pinned runbook, lowered by the override or the stop switch."""

from collections.abc import Mapping

from responder.aws.parameters import is_stopped, runbook_in_force
from responder.config.base import Mode
from responder.context import IncidentContext

_CAUTION = (Mode.OBSERVE, Mode.APPROVE, Mode.AUTO)


def modes_now(ctx: IncidentContext) -> Mapping[str, Mode]:
    """Every action's mode. A mode that was lowered counts at once; a raised one only for incidents that open later."""
    return lowered_modes(ctx)[0]


def lowered_modes(ctx: IncidentContext) -> tuple[Mapping[str, Mode], str | None]:
    """Every action's mode, and why all modes are observe, or None."""
    pinned = ctx.runbook.modes.model_dump()
    if is_stopped(ctx.settings.stop_parameter):
        why = "the stop switch is thrown, or cannot be read, which counts as thrown"
        return dict.fromkeys(pinned, Mode.OBSERVE), why
    in_force = runbook_in_force(ctx.settings.runbook_parameter)
    now = in_force.runbook.modes.model_dump()
    return {name: min(pinned[name], now[name], key=_CAUTION.index) for name in pinned}, in_force.problem
