"""At an incident's end: what was switched for it is switched back, latest first; people hear of what is not."""

from responder.actions import doable
from responder.actions.gate import may_give_back
from responder.context import Desk
from responder.contracts.action import Done
from responder.domain.clock import now
from responder.domain.incident import Incident, Settled
from responder.domain.mode import Mode
from responder.notify import tell_people


def switch_back(desk: Desk) -> dict[str, str]:
    """→ `outcome`: undone, kept (people changed it since, or several incidents share it) or failed; with `text`.

    Each action's own undo reads first, so a repeat does nothing twice. What failed stays on the incident and is tried
    again; the audit tells people of what is left in the end.
    """
    results = [(action, _given_back(desk, action)) for action in reversed(desk.incident.switched)]
    left = tuple(action for action, done in reversed(results) if done.outcome == "failed")
    desk.table.change(desk.incident.id, lambda present: _after(present, left))
    outcomes = {done.outcome for _, done in results}
    outcome = next((word for word in ("failed", "kept") if word in outcomes), "undone")
    text = " ".join(done.text for _, done in results) or "Nothing was switched."
    if outcome != "undone":
        key = f"switch-back-{desk.generation}-{outcome}-{'-'.join(left)}"
        tell_people(desk, key=key, text=f"Incident {desk.incident.id}: {text}")
    return {"outcome": outcome, "text": text}


def _given_back(desk: Desk, action: str) -> Done:
    permission = may_give_back(desk, action)
    settled = _last(desk, action)
    if not permission.granted:
        done = Done(outcome="failed", text=f"Not switched back ({action}): {permission.why}.")
    else:
        done = doable(action).undo(desk, settled)
    key = f"{action}-back-{desk.generation}-{int(settled.at.timestamp())}-{done.outcome}"
    desk.tell("action_outcome", done.text, key=key, action=action, outcome=done.outcome, **done.data)
    record = Settled(
        name=action,
        mode=permission.mode.value,
        plan=f"Give back what {action} switched.",
        outcome=done.outcome,
        at=now(),
        data={"text": done.text, **done.data},
    )
    desk.table.keep_action(desk.incident.id, f"{action}-back-{int(settled.at.timestamp())}", record)
    return done


def _last(desk: Desk, action: str) -> Settled:
    """The newest record of doing it; where it was cut off before there was one, its undo finds nothing to give back."""
    done = [one for one in desk.table.actions(desk.incident.id) if one.name == action and "plan_hash" in one.data]
    unknown = Settled(name=action, mode=Mode.AUTO.value, plan=action, outcome="applying", at=desk.incident.started_at)
    return max(done, key=lambda one: one.at, default=unknown)


def _after(present: Incident | None, left: tuple[str, ...]) -> Incident:
    if present is None:
        raise LookupError("the incident disappeared while it was switched back")
    failures = present.switch_back_failures + 1 if left else 0
    changes = {"switched": left, "switched_back_at": now(), "switch_back_failures": failures}
    return present.model_copy(update=changes)
