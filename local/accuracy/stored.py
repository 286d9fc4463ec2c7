"""An incident of the running local stack, read as anybody reads it: GET /incidents/{id}."""

from dataclasses import dataclass
from urllib.parse import quote

import httpx

from local.places import ROOT, Home
from responder.runbook import Runbook, packaged
from responder.words import Diagnosis, Finding


@dataclass(frozen=True)
class Stored:
    """`runbook` is the packaged one: the incident's own is not shown by the API."""

    diagnosis: Diagnosis
    findings: tuple[Finding, ...]
    runbook: Runbook


def stored(incident_id: str) -> Stored:
    """Raises LookupError, with what to do, where there is no such stack, incident or diagnosis."""
    stack = Home(ROOT / ".local").read_stack()
    if stack is None:
        raise LookupError("there is no local stack: make up")
    url = f"{stack['api_url']}/incidents/{quote(incident_id, safe='')}"
    try:
        answer = httpx.get(url, headers=stack["api_headers"], timeout=30)
    except httpx.HTTPError as error:
        raise LookupError(f"the local stack does not answer ({type(error).__name__}): make up") from error
    if answer.status_code != 200:
        raise LookupError(
            f"GET {url} answers {answer.status_code}; GET {stack['api_url']}/incidents lists what there is"
        )
    body = answer.json()
    told = [entry["data"] for entry in body["timeline"] if entry["kind"] == "diagnosis"]
    if not told:
        raise LookupError(f"{incident_id} has no diagnosis yet")
    known = {name: value for name, value in told[-1].items() if name in Diagnosis.model_fields}
    return Stored(Diagnosis.load(known), tuple(Finding.load(one) for one in body["findings"]), packaged())
