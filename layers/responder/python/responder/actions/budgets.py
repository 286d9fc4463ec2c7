"""How often an action may be done: per incident, per day and with a pause between, counted for the integration."""

from datetime import timedelta

from pydantic import AwareDatetime

from responder.config.budget import Budget
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.model import Model


class Use(Model):
    """One unit of a budget, spent."""

    use: str
    incident_id: str
    at: AwareDatetime


_DAY = timedelta(days=1)
_LONGEST_INCIDENT = timedelta(days=90)


def used_up(ctx: IncidentContext, action: str, use: str) -> str | None:
    """Why the budget says no; None where it does not. A `use` that is counted already is not refused by itself."""
    budget = _budget(ctx, action)
    for names, why in (
        (_of_incident(ctx, action, budget), f"{budget.per_incident} for this incident are used up"),
        (_of_day(ctx, action, budget), f"{budget.per_day} within 24 hours are used up"),
        (_cooldown(ctx, action, budget), f"the last one was less than {budget.cooldown_minutes} minutes ago"),
    ):
        if names and not _counted(ctx, names, use) and not _is_free(ctx, names):
            return f"the budget of {action} says no: {why}"
    return None


def spend(ctx: IncidentContext, action: str, use: str) -> bool:
    """Counts one use, once however often it is repeated; False where somebody else took the last one meanwhile.

    Each unit is a record that only one claim can get, so that two incidents cannot both take the last.
    """
    budget = _budget(ctx, action)
    body = Use(use=use, incident_id=ctx.incident.id, at=now())
    groups = [
        (_cooldown(ctx, action, budget), timedelta(minutes=budget.cooldown_minutes)),
        (_of_incident(ctx, action, budget), _LONGEST_INCIDENT),
        (_of_day(ctx, action, budget), _DAY),
    ]
    return all(
        not names or _counted(ctx, names, use) or any(_take(ctx, name, body, life) for name in names)
        for names, life in groups
    )


def _take(ctx: IncidentContext, name: str, body: Use, life: timedelta) -> bool:
    """A refused claim can be our own whose answer got lost: the SDK repeats a call that it had no answer to."""
    if ctx.table.acquire(name, body, life):
        return True
    stored = ctx.table.get_record(name, Use)
    return stored is not None and stored.use == body.use


def _budget(ctx: IncidentContext, action: str) -> Budget:
    found: Budget = getattr(ctx.runbook.budgets, action)
    return found


def _of_incident(ctx: IncidentContext, action: str, budget: Budget) -> list[str]:
    return [f"{ctx.runbook.integration}:{action}:{ctx.incident.id}:{unit}" for unit in range(budget.per_incident)]


def _of_day(ctx: IncidentContext, action: str, budget: Budget) -> list[str]:
    return [f"{ctx.runbook.integration}:{action}:day:{unit}" for unit in range(budget.per_day)]


def _cooldown(ctx: IncidentContext, action: str, budget: Budget) -> list[str]:
    return [f"{ctx.runbook.integration}:{action}:cooldown"] if budget.cooldown_minutes else []


def _counted(ctx: IncidentContext, names: list[str], use: str) -> bool:
    return bool(use) and use in [stored.use for name in names if (stored := ctx.table.get_record(name, Use))]


def _is_free(ctx: IncidentContext, names: list[str]) -> bool:
    return not all(map(ctx.table.has_record, names))
