"""Slack's Web API."""

import json
from typing import Any

import httpx
import pytest

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "Bearer slack-credential"}
META = {"event_type": "responder", "event_payload": {"incident_id": "pd-P1"}}


def _call(outside: Outside, method: str, **fields: Any) -> httpx.Response:
    return outside.http.post(f"/slack/api/{method}", headers=KEY, json=fields)


def _post(outside: Outside, **fields: Any) -> Any:
    return _call(outside, "chat.postMessage", **({"channel": "#incidents", "text": "hello"} | fields)).json()


def test_a_message_is_posted_edited_and_read_back(outside: Outside) -> None:
    posted = _post(outside, metadata=META)
    assert posted["ok"] is True
    assert isinstance(posted["ts"], str)
    where = {"channel": posted["channel"], "ts": posted["ts"]}
    assert _call(outside, "chat.update", **where, text="hello again").json()["text"] == "hello again"
    query = {"channel": posted["channel"], "include_all_metadata": "true"}
    found = outside.http.get("/slack/api/conversations.history", headers=KEY, params=query).json()
    [message] = found["messages"]
    assert (message["text"], message["ts"], message["metadata"]) == ("hello again", posted["ts"], META)
    assert "edited" in message
    without = _call(outside, "conversations.history", channel=posted["channel"]).json()["messages"]
    assert "metadata" not in without[0]


def test_replies_stand_in_their_thread_only_unless_broadcast(outside: Outside) -> None:
    root = _post(outside)
    _post(outside, text="reply", thread_ts=root["ts"])
    _post(outside, text="loud", thread_ts=root["ts"], reply_broadcast=True)
    channel = root["channel"]
    history = _call(outside, "conversations.history", channel=channel).json()["messages"]
    assert [message["text"] for message in history] == ["loud", "hello"]
    replies = _call(outside, "conversations.replies", channel=channel, ts=root["ts"]).json()["messages"]
    assert [message["text"] for message in replies] == ["hello", "reply", "loud"]
    assert _post(outside, thread_ts="1.000001")["error"] == "thread_not_found"


def test_timestamps_are_never_the_same_although_the_clock_stands(outside: Outside) -> None:
    stamps = [_post(outside)["ts"] for _ in range(5)]
    assert stamps == sorted(set(stamps))


def test_history_is_paged_and_bounded(outside: Outside) -> None:
    first, second, third = (_post(outside, text=text) for text in "abc")
    page = _call(outside, "conversations.history", channel=first["channel"], limit=1).json()
    assert ([message["text"] for message in page["messages"]], page["has_more"]) == (["c"], True)
    bounds = {"oldest": first["ts"], "latest": third["ts"]}
    between = _call(outside, "conversations.history", channel=first["channel"], **bounds).json()["messages"]
    assert [message["ts"] for message in between] == [second["ts"]]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"channel": ""}, "channel_not_found"),
        ({"text": ""}, "no_text"),
        ({"blocks": [{"type": "divider"}] * 51}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]}, "invalid_blocks"),
        ({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": ""}}]}, "invalid_blocks"),
        ({"metadata": {"event_type": "only"}}, "invalid_metadata_format"),
    ],
)
def test_a_message_against_the_rules_is_refused_with_http_200(
    outside: Outside, fields: dict[str, Any], error: str
) -> None:
    answer = _call(outside, "chat.postMessage", **({"channel": "#incidents", "text": "hello"} | fields))
    assert (answer.status_code, answer.json()) == (200, {"ok": False, "error": error})


def test_an_edit_needs_the_id_of_the_channel_and_an_existing_message(outside: Outside) -> None:
    posted = _post(outside)
    by_name = _call(outside, "chat.update", channel="#incidents", ts=posted["ts"], text="x").json()
    assert by_name["error"] == "channel_not_found"
    missing = _call(outside, "chat.update", channel=posted["channel"], ts="1.000001", text="x").json()
    assert missing["error"] == "message_not_found"


def test_only_declared_channels_exist_once_one_is_declared(outside: Outside) -> None:
    outside.sandbox.patch({"slack": {"channels": {"#incidents": "C0INCIDENTS"}}})
    assert _post(outside)["channel"] == "C0INCIDENTS"
    assert _post(outside, channel="C0INCIDENTS")["ok"] is True
    assert _post(outside, channel="#elsewhere")["error"] == "channel_not_found"


def test_form_encoded_calls_work_too(outside: Outside) -> None:
    form = {"channel": "#incidents", "text": "t", "blocks": json.dumps([{"type": "divider"}])}
    answer = outside.http.post("/slack/api/chat.postMessage", headers=KEY, data=form).json()
    assert answer["message"]["blocks"] == [{"type": "divider"}]


def test_credentials_errors_and_rate(outside: Outside) -> None:
    anonymous = outside.http.post("/slack/api/auth.test")
    assert (anonymous.status_code, anonymous.json()["error"]) == (200, "not_authed")
    outside.sandbox.patch({"credentials": {"slack": "another"}})
    assert _post(outside)["error"] == "invalid_auth"
    outside.sandbox.patch({"credentials": {"slack": None}, "slack": {"error": "channel_not_found"}})
    assert _post(outside)["error"] == "channel_not_found"
    outside.sandbox.patch({"slack": {"error": None, "rate_limited": True, "retry_after": 7}})
    limited = _call(outside, "chat.postMessage", channel="#incidents", text="x")
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "7")
    assert limited.json() == {"ok": False, "error": "ratelimited"}
