"""What the probe runs of an incident have shown so far. Pure."""

from datetime import datetime

from pydantic import AwareDatetime

from responder.domain.diagnosis import Cause
from responder.domain.model import Model


class MonitoringState(Model):
    """Stored with the incident, except `iteration` and `acted`: a variable of the state machine carries those, so that
    a repeated step decides the same again.

    `slot` names the next probe run: two names take turns, so that a long incident does not fill the table.
    """

    # The execution continues a very long incident. After a failure it is False: the work starts anew.
    resumed: bool = False
    iteration: int = 0
    runs: int = 0
    slot: int = 0
    good_runs: int = 0
    last_run: str | None = None
    probed_at: AwareDatetime | None = None
    good_since: AwareDatetime | None = None
    # The last run's cause, and how many runs in a row had it.
    cause: Cause | None = None
    cause_runs: int = 0
    # The decisions after which the playbook ran again (human_task_progress.decisions_to_act_on).
    acted: tuple[str, ...] = ()

    def seen(self, run_name: str, is_good: bool, at: datetime, cause: Cause | None = None) -> "MonitoringState":
        return self.model_copy(
            update={
                "runs": self.runs + 1,
                "slot": (self.runs + 1) % 2,
                "last_run": run_name,
                "probed_at": at,
                "good_runs": self.good_runs + 1 if is_good else 0,
                "good_since": (self.good_since or at) if is_good else None,
                "cause": cause,
                "cause_runs": self.cause_runs + 1 if cause is self.cause else 1,
            }
        )
