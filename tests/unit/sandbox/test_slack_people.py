"""People in the sandbox's Slack: what a click sends, what the app may answer, and what Slack refuses."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.support.sandbox_client import Outside

KEY = {"Authorization": "Bearer slack-credential"}
SECRET = "signing-secret-of-the-sandbox"
USER = "U0ONCALL"


def button(**changes: Any) -> dict[str, Any]:
    plain = {"type": "plain_text", "text": "Approve"}
    return {"type": "button", "text": plain, "action_id": "approve_ask", "value": "v-1", "style": "primary"} | changes


def decline(**changes: Any) -> dict[str, Any]:
    return button(action_id="decline_ask", style="danger", **changes)


def post(outside: Outside, *elements: dict[str, Any]) -> dict[str, Any]:
    outside.sandbox.patch({"slack": {"signing_secret": SECRET}})
    blocks = [{"type": "actions", "elements": list(elements)}]
    given = {"channel": "#incidents", "text": "plan", "blocks": blocks}
    found: dict[str, Any] = outside.http.post("/slack/api/chat.postMessage", headers=KEY, json=given).json()
    return found


def press(outside: Outside, action: str = "approve", **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = outside.http.post("/_click", json={"user": USER, "action": action} | given).json()
    return found


def payload(sent: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(parse_qs(sent["body"])["payload"][0])
    return found


def view(**changes: Any) -> dict[str, Any]:
    plain = {"type": "plain_text", "text": "Decline"}
    entry = {"type": "plain_text_input", "action_id": "why"}
    blocks = [{"type": "input", "block_id": "reason", "label": plain, "element": entry}]
    return {"type": "modal", "title": plain, "submit": plain, "private_metadata": "m", "blocks": blocks} | changes


def open_view(outside: Outside, trigger: str, **changes: Any) -> Any:
    given = {"trigger_id": trigger, "view": view(**changes)}
    return outside.http.post("/slack/api/views.open", headers=KEY, json=given).json()


def test_a_click_is_signed_and_says_who_what_and_where(outside: Outside) -> None:
    posted = post(outside, button(), decline())
    sent = press(outside)
    at = sent["headers"]["X-Slack-Request-Timestamp"]
    digest = hmac.new(SECRET.encode(), f"v0:{at}:{sent['body']}".encode(), hashlib.sha256).hexdigest()
    assert sent["headers"]["X-Slack-Signature"] == f"v0={digest}"
    assert at == str(int(outside.now))
    said = payload(sent)
    assert (said["type"], said["user"]["id"]) == ("block_actions", USER)
    assert said["container"]["message_ts"] == posted["ts"]
    assert said["actions"] == [{"type": "button", "action_id": "approve_ask", "value": "v-1"}]


def test_the_newest_button_is_pressed_and_an_edited_message_has_none_but_for_who_has_not_seen_it(
    outside: Outside,
) -> None:
    old, new = post(outside, button(value="old")), post(outside, button(value="new"))
    assert payload(press(outside))["actions"][0]["value"] == "new"
    edit = {"channel": new["channel"], "ts": new["ts"], "text": "done", "blocks": [{"type": "divider"}]}
    outside.http.post("/slack/api/chat.update", headers=KEY, json=edit)
    assert payload(press(outside))["container"]["message_ts"] == old["ts"]
    assert payload(press(outside, ts=new["ts"]))["actions"][0]["value"] == "new"
    assert outside.http.post("/_click", json={"user": USER, "action": "decline"}).status_code == 409
    assert outside.http.post("/_click", json={"user": USER, "action": "dance"}).status_code == 400


def test_a_response_url_edits_or_whispers_five_times_and_half_an_hour(outside: Outside) -> None:
    posted = post(outside, button())
    url = payload(press(outside))["response_url"]
    assert outside.http.post(url, json={"response_type": "ephemeral", "text": "too late"}).json() == {"ok": True}
    assert outside.sandbox.world["slack"]["whispers"] == [
        {"user": USER, "channel": posted["channel"], "text": "too late"}
    ]
    outside.http.post(url, json={"replace_original": True, "text": "decided"})
    [message] = outside.sandbox.world["slack"]["messages"][posted["channel"]]
    assert (message["text"], message["ts"]) == ("decided", posted["ts"])
    codes = [outside.http.post(url, json={"text": "again"}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 404]
    late = payload(press(outside, ts=posted["ts"]))["response_url"]
    outside.now += 1801
    assert outside.http.post(late, json={"text": "late"}).status_code == 404


def test_a_dialog_opens_once_within_three_seconds_and_sends_the_reason(outside: Outside) -> None:
    post(outside, decline())
    trigger = payload(press(outside, "decline"))["trigger_id"]
    assert open_view(outside, "1.2")["error"] == "invalid_trigger_id"
    assert open_view(outside, trigger)["ok"] is True
    assert open_view(outside, trigger)["error"] == "exchanged_trigger_id"
    sent = payload(outside.http.post("/_submit", json={"user": USER, "reason": "no"}).json())
    assert sent["type"] == "view_submission"
    assert sent["view"]["private_metadata"] == "m"
    assert sent["view"]["state"]["values"] == {"reason": {"why": {"value": "no"}}}
    assert outside.http.post("/_submit", json={"user": USER}).status_code == 409
    slow = payload(press(outside, "decline"))["trigger_id"]
    outside.now += 4
    assert open_view(outside, slow)["error"] == "expired_trigger_id"


LONG = {"type": "plain_text", "text": "x" * 25}


@pytest.mark.parametrize(
    "broken",
    [{"title": LONG}, {"submit": None}, {"close": LONG}, {"private_metadata": "x" * 3001}, {"type": "home"}],
)
def test_a_dialog_beyond_the_limits_is_refused(outside: Outside, broken: dict[str, Any]) -> None:
    post(outside, decline())
    trigger = payload(press(outside, "decline"))["trigger_id"]
    assert open_view(outside, trigger, **broken)["error"] == "invalid_arguments"


def confirm(**changes: int) -> dict[str, Any]:
    sizes = {"title": 9, "text": 20, "confirm": 7, "deny": 4} | changes
    return {name: {"type": "plain_text", "text": "x" * size} for name, size in sizes.items()}


@pytest.mark.parametrize(
    "broken",
    [
        {"text": {"type": "plain_text", "text": "x" * 76}},
        {"text": {"type": "plain_text", "text": ""}},
        {"value": "x" * 2001},
        {"action_id": ""},
        {"style": "loud"},
        {"confirm": confirm(text=301)},
        {"confirm": confirm(title=101)},
        {"confirm": confirm(deny=31)},
        {"confirm": {"title": {"type": "plain_text", "text": "only"}}},
    ],
)
def test_a_button_beyond_the_limits_is_refused(outside: Outside, broken: dict[str, Any]) -> None:
    assert post(outside, button(**broken))["error"] == "invalid_blocks"
    assert post(outside, button(confirm=confirm()))["ok"] is True


def test_two_buttons_of_one_name_are_refused(outside: Outside) -> None:
    assert post(outside, button(), button())["error"] == "invalid_blocks"


@pytest.fixture
def app(outside: Outside) -> Iterator[list[dict[str, Any]]]:
    """Our side: takes what Slack sends, and opens the dialog when Decline was pressed."""
    taken: list[dict[str, Any]] = []

    class Takes(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append({"path": self.path, "tenant": self.headers["X-Tenant"], **payload({"body": body})})
            if taken[-1]["type"] == "block_actions":
                open_view(outside, taken[-1]["trigger_id"])
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Takes)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/slack/interactions"
    outside.sandbox.patch({"slack": {"interactivity_url": url, "interactivity_headers": {"X-Tenant": "t"}}})
    yield taken
    server.shutdown()
    server.server_close()
    thread.join()


def test_with_an_address_slack_calls_the_app_itself_and_the_app_may_call_back(
    outside: Outside, app: list[dict[str, Any]]
) -> None:
    post(outside, decline())
    came = press(outside, "decline", reason="not now")
    assert (came["status"], came["dialog"]["status"]) == (200, 200)
    click, sent = app
    assert (click["path"], click["tenant"], click["type"]) == ("/slack/interactions", "t", "block_actions")
    assert sent["view"]["state"]["values"]["reason"]["why"]["value"] == "not now"


def test_an_app_that_does_not_answer_is_given_up(outside: Outside) -> None:
    post(outside, button())
    outside.sandbox.patch({"slack": {"interactivity_url": "http://127.0.0.1:9/closed"}})
    assert press(outside) == {"delivered": False, "error": "ConnectError"}
