"""More of the service: its autoscaler's floor goes up, and back at the end of the incident (S-62, S-76)."""

from datetime import timedelta

from responder.actions import ACTIONS
from responder.actions.overrides.autoscaler_target import Floor, FloorPlace
from responder.actions.overrides.override_action import Setting, Wish
from responder.actions.overrides.target import Trouble, thing_of
from responder.aws.override_table import Board
from responder.context import Desk
from responder.contracts.action import Nothing

SHARE = 0.5  # of what runs now


def _wish(desk: Desk) -> Wish | Nothing:
    place = FloorPlace(desk)
    floor = place.floor()
    if isinstance(floor, Trouble):
        return Nothing(outcome="failed", text=f"The autoscaler cannot be read: {floor.why}.")
    if floor is None:
        text = "No autoscaler of the service is configured or found, so people scale it."
        return Nothing(outcome="not_configured", text=text)
    wanted = _held(desk, thing_of(place, floor.name)) or raised(floor)
    if wanted is None:
        text = f"{floor.current} run already, and {floor.name} allows no more than {floor.maximum}: people decide."
        return Nothing(outcome="not_needed", text=text)
    return Wish(
        values={floor.name: wanted},
        because=f"{floor.current} run now, half as many more are added, and {floor.maximum} are the most",
        effect=f"At least {wanted} of the service run, which costs what they cost; the autoscaler may go higher.",
    )


def raised(floor: Floor) -> int | None:
    """Half as many more than run now, at least one, and no more than allowed; None where that raises nothing.

    An autoscaler that is about to scale down is stopped by it too, so a floor below what runs now is raised as well.
    """
    wanted = min(floor.maximum, floor.current + max(1, round(floor.current * SHARE)))
    return wanted if wanted > max(floor.current, floor.minimum) else None


def _held(desk: Desk, thing: str) -> int | None:
    """What was wanted before, for whichever incident: more run since, and a floor that followed would climb for ever.

    More than that once is for people to decide.
    """
    held = Board(desk.table, desk.runbook.integration).read()[0].of(thing)
    return max((int(hold.wants) for hold in held.active if hold.wants is not None), default=None) if held else None


def _within(desk: Desk) -> timedelta:
    return timedelta(seconds=desk.runbook.endpoints.service.platform.restart_deadline_seconds)


DOABLE = Setting("scale", FloorPlace, _wish, ACTIONS["scale"].undo, _within)
