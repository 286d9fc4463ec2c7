"""Whether Opsgenie or JSM takes an API key, by a call that changes nothing."""

import uuid

from responder.clients.http import Http, NoAnswer, Response
from responder.clients.responses import mapping
from responder.domain.alert import Source


def try_key(http: Http, source: Source, api_url: str, api_key: str) -> Response | NoAnswer:
    """Opsgenie: lists one alert. JSM's API cannot list, so it asks for the status of a write that nobody made."""
    what = "alerts?limit=1" if source == "opsgenie" else f"alerts/requests/{uuid.uuid4()}"
    return http.call("GET", f"{api_url}/v2/{what}", headers={"Authorization": f"GenieKey {api_key}"})


def is_taken(answer: Response | NoAnswer) -> bool:
    """A 404 with a `requestId` is the API's own, so the key was accepted: a refused key gets another answer."""
    if isinstance(answer, NoAnswer):
        return False
    return answer.ok or (answer.status == 404 and bool(mapping(answer.json()).get("requestId")))
