"""The common part of restarts on all platforms: the contract of a restarter, and the records of a restart."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from pydantic import AwareDatetime

from responder.config.base import Mode
from responder.config.consumers import Consumer
from responder.context import IncidentContext
from responder.contracts.action import NothingToDo, Plan
from responder.domain.clock import now
from responder.domain.finding import Finding
from responder.domain.model import Model

_LIFE = timedelta(days=7)


RestartOutcome = Literal["under_way", "waiting", "restarted", "failed", "needs_people", "stopped"]


class RestartStep(NamedTuple):
    """How far one consumer is. `stopped`: the gate refused a write. `waiting`: the restart is not ordered yet."""

    outcome: RestartOutcome
    text: str


class RestartInProgress(Model):
    """One restart of all consumers. It is stored before the first write, so that any repeat goes on with it.

    `use` is its name. `mode` is the mode that permitted it.
    """

    use: str
    at: AwareDatetime
    deadline: AwareDatetime
    plan: Plan
    mode: Mode = Mode.AUTO


class ConsumerRestart(Model):
    """One consumer's part in a restart. `baseline`: what the platform showed before the restart.

    `ordering_since`: when we began to send the order. `begun`: the platform took the order. `ended`: its outcome and
    text, once it ended while others were still under way, or if it was left to people from the start.
    """

    label: str
    at: AwareDatetime
    baseline: str = ""
    begun: bool = False
    ordering_since: AwareDatetime | None = None
    ended: tuple[RestartOutcome, str] | None = None


# Called right before each write. None allows the write; a text says why it must not be made now.
MayWrite = Callable[[], str | None]


class Restarter(ABC):
    """Restarts one consumer of the key on its platform. All methods raise PlatformRefused."""

    _config: Any

    def __init__(self, config: Consumer) -> None:
        self._config, self.label = config, config.label

    @abstractmethod
    def plan(self, ctx: IncidentContext) -> Plan | NothingToDo:
        """Makes the plan, and writes nothing. The outcome of NothingToDo is needs_people or failed."""

    def obstacle(self, ctx: IncidentContext) -> str | None:
        """A sentence on why a restart after a rotation would not bring the new key, or None. Reads, but no secret."""
        found = self.plan(ctx)
        return found.text if isinstance(found, NothingToDo) else None

    def baseline(self, ctx: IncidentContext) -> str:  # noqa: ARG002
        """A value that changes when the consumer restarts; "" if it needs none, or the platform shows none."""
        return ""

    @abstractmethod
    def go_on(self, ctx: IncidentContext, own: ConsumerRestart, may_write: MayWrite) -> RestartStep:
        """Makes the next write if it is due, and returns how far the restart is. Reads before it writes."""


def stored(ctx: IncidentContext) -> RestartInProgress | None:
    """The incident's last restart."""
    return ctx.table.get_record(f"{ctx.runbook.integration}:restart:{ctx.incident.id}:going", RestartInProgress)


def stored_part(ctx: IncidentContext, label: str) -> ConsumerRestart | None:
    return ctx.table.get_record(_part(ctx, label), ConsumerRestart)


def keep(ctx: IncidentContext, part: ConsumerRestart) -> ConsumerRestart:
    """Stores one consumer's part. Each has its own record, because consumers restart at the same time."""
    ctx.table.put_record(_part(ctx, part.label), part, _LIFE)
    return part


def _part(ctx: IncidentContext, label: str) -> str:
    return f"{ctx.runbook.integration}:restart:{ctx.incident.id}:{label}"


class LastRestart(Model):
    """The integration's last restart. `since`: the rotation before it. `ended_at`: None unless it succeeded."""

    incident_id: str
    since: str
    deadline: AwareDatetime
    ended_at: AwareDatetime | None = None


def keep_last(ctx: IncidentContext, in_progress: RestartInProgress, since: str, *, ended: str | None = None) -> None:
    """Stores the integration's last restart. `ended`: its outcome; after a failure nobody waits for it any more."""
    at = now()
    last = LastRestart(
        incident_id=ctx.incident.id,
        since=since,
        deadline=at if ended else in_progress.deadline,
        ended_at=at if ended == "restarted" else None,
    )
    ctx.table.put_record(f"{ctx.runbook.integration}:restart:last", last, _LIFE)


def restart_of_another(ctx: IncidentContext, since: str) -> LastRestart | None:
    """Another incident's restart that counts for this incident; None if there is none or the key has changed since.

    It counts if it is under way, or if it succeeded after this incident's probes saw the service fail.
    """
    last = last_of_another(ctx)
    if last is None or last.since != since:
        return None
    if last.ended_at is None:
        return last if now() < last.deadline else None
    seen = ctx.table.finding(ctx.incident.id, ctx.incident.evidence_run or "none", "service_health")
    return last if seen and seen.at < last.ended_at else None


def restarted_beside(ctx: IncidentContext, findings: Sequence[Finding]) -> str | None:
    """Another incident's id, if its restart runs or ran while these findings were made: they may mix old and new."""
    last = last_of_another(ctx)
    if last is None or not findings:
        return None
    is_mixture = (
        now() < last.deadline if last.ended_at is None else min(finding.at for finding in findings) < last.ended_at
    )
    return last.incident_id if is_mixture else None


def last_of_another(ctx: IncidentContext) -> LastRestart | None:
    """The integration's last restart, if it is another incident's."""
    last = ctx.table.get_record(f"{ctx.runbook.integration}:restart:last", LastRestart)
    return last if last and last.incident_id != ctx.incident.id else None


def begin(
    ctx: IncidentContext, use: str, plan: Plan, mode: Mode, baselines: dict[str, str], left: dict[str, RestartStep]
) -> RestartInProgress:
    # Whole seconds, as Kubernetes stores times: this time is compared with those of the platform.
    at: datetime = now().replace(microsecond=0)
    for label, baseline in baselines.items():
        keep(ctx, ConsumerRestart(label=label, at=at, baseline=baseline))
    for label, step in left.items():
        keep(ctx, ConsumerRestart(label=label, at=at, ended=(step.outcome, step.text)))
    deadline = at + timedelta(seconds=ctx.runbook.endpoints.service.platform.restart_deadline_seconds)
    in_progress = RestartInProgress(use=use, at=at, deadline=deadline, plan=plan, mode=mode)
    ctx.table.put_record(f"{ctx.runbook.integration}:restart:{ctx.incident.id}:going", in_progress, _LIFE)
    return in_progress
