"""Updates that a channel refused are delivered later: of the state only the newest, and each question by itself."""

from datetime import datetime, timedelta

from responder.aws.reminder_table import Reminder, Reminders
from responder.context import IncidentContext
from responder.contracts.channel import Failed, Later, NotSent, SendResult
from responder.domain.clock import now
from responder.domain.human_task import task_named
from responder.domain.incident import Incident, Undelivered
from responder.domain.update import Kind, Update

# The wait after a refusal: doubled with each try, up to the longest.
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=10)
MOST_TRIES = 20
_LIFE = timedelta(days=7)
# A newer update of any of these kinds replaces an older one; every other kind waits by itself.
_STATE = (Kind.ANNOUNCED, Kind.PROGRESS, Kind.UPSTREAM_ACTIVITY, Kind.HANDOVER, Kind.MITIGATED, Kind.RESOLVED)


def slot_of(update: Update) -> str:
    if update.kind in _STATE:
        return "state"
    # A question, its reminder and its outcome are about the same task: the newest one is enough.
    return f"task-{update.task}" if update.task else update.kind.value


def remember(ctx: IncidentContext, channel: str, update: Update, outcome: SendResult, *, is_late: bool) -> None:
    """Keeps what is to be delivered later; forgets what this update has replaced."""
    slot, due_at = slot_of(update), _due_at(outcome)
    known = next((one for one in ctx.incident.undelivered if (one.channel, one.slot) == (channel, slot)), None)
    if due_at is None:
        # It was refused for good, or delivered: no older update may follow.
        is_carried = not isinstance(outcome, NotSent) or update.kind not in (Kind.PROGRESS, Kind.UPSTREAM_ACTIVITY)
        if known and (is_late or is_carried):
            _replace(ctx, channel, slot, None)
        return
    tries = known.tries + 1 if known else 0
    if isinstance(outcome, Failed):
        if tries > MOST_TRIES:
            _replace(ctx, channel, slot, None)
            return
        due_at = max(due_at, now() + min(FIRST_WAIT * 2**tries, LONGEST_WAIT))
    ctx.table.put_record(_name(ctx, channel, slot), update, _LIFE)
    _replace(ctx, channel, slot, Undelivered(channel=channel, slot=slot, due_at=due_at, tries=tries))
    if not ctx.incident.status.is_open:
        # No execution is left to send it, so the reminders do. `hours` 0: no reminder to people.
        closed = int(ctx.incident.resolved_at.timestamp()) if ctx.incident.resolved_at else 0
        reminder = Reminder(due_at=due_at, incident_id=ctx.incident.id, hours=0, closed=closed)
        Reminders(ctx.settings.table_name).plan(reminder)


def due_updates(ctx: IncidentContext) -> list[tuple[str, Update]]:
    """Channel and update of each that is due; a question that was decided meanwhile is dropped."""
    found: list[tuple[str, Update]] = []
    for entry in ctx.incident.undelivered:
        if entry.due_at > now():
            continue
        update = ctx.table.get_record(_name(ctx, entry.channel, entry.slot), Update)
        if update is None or _is_outdated(ctx.incident, update):
            _replace(ctx, entry.channel, entry.slot, None)
        else:
            found.append((entry.channel, update))
    return found


def _is_outdated(incident: Incident, update: Update) -> bool:
    if update.kind not in (Kind.TASK, Kind.TASK_REMINDER) or not update.task:
        return False
    task = task_named(incident.human_tasks, update.task)
    return task is None or not task.is_open(now())


def _due_at(outcome: SendResult) -> datetime | None:
    if isinstance(outcome, Later):
        return outcome.at
    return now() + timedelta(seconds=outcome.pause) if isinstance(outcome, Failed) and outcome.again else None


def _replace(ctx: IncidentContext, channel: str, slot: str, entry: Undelivered | None) -> None:
    def replaced(present: Incident) -> Incident:
        others = tuple(one for one in present.undelivered if (one.channel, one.slot) != (channel, slot))
        return present.model_copy(update={"undelivered": (*others, *((entry,) if entry else ()))})

    ctx.table.edit(ctx.incident.id, replaced)


def _name(ctx: IncidentContext, channel: str, slot: str) -> str:
    return f"undelivered:{ctx.incident.id}:{channel}:{slot}"
