"""The journal: every call oldest first, credentials only as fingerprints."""

import json
from datetime import datetime

import pytest

from tests.support.sandbox_client import Outside

CREDENTIAL = "a-long-credential"


def test_a_call_is_kept_with_what_it_said_and_what_it_was_answered(outside: Outside) -> None:
    outside.http.get("/twinmind-status/api/v2/status.json")
    outside.http.post(
        "/slack/api/chat.postMessage",
        headers={"Authorization": f"Bearer {CREDENTIAL}"},
        json={"channel": "#incidents", "text": "hello"},
    )
    first, second = outside.http.get("/_journal").json()
    assert (first["vendor"], first["method"], first["path"]) == (
        "twinmind_status",
        "GET",
        "/twinmind-status/api/v2/status.json",
    )
    assert datetime.fromisoformat(second["at"]).timestamp() == outside.now
    assert second["body"] == {"channel": "#incidents", "text": "hello"}
    assert (second["status"], second["answered"]) == (200, True)
    assert second["credential"] == outside.sandbox.fingerprint(CREDENTIAL)


def test_reading_the_world_and_the_journal_leaves_no_trace(outside: Outside) -> None:
    outside.http.get("/_world")
    outside.http.get("/_journal")
    assert outside.sandbox.journal() == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/pagerduty/incidents/P1/notes", {"note": {"content": "our key is {key} now"}}),
        ("/pagerduty/incidents/P1/notes?key={key}", {}),
        ("/statuspage/v1/pages/p/incidents?api_key={key}", {"incident": {"name": "n", "metadata": {"{key}": {}}}}),
        ("/opsgenie/v2/alerts/a/notes", {"note": "n", "api_key": "never-seen-before"}),
        ("/slack/api/chat.postMessage", {"channel": "c", "text": "t", "token": "never-seen-before"}),
        ("/slack/api/chat.postMessage", {"text": "an older key: " + "tm_sk_" + "prod_forgotten"}),
        ("/twinmind/v1/transcribe", {"audio_url": "https://example.com/a.mp3", "note": CREDENTIAL}),
    ],
)
def test_no_credential_is_kept_in_clear(outside: Outside, path: str, body: dict[str, object]) -> None:
    key = outside.key()
    text = json.dumps(body).replace("{key}", key)
    headers = {"Authorization": f"Bearer {CREDENTIAL}", "Content-Type": "application/json"}
    outside.http.post(path.replace("{key}", key), headers=headers, content=text)
    stored = outside.http.get("/_journal").text
    assert len(outside.sandbox.journal()) == 1
    for secret in (key, CREDENTIAL, "never-seen-before", "prod_forgotten"):
        assert secret not in stored


def test_the_same_credential_has_the_same_fingerprint_wherever_it_appears(outside: Outside) -> None:
    outside.http.get("/twinmind/v1/me", headers=outside.as_key())
    outside.http.post("/twinmind/v1/transcribe", json={"leak": outside.key()})
    first, second = outside.sandbox.journal()
    assert first["credential"] in second["body"]["leak"]


def test_a_call_to_twinmind_says_which_known_key_it_came_with(outside: Outside) -> None:
    outside.http.get("/twinmind/v1/me", headers=outside.as_key("standby-1"))
    assert outside.last_call()["key"] == "standby-1"
    outside.http.get("/twinmind/v1/me", headers={"Authorization": "Bearer stranger"})
    assert outside.last_call()["key"] is None


def test_a_body_that_is_not_json_is_kept_as_text(outside: Outside) -> None:
    outside.http.post("/service/restart", content=b"not json")
    assert outside.last_call()["body"] == "not json"
