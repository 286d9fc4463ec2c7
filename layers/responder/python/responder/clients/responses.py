"""Vendors' answers: why a call failed, and JSON of uncertain shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.domain.redact import redact

# An object of JSON.
Json = dict[str, Any]
# A success without the expected content: something between changed the answer.
NOT_ITS_OWN = "the answer is not its own"


@dataclass(frozen=True)
class RequestRefused:
    """Why a call failed, as a phrase without bodies or URLs; `pause` is Retry-After's."""

    why: str
    again: bool
    pause: float = 0.5


# A credential that the vendor does not take, or that lacks a right.
NOT_ACCEPTED = (401, 403)


def refused(answer: Response | NoAnswer) -> RequestRefused:
    """A time-out, 408, 429 and 5xx may be temporary; other errors are permanent."""
    if isinstance(answer, NoAnswer):
        return RequestRefused(answer.sentence, again=answer.kind != "unsent")
    again = answer.status in (408, 420, 429) or answer.status >= 500
    why = answer.said
    if answer.status in NOT_ACCEPTED and (own := vendor_reason(answer)):
        why += f", {own}"
    return RequestRefused(why, again=again, pause=retry_after(answer.headers))


def vendor_reason(answer: Response | NoAnswer) -> str:
    """The vendor's own words, from where PagerDuty, Statuspage, Opsgenie and Jira have them; else empty."""
    body = mapping(answer.json())
    error = body.get("error")
    found = [inner(error, "message"), error, body.get("message")]
    found += body["errorMessages"] if isinstance(body.get("errorMessages"), list) else []
    words = next((one for one in found if isinstance(one, str) and one.strip()), "")
    return redact(" ".join(words[:1000].split()))[:120]


def retry_after(headers: Mapping[str, str], default: float = 0.5) -> float:
    """Seconds; a date gives the default, since vendors send numbers."""
    try:
        return max(0.0, float(headers.get("retry-after", default)))
    except ValueError:
        return default


def inner(value: Any, *names: str) -> Any:
    """`value[a][b]…`; None if a step is missing or not an object."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *names: str) -> Json:
    """The object there; empty if there is none."""
    found = inner(value, *names)
    return found if isinstance(found, dict) else {}


def listed(value: Any, *names: str) -> list[Json]:
    """The objects of the list there; what is no object is left out."""
    found = inner(value, *names)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def whole(value: Any, *names: str) -> int:
    """The whole number there; 0 if there is none."""
    found = inner(value, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
