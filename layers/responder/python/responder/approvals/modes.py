"""The modes of this moment: the pinned runbook's, lowered by the override and the stop switch."""

from collections.abc import Mapping

from responder.aws.parameters import is_stopped, runbook_in_force
from responder.context import IncidentContext
from responder.domain.mode import Mode

_CAUTION = (Mode.OBSERVE, Mode.APPROVE, Mode.AUTO)


def modes_now(ctx: IncidentContext) -> Mapping[str, Mode]:
    """Every action's mode. A lowered mode acts at once, a raised one only for incidents that open later."""
    pinned = ctx.runbook.modes.model_dump()
    if is_stopped(ctx.settings.stop_parameter):
        return dict.fromkeys(pinned, Mode.OBSERVE)
    in_force = runbook_in_force(ctx.settings.runbook_parameter).runbook.modes.model_dump()
    return {name: min(pinned[name], in_force[name], key=_CAUTION.index) for name in pinned}
