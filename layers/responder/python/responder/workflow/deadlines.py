"""The clocks of an incident for updates and polling. Pure; times come in as arguments."""

from datetime import datetime, timedelta

from responder.config.runbook import Runbook
from responder.domain.diagnosis import Severity

# How long one waiting state may wait. The machine's time-out is long enough for renew_after_iterations of them.
LONGEST_WAIT = timedelta(seconds=300)
# ClassifyIncident waits at least this long, which is longer than its function may run: its time-out is never a hang.
SHORTEST_IN_CLASSIFY = timedelta(seconds=30)


# Starting, composing and sending take this long, and the update must arrive when it was promised.
TIME_TO_TELL = timedelta(seconds=30)


def next_update(runbook: Runbook, severity: Severity, told_at: datetime) -> datetime:
    """When to begin the next update, so that people have it at `promised_by`."""
    return told_at + timedelta(minutes=runbook.updates.every_minutes[severity]) - TIME_TO_TELL


def promised_by(runbook: Runbook, severity: Severity, told_at: datetime) -> datetime:
    """The time that people are promised at `told_at`, rounded up to a full minute."""
    due = told_at + timedelta(minutes=runbook.updates.every_minutes[severity])
    return due.replace(second=0, microsecond=0) + timedelta(minutes=1 if due.second or due.microsecond else 0)


def poll_interval(runbook: Runbook, age: timedelta) -> timedelta:
    """The pause between probe runs: the older the incident, the longer."""
    for limit, seconds in runbook.monitoring.poll_seconds:
        if limit is None or age < timedelta(seconds=limit):
            return timedelta(seconds=seconds)
    return timedelta(seconds=runbook.monitoring.poll_seconds[-1][1])


def quiet_wait(runbook: Runbook, age: timedelta) -> timedelta:
    """How long ClassifyIncident may wait if nothing is new; fixed before it knows that."""
    return min(max(poll_interval(runbook, age), SHORTEST_IN_CLASSIFY), LONGEST_WAIT)
