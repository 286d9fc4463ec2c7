"""What a check is, and what it answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import NOT_ACCEPTED, refused, vendor_reason
from responder.context import IncidentContext

Outcome = Literal["ok", "wrong", "unknown", "off"]


@dataclass(frozen=True)
class Result:
    """`off`: not configured, so nothing was looked at. `todo` is empty where there is nothing to do."""

    outcome: Outcome
    text: str
    todo: str = ""


# Looks and changes nothing. `ctx` is of no incident: only its clients and settings count.
Check = Callable[[IncidentContext], Result]


def ok(text: str) -> Result:
    return Result("ok", text)


def wrong(text: str, todo: str) -> Result:
    return Result("wrong", text, todo)


def unknown(text: str, todo: str) -> Result:
    return Result("unknown", text, todo)


def off(text: str) -> Result:
    return Result("off", text)


def body_of(answer: Response | NoAnswer, what: str, todo: str) -> Any | Result:
    """The JSON of a good answer. A refusal and "not there" are wrong; no answer and what may pass are unknown."""
    if isinstance(answer, Response) and answer.ok and answer.json() is not None:
        return answer.json()
    if isinstance(answer, Response) and answer.ok:
        return unknown(f"{what}: the answer is no JSON", "look at the address")
    why = refused(answer).why
    if isinstance(answer, Response) and answer.status in (*NOT_ACCEPTED, 404):
        own = vendor_reason(answer)
        return wrong(f"{what}: {why}" + (f", {own}" if own and own not in why else ""), todo)
    return unknown(f"{what}: {why}", "run the doctor again; if it stays, look at the address and the network")
