"""From a cause to the branch of the machine that answers it. Pure."""

from collections.abc import Mapping
from typing import Literal

from responder.domain.diagnosis import Cause

PlaybookBranch = Literal[
    "rotate", "contain", "restart", "protect_quota", "degrade", "relieve", "roll_back", "watch", "hand_over"
]

_ANSWERS: Mapping[Cause, PlaybookBranch] = {
    Cause.KEY_REJECTED: "rotate",
    Cause.KEY_LEAKED: "contain",
    Cause.KEY_STALE: "restart",
    Cause.RATE_LIMITED: "protect_quota",
    Cause.PROVIDER_SLOW: "degrade",
    Cause.SERVICE_OVERLOADED: "relieve",
    Cause.SERVICE_FAULT: "roll_back",
    Cause.PROVIDER_OUTAGE: "watch",
    Cause.NO_FAULT: "watch",
}


def playbook_branch(cause: Cause | None) -> PlaybookBranch:
    """What nobody but people can answer, and what is not understood, is handed over."""
    return _ANSWERS.get(cause, "hand_over") if cause else "hand_over"
