"""The form of a check and of its result."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import NOT_ACCEPTED, refused, vendor_reason
from responder.context import IncidentContext

Outcome = Literal["ok", "wrong", "unknown", "off"]


@dataclass(frozen=True)
class Result:
    """`off`: it is not configured, so nothing was checked. `todo`: what people can do; "" if nothing."""

    outcome: Outcome
    text: str
    todo: str = ""


# A check only reads. `ctx` has no real incident: only its clients and settings are used.
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
    """The JSON of a good answer. A refusal or "not found" is wrong. No answer, or a passing error, is unknown."""
    if isinstance(answer, Response) and answer.ok and answer.json() is not None:
        return answer.json()
    if isinstance(answer, Response) and answer.ok:
        return unknown(f"{what}: the answer is no JSON", "look at the address")
    why = refused(answer).why
    if isinstance(answer, Response) and answer.status in (*NOT_ACCEPTED, 404):
        own = vendor_reason(answer)
        return wrong(f"{what}: {why}" + (f", {own}" if own and own not in why else ""), todo)
    return unknown(f"{what}: {why}", "run the doctor again; if it stays, look at the address and the network")
