"""From a cause to the branch of the machine that answers it. Pure."""

from typing import Literal

from responder.words import Cause, Verdict

Answer = Literal["rotate", "restart", "watch", "hand_over"]


def answer_to(cause: Cause | None) -> Answer:
    """What nobody but people can answer, and what is not understood, is handed over."""
    if cause is Cause.KEY_REJECTED:
        return "rotate"
    if cause is Cause.KEY_STALE:
        return "restart"
    if cause is Cause.NO_FAULT or (cause and cause.verdict is Verdict.THEIRS):
        return "watch"
    return "hand_over"
