"""What the ways to restart the service have in common: a plan, a record of the restart under way, and its next step."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple, Protocol

from pydantic import AwareDatetime

from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import now
from responder.domain.mode import Mode
from responder.domain.model import Model

_LIFE = timedelta(days=7)


class Step(NamedTuple):
    """`under_way`, `waiting` (the order is not given yet), or an end: `restarted`, `failed`, `needs_people`, `stopped`.

    `stopped`: the gate said no before a write.
    """

    outcome: str
    text: str


class RestartInProgress(Model):
    """One restart, kept from before its first write on, so that any repeat goes on with it.

    `use` names it; `mode` is the one under which it was permitted; `sign` is what the platform showed before it began;
    `begun`: the platform took the order.
    `ordering_since`: the order was about to be given, and whether it was is not known until `begun`.
    """

    use: str
    at: AwareDatetime
    deadline: AwareDatetime
    plan: Plan
    mode: Mode = Mode.AUTO
    baseline: str = ""
    begun: bool = False
    ordering_since: AwareDatetime | None = None


# Asked right before each write: None, or why it must not be made now.
MayWrite = Callable[[], str | None]


class Restarter(Protocol):
    """One platform. `plan` and `go_on` raise PlatformRefused for what the platform does not do."""

    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        """Without any write. `Nothing`: not_configured, needs_people or failed."""

    def baseline(self, ctx: IncidentContext) -> str:
        """What changes when the service restarts; empty where nothing shows it."""

    def go_on(self, ctx: IncidentContext, in_progress: RestartInProgress, may_write: MayWrite) -> Step:
        """Makes the write that is due, if one is, or says how far it is. Reads before it writes."""


def stored(ctx: IncidentContext) -> RestartInProgress | None:
    """The incident's last restart."""
    return ctx.table.get_record(_name(ctx), RestartInProgress)


def keep(ctx: IncidentContext, in_progress: RestartInProgress) -> RestartInProgress:
    ctx.table.put_record(_name(ctx), in_progress, _LIFE)
    return in_progress


class Last(Model):
    """The integration's last restart. `since`: the rotation it came after; `ended_at`: None until it worked."""

    incident_id: str
    since: str
    deadline: AwareDatetime
    ended_at: AwareDatetime | None = None


def keep_last(ctx: IncidentContext, in_progress: RestartInProgress, since: str, *, ended: str | None = None) -> None:
    """`ended`: the outcome. One that came to nothing is nobody's to wait for."""
    at = now()
    last = Last(
        incident_id=ctx.incident.id,
        since=since,
        deadline=at if ended else in_progress.deadline,
        ended_at=at if ended == "restarted" else None,
    )
    ctx.table.put_record(f"{ctx.runbook.integration}:restart:last", last, _LIFE)


def restart_of_another(ctx: IncidentContext, since: str) -> Last | None:
    """Another incident's restart that counts as this one's: under way, or it worked after the service was looked at
    here; and the key was not changed since. What was seen before is no reason to restart once more."""
    last = _last(ctx)
    if last is None or last.incident_id == ctx.incident.id or last.since != since:
        return None
    if last.ended_at is None:
        return last if now() < last.deadline else None
    seen = ctx.table.finding(ctx.incident.id, ctx.incident.evidence_run or "none", "service_health")
    return last if seen and seen.at < last.ended_at else None


def is_of_another(ctx: IncidentContext) -> bool:
    """Whether the integration's last restart is another incident's, whatever became of it."""
    last = _last(ctx)
    return last is not None and last.incident_id != ctx.incident.id


def _last(ctx: IncidentContext) -> Last | None:
    return ctx.table.get_record(f"{ctx.runbook.integration}:restart:last", Last)


def begin(ctx: IncidentContext, use: str, plan: Plan, baseline: str, mode: Mode) -> RestartInProgress:
    # Whole seconds, as Kubernetes keeps times; the platform's own times are compared with it.
    at: datetime = now().replace(microsecond=0)
    deadline = at + timedelta(seconds=ctx.runbook.endpoints.service.platform.restart_deadline_seconds)
    return keep(ctx, RestartInProgress(use=use, at=at, deadline=deadline, plan=plan, baseline=baseline, mode=mode))


def _name(ctx: IncidentContext) -> str:
    return f"{ctx.runbook.integration}:restart:{ctx.incident.id}:going"
