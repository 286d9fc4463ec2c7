"""Every kind of call to a vendor, and every answer of the sandbox, against the vendor's own OpenAPI document."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.openapi import Document
from tests.conformance.vendor_exceptions import is_accepted
from tests.support.skips import OPENAPI, needs_openapi

OfKind = Callable[[str], list[dict[str, Any]]]
# Vendor of the sandbox → (document, what the sandbox has in front of its paths)
DOCUMENTS = {
    "pagerduty": ("pagerduty-rest.json", "/pagerduty"),
    "opsgenie": ("opsgenie.json", "/opsgenie"),
    "slack": ("slack-web.json", "/slack/api"),
    "statuspage": ("statuspage.json", "/statuspage/v1"),
    "tickets": ("jira-cloud.json", "/tickets"),
}


@needs_openapi
@pytest.mark.parametrize("vendor", DOCUMENTS)
def test_calls_and_answers_are_as_the_vendor_says(vendor: str, of_kind: OfKind, count: Callable[[str], None]) -> None:
    file, base = DOCUMENTS[vendor]
    document = Document(OPENAPI / file, base)
    calls = [call for call in of_kind("vendors") if call["vendor"] == vendor]
    assert calls, f"no call to {vendor} was recorded"
    found = [(call["method"], call["route"], breach) for call in calls for breach in document.breaches(call)]
    deviations = [one for one in found if not is_accepted(vendor, one[-1])]
    accepted = f"{len(found) - len(deviations)} more accepted in vendor_exceptions.py"
    count(f"{len(calls)} calls to {vendor} and their answers, {len(deviations)} deviations, {accepted}")
    assert deviations == []


def test_the_sandbox_never_crashed(of_kind: OfKind, count: Callable[[str], None]) -> None:
    """A crash is answered with Flask's own page, which the product would take for a vendor in trouble."""
    calls = of_kind("vendors")
    crashed = [call for call in calls if call["status"] == 500 and call["type"] == "text/html"]
    count(f"{len(calls)} calls to the sandbox, {len(crashed)} crashes")
    assert crashed == []


CALL = {"method": "PUT", "path": "/pagerduty/incidents/PX", "query": [], "headers": {}, "status": 401, "answer": {}}


@needs_openapi
@pytest.mark.parametrize(
    ("vendor", "call", "breach"),
    [
        ("pagerduty", {"body": {}}, "request: the header From is required"),
        ("pagerduty", {"body": {"incident": {"type": "incident", "status": "gone"}}}, "'gone' is not one of"),
        ("pagerduty", {"method": "GET", "body": None, "query": [["onlyme", "1"]]}, "no query parameter onlyme"),
        ("pagerduty", {"path": "/pagerduty/pets", "body": {}}, "the document has no PUT /pets"),
        (
            "statuspage",
            {"method": "POST", "path": "/statuspage/v1/pages/p/incidents", "body": {"incident": {"status": "gone"}}},
            "body.incident.status: 'gone' is not one of",
        ),
        ("slack", {"method": "POST", "path": "/slack/api/chat.update", "body": {"txt": ""}}, "no field txt"),
        ("slack", {"method": "POST", "path": "/slack/api/chat.update", "body": {}}, "the field ts is required"),
        (
            "tickets",
            {"method": "POST", "path": "/tickets/rest/api/3/issue", "body": {"fields": []}},
            "body.fields: [] is not of type 'object'",
        ),
    ],
)
def test_what_a_document_refuses(vendor: str, call: dict[str, Any], breach: str) -> None:
    file, base = DOCUMENTS[vendor]
    found = Document(OPENAPI / file, base).breaches(CALL | call)
    assert any(breach in one for one in found), found
