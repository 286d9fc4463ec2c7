"""Reads vendors' answers: why a call failed, and JSON whose form is not certain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.domain.redact import redact

# An object of JSON.
Json = dict[str, Any]
# Said of a success without the expected content: something between the vendor and us changed the answer.
NOT_ITS_OWN = "the answer is not its own"


@dataclass(frozen=True)
class RequestRefused:
    """`why` a call failed: a clause without bodies or URLs. `again`: a retry may help, after `pause` seconds."""

    why: str
    again: bool
    pause: float = 0.5


# The vendor does not accept the credential, or it lacks a right.
NOT_ACCEPTED = (401, 403)


def refused(answer: Response | NoAnswer) -> RequestRefused:
    """Why a call that failed was refused. A time-out, 408, 420, 429 and 5xx may pass; other errors do not."""
    if isinstance(answer, NoAnswer):
        return RequestRefused(answer.sentence, again=answer.kind != "unsent")
    again = answer.status in (408, 420, 429) or answer.status >= 500
    why = answer.said
    if answer.status in NOT_ACCEPTED and (own := vendor_reason(answer)):
        why += f", {own}"
    return RequestRefused(why, again=again, pause=retry_after(answer.headers))


def vendor_reason(answer: Response | NoAnswer) -> str:
    """The vendor's own words, from the fields where PagerDuty, Statuspage, Opsgenie and Jira put them; else ""."""
    body = mapping(answer.json())
    error = body.get("error")
    found = [inner(error, "message"), error, body.get("message")]
    found += body["errorMessages"] if isinstance(body.get("errorMessages"), list) else []
    words = next((one for one in found if isinstance(one, str) and one.strip()), "")
    return redact(" ".join(words[:1000].split()))[:120]


def retry_after(headers: Mapping[str, str], default: float = 0.5) -> float:
    """Retry-After in seconds. A date gives the default, because vendors send numbers."""
    try:
        return max(0.0, float(headers.get("retry-after", default)))
    except ValueError:
        return default


def inner(value: Any, *names: str) -> Any:
    """`value[a][b]…`; None if a name is missing or its parent is no object."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def mapping(value: Any, *names: str) -> Json:
    """The object at `names`; empty if there is none."""
    found = inner(value, *names)
    return found if isinstance(found, dict) else {}


def listed(value: Any, *names: str) -> list[Json]:
    """The objects in the list at `names`. Everything else in it is left out."""
    found = inner(value, *names)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def whole(value: Any, *names: str) -> int:
    """The whole number at `names`; 0 if there is none."""
    found = inner(value, *names)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
