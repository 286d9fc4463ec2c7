"""The one gate that every action passes: cause, upstream state, modes, stop switch, cooldown and budgets."""

from datetime import timedelta

from responder.actions import ACTIONS
from responder.adapters.desk import Desk
from responder.adapters.parameters import is_stopped, runbook_in_force
from responder.clock import now
from responder.runbook import Budget
from responder.words import Cause, Mode, Word, iso

_CAUTION = (Mode.OBSERVE, Mode.APPROVE, Mode.AUTO)
# Nothing is changed on a guess (design rule 4), whatever an action's own list says.
_GUESSES = (Cause.UNKNOWN, Cause.NO_FAULT)
_DAY = timedelta(days=1)
_LONGEST_INCIDENT = timedelta(days=90)


class Permission(Word):
    """`granted`: go ahead. `observes`: run up to the last write and say what would be done. Else: leave it, `why`."""

    granted: bool
    mode: Mode
    why: str

    @property
    def observes(self) -> bool:
        return not self.granted and self.mode is Mode.OBSERVE


def allowed(desk: Desk, action: str, *, use: str = "") -> Permission:
    """Whether `action` may be done now. `use` names this one act, so that a repeat of it is not refused by itself."""
    return _refused_by_state(desk, action) or _refused_by_mode(desk, action) or _by_budget(desk, action, use)


def may_undo(desk: Desk, action: str) -> Permission:
    """As `allowed`, for taking the action back: undoing costs no budget and waits for no cooldown."""
    return _refused_by_state(desk, action) or _refused_by_mode(desk, action) or _granted("it takes back our own change")


def spend(desk: Desk, action: str, use: str) -> bool:
    """Counts one use, once however often it is repeated; False where somebody else took the last one meanwhile.

    Each unit is a record that only one claim can get, so that two incidents cannot both take the last.
    """
    budget = _budget(desk, action)
    if budget is None:
        return True
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


def _granted(why: str) -> Permission:
    return Permission(granted=True, mode=Mode.AUTO, why=why)


def _refused_by_state(desk: Desk, action: str) -> Permission | None:
    cause = desk.incident.cause
    if desk.incident.is_over_upstream:
        return _refusal("the incident is resolved upstream, and nothing is changed after that")
    if cause is None or cause in _GUESSES or cause not in ACTIONS[action].causes:
        return _refusal(f"the diagnosis is {cause.value if cause else 'open'}, which does not call for it")
    return None


def _refusal(why: str, mode: Mode = Mode.AUTO) -> Permission:
    return Permission(granted=False, mode=mode, why=why)


def _refused_by_mode(desk: Desk, action: str) -> Permission | None:
    if is_stopped(desk.settings.stop_parameter):
        return _refusal("the stop switch is thrown, or cannot be read, which counts as thrown", Mode.OBSERVE)
    in_force = runbook_in_force(desk.settings.runbook_parameter)
    modes = (getattr(desk.runbook.modes, action), getattr(in_force.runbook.modes, action))
    mode = min(modes, key=_CAUTION.index)
    if mode is Mode.OBSERVE:
        return _refusal(in_force.problem or f"the mode of {action} is observe", mode)
    if mode is Mode.APPROVE:
        return _refusal("needs approval: ask people", mode)
    return None


def _by_budget(desk: Desk, action: str, use: str) -> Permission:
    budget = _budget(desk, action)
    if budget is None:
        return _granted("no budget limits it")
    for names, why in (
        (_of_incident(desk, action, budget), f"{budget.per_incident} for this incident are used up"),
        (_of_day(desk, action, budget), f"{budget.per_day} within 24 hours are used up"),
        (_cooldown(desk, action, budget), f"the last one was less than {budget.cooldown_minutes} minutes ago"),
    ):
        if names and not _counted(desk, names, use) and not _is_free(desk, names):
            return _refusal(f"the budget of {action} says no: {why}")
    return _granted("mode auto, within budget")


def _budget(desk: Desk, action: str) -> Budget | None:
    found: Budget | None = getattr(desk.runbook.budgets, action, None)
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
