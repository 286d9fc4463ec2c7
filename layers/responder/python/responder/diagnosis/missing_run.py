"""The finding for a probe run whose function gave no answer. Pure."""

import re
from datetime import datetime

from responder.config.runbook import Runbook
from responder.domain.finding import Finding, FindingStatus

NAME = "diagnostics"
# The state machine names such a run with this prefix and the error's name. Its finding is stored under another name,
# because the names of runs are used again, and findings of two runs must not mix.
PREFIX = "unavailable:"
_ERROR = re.compile(r"[A-Za-z][A-Za-z.]{0,49}")


def blind_finding(run_name: str, runbook: Runbook, at: datetime) -> Finding:
    """The finding. Its measurement `unavailable` is the error's name, such as a time-out."""
    name = run_name.removeprefix(PREFIX)
    error = name if _ERROR.fullmatch(name) else "unknown"
    inside = runbook.endpoints.service.shares_network_with_probes
    place = "in the service's network" if inside else "outside the service's network"
    return Finding(
        probe=NAME,
        status=FindingStatus.FAILED,
        summary=f"The function that looks, which is {place}, could not answer at all ({error}).",
        measurements={"unavailable": error},
        seen_from="service_network" if inside else "function",
        at=at,
    )
