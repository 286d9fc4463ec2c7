"""What PagerDuty's error bodies become, as others have met them in public."""

import json
from typing import Any

import pytest

from responder.clients.http import Response
from responder.integrations.pagerduty.client import refused

# github.com/dropbox/pygerduty/pull/64, quintoandar/airflow-pagerduty-plugin#1 and hubot-archive/hubot-pager-me#57.
SEEN = {
    "HTTP 400, 1008: the From address is no user of this account": {
        "error": {"message": "Requester User Not Found", "code": 1008, "errors": []}
    },
    "HTTP 400, 2016: You must specify a user's email address in the “From” header to perform this action": {
        "error": {
            "message": "You must specify a user's email address in the “From” header to perform this action",
            "code": 2016,
        }
    },
    "HTTP 400, 2001: Invalid Input Provided": {
        "error": {
            "message": "Invalid Input Provided",
            "code": 2001,
            "errors": ["Status must be a list of triggered, acknowledged, or resolved."],
        }
    },
    "HTTP 400": {"error": {"message": "Bad Request"}},
}


@pytest.mark.parametrize(("why", "body"), SEEN.items())
def test_the_code_and_what_it_means_are_the_reason(why: str, body: dict[str, Any]) -> None:
    found = refused(Response(400, {"content-type": "application/json"}, json.dumps(body), 12))
    assert (found.why, found.again) == (why, False)
