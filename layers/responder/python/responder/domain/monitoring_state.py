"""What monitoring has seen so far of an incident. Pure."""

from datetime import datetime

from pydantic import AwareDatetime

from responder.domain.diagnosis import Cause
from responder.domain.model import Model


class MonitoringState(Model):
    """It is stored with the incident, but a variable of the state machine carries `iteration` and `acted`, so that a
    repeated step decides the same again.

    `slot`: part of the next run's name. Only two names are used in turn, so a long incident does not fill the table.
    """

    # True if the execution continues a very long incident. After a failure it is False, and the work begins anew.
    resumed: bool = False
    iteration: int = 0
    runs: int = 0
    slot: int = 0
    good_runs: int = 0
    last_run: str | None = None
    probed_at: AwareDatetime | None = None
    good_since: AwareDatetime | None = None
    # The cause that the last run showed, and how many runs in a row showed it.
    cause: Cause | None = None
    cause_runs: int = 0
    # The decisions that the playbook has acted on (human_task.decisions_to_act_on).
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
