"""What is known of the looks and turns of a watch. Pure."""

from datetime import datetime

from pydantic import AwareDatetime

from responder.domain.diagnosis import Cause
from responder.domain.model import Model


class MonitoringState(Model):
    """What the looks have shown so far, stored with the incident, and the machine's own count.

    `turn` and `acted` are the machine's: its variable carries them, so that a repeated step decides the same again.
    `slot` names the round that is looked at next; two take turns, so that a long watch does not fill the table.
    """

    # A fresh execution of a very long incident takes over a watch; after a failure it starts the work anew.
    resumed: bool = False
    iteration: int = 0
    runs: int = 0
    slot: int = 0
    good_runs: int = 0
    last_run: str | None = None
    probed_at: AwareDatetime | None = None
    good_since: AwareDatetime | None = None
    # What the last look said, and how many looks in a row have said so.
    cause: Cause | None = None
    cause_runs: int = 0
    # The answers of people that the playbook was run again for (asking.answers_to_act_on).
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
