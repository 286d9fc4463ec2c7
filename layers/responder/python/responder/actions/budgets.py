"""How often an action may be done: per incident, per day and with a pause between, counted for the integration."""

from datetime import timedelta

from responder.config.actions import Budget
from responder.context import Desk
from responder.domain.clock import iso, now

_DAY = timedelta(days=1)
_LONGEST_INCIDENT = timedelta(days=90)


def used_up(desk: Desk, action: str, use: str) -> str | None:
    """Why the budget says no; None where it does not. A `use` that is counted already is not refused by itself."""
    budget = _budget(desk, action)
    for names, why in (
        (_of_incident(desk, action, budget), f"{budget.per_incident} for this incident are used up"),
        (_of_day(desk, action, budget), f"{budget.per_day} within 24 hours are used up"),
        (_cooldown(desk, action, budget), f"the last one was less than {budget.cooldown_minutes} minutes ago"),
    ):
        if names and not _counted(desk, names, use) and not _is_free(desk, names):
            return f"the budget of {action} says no: {why}"
    return None


def spend(desk: Desk, action: str, use: str) -> bool:
    """Counts one use, once however often it is repeated; False where somebody else took the last one meanwhile.

    Each unit is a record that only one claim can get, so that two incidents cannot both take the last.
    """
    budget = _budget(desk, action)
    body = {"use": use, "incident_id": desk.incident.id, "at": iso(now())}
    groups = [
        (_cooldown(desk, action, budget), timedelta(minutes=budget.cooldown_minutes)),
        (_of_incident(desk, action, budget), _LONGEST_INCIDENT),
        (_of_day(desk, action, budget), _DAY),
    ]
    return all(
        not names or _counted(desk, names, use) or any(_take(desk, name, body, life) for name in names)
        for names, life in groups
    )


def _take(desk: Desk, name: str, body: dict[str, str], life: timedelta) -> bool:
    """A refused claim can be our own whose answer got lost: the SDK repeats a call that it had no answer to."""
    return desk.table.claim(name, body, life) or (desk.table.mark(name) or {}).get("use") == body["use"]


def _budget(desk: Desk, action: str) -> Budget:
    found: Budget = getattr(desk.runbook.budgets, action)
    return found


def _of_incident(desk: Desk, action: str, budget: Budget) -> list[str]:
    return [f"{desk.runbook.integration}:{action}:{desk.incident.id}:{unit}" for unit in range(budget.per_incident)]


def _of_day(desk: Desk, action: str, budget: Budget) -> list[str]:
    return [f"{desk.runbook.integration}:{action}:day:{unit}" for unit in range(budget.per_day)]


def _cooldown(desk: Desk, action: str, budget: Budget) -> list[str]:
    return [f"{desk.runbook.integration}:{action}:cooldown"] if budget.cooldown_minutes else []


def _counted(desk: Desk, names: list[str], use: str) -> bool:
    return bool(use) and any(mark and mark.get("use") == use for mark in map(desk.table.mark, names))


def _is_free(desk: Desk, names: list[str]) -> bool:
    return any(desk.table.mark(name) is None for name in names)
