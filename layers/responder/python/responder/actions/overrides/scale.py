"""Raises the floor of the service's autoscaler, and sets it back at the end of the incident (S-62, S-76)."""

from responder.actions.overrides.autoscaler_target import AutoscalerFloor, AutoscalerTarget
from responder.actions.overrides.override_action import DesiredValues, OverrideAction
from responder.actions.overrides.target import setting_key_of
from responder.aws.override_table import overrides_of
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo
from responder.domain.platform_refused import PlatformRefused

SHARE = 0.5  # how many more are wanted, as a share of those that run now


def _desired(ctx: IncidentContext) -> DesiredValues | NothingToDo:
    target = AutoscalerTarget(ctx)
    try:
        floor = target.floor()
    except PlatformRefused as error:
        return NothingToDo("failed", f"The autoscaler cannot be read: {error}.")
    if floor is None:
        return NothingToDo("not_configured", "No autoscaler of the service is configured or found, so people scale it.")
    wanted = _held(ctx, setting_key_of(target, floor.name)) or raised(floor)
    if wanted is None:
        text = f"{floor.current} run already, and {floor.name} allows no more than {floor.maximum}: people decide."
        return NothingToDo("not_needed", text)
    return DesiredValues(
        values={floor.name: wanted},
        because=f"{floor.current} run now, and up to {floor.maximum} may",
        effect=f"At least {wanted} of the service run, which costs what they cost; the autoscaler may go higher.",
    )


def raised(floor: AutoscalerFloor) -> int | None:
    """The new floor: half as many more as run now, at least one more, and no more than the autoscaler's maximum.

    None if that is not above what runs now and the present floor. It counts from what runs, because an autoscaler
    that is about to scale down must be stopped too.
    """
    wanted = min(floor.maximum, floor.current + max(1, round(floor.current * SHARE)))
    return wanted if wanted > max(floor.current, floor.minimum) else None


def _held(ctx: IncidentContext, setting_key: str) -> int | None:
    """The floor that an incident wants already, or None. It is kept: each raise makes more run, so a floor computed
    anew would climb for ever. People decide about a second raise.
    """
    setting = overrides_of(ctx.table, ctx.runbook.integration).of(setting_key)
    desired = [override.desired for override in setting.active] if setting else []
    return max((int(value) for value in desired if value is not None), default=None)


ACTION = OverrideAction("scale", AutoscalerTarget, _desired)
