"""How often an action may run: per incident, per day, and how long after the last time. All incidents count."""

from datetime import timedelta
from typing import NamedTuple

from pydantic import AwareDatetime

from responder.config.base import Budget
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.model import Model


class Use(Model):
    """The record of one spent unit of a budget. `use` names the act that spent it."""

    use: str
    incident_id: str
    at: AwareDatetime


class _Limit(NamedTuple):
    """`units`: names of records, one for each unit. `life`: how long a unit stays spent. `used_up`: why it says no."""

    units: list[str]
    life: timedelta
    used_up: str


_DAY = timedelta(days=1)
_LONGEST_INCIDENT = timedelta(days=90)


def used_up(ctx: IncidentContext, action: str, use: str) -> str | None:
    """Why the budget refuses; None if it does not. A `use` that is counted already is not refused."""
    for limit in reversed(_limits(ctx, action)):
        if not _counted(ctx, limit, use) and all(map(ctx.table.has_record, limit.units)):
            return f"the budget of {action} says no: {limit.used_up}"
    return None


def spend(ctx: IncidentContext, action: str, use: str) -> bool:
    """Counts one use. Repeating it counts nothing twice. False if another act took the last unit meanwhile.

    Each unit is a record that only one act can get, so two acts cannot both take the last one.
    """
    body = Use(use=use, incident_id=ctx.incident.id, at=now())
    return all(
        _counted(ctx, limit, use) or any(_take(ctx, unit, body, limit.life) for unit in limit.units)
        for limit in _limits(ctx, action)
    )


def _limits(ctx: IncidentContext, action: str) -> list[_Limit]:
    """The cooldown comes first: an act that it refuses must not spend a unit of the others."""
    budget: Budget = getattr(ctx.runbook.budgets, action)
    name = f"{ctx.runbook.integration}:{action}"
    of_incident = [f"{name}:{ctx.incident.id}:{unit}" for unit in range(budget.per_incident)]
    of_day = [f"{name}:day:{unit}" for unit in range(budget.per_day)]
    limits = [
        _Limit(of_incident, _LONGEST_INCIDENT, f"{budget.per_incident} for this incident are used up"),
        _Limit(of_day, _DAY, f"{budget.per_day} within 24 hours are used up"),
    ]
    if minutes := budget.cooldown_minutes:
        pause = timedelta(minutes=minutes)
        limits.insert(0, _Limit([f"{name}:cooldown"], pause, f"the last one was less than {minutes} minutes ago"))
    return limits


def _take(ctx: IncidentContext, unit: str, body: Use, life: timedelta) -> bool:
    """Takes one unit. If it is taken, it may be by this very act: the SDK repeats a call whose answer got lost."""
    if ctx.table.acquire(unit, body, life):
        return True
    stored = ctx.table.get_record(unit, Use)
    return stored is not None and stored.use == body.use


def _counted(ctx: IncidentContext, limit: _Limit, use: str) -> bool:
    return bool(use) and use in [stored.use for unit in limit.units if (stored := ctx.table.get_record(unit, Use))]
