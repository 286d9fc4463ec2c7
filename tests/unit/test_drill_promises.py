"""What a drill says of the promises to people: a judge that lets a late one pass would be worse than none."""

from datetime import UTC, datetime, timedelta
from typing import Any

from local.drill.promises import promises

ALERT = datetime(2026, 6, 1, 23, 58, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def at(seconds: float) -> str:
    return f"{ALERT + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"


def incident(**unacknowledged: float) -> dict[str, Any]:
    entries = [{"at": at(seconds), "kind": "alert_unacknowledged"} for seconds in unacknowledged.values()]
    return {"started_at": at(0), "timeline": entries}


def call(seconds: float, vendor: str, path: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    fields = {"at": at(seconds), "vendor": vendor, "path": path, "body": body}
    return fields | {"method": "POST", "status": 200, "answered": True} | more


def notice(seconds: float, words: str = "", **more: Any) -> dict[str, Any]:
    return call(seconds, "statuspage", "/statuspage/v1/pages/p/incidents", {"incident": {"body": words}}, **more)


def level(seconds: float, number: int, **more: Any) -> dict[str, Any]:
    metadata = {"event_payload": {"update_key": f"escalation-{number}"}}
    return call(seconds, "slack", "/slack/api/chat.postMessage", {"metadata": metadata}, **more)


def judged(calls: list[dict[str, Any]], **unacknowledged: float) -> list[tuple[str, bool]]:
    return [(one.what, one.is_kept) for one in promises(incident(**unacknowledged), calls, MINUTE)]


def test_a_notice_has_a_minute() -> None:
    assert judged([notice(59.9)]) == [("public notice", True)]
    assert judged([notice(60.1)]) == [("public notice", False)]
    held = incident()
    held["timeline"] = [{"at": at(1), "kind": "message", "text": "Public notice: nothing sent yet, until …"}]
    assert [one.is_kept for one in promises(held, [notice(299)], MINUTE)] == [True]
    assert [one.is_kept for one in promises(held, [notice(301)], MINUTE)] == [False]
    refused = [notice(9, status=503), notice(10, answered=False), notice(61)]
    assert judged(refused) == [("public notice", False)]


def test_a_level_has_five_seconds_from_its_response_times_or_from_the_end_of_an_acknowledgement() -> None:
    stored = [level(64.9, 2), level(120.5, 3), level(240, 4)]
    assert judged(stored) == [("level 2 called", True), ("level 3 called", True), ("level 4 called", True)]
    assert judged([level(65.1, 2)]) == [("level 2 called", False)]
    assert judged([level(70, 2)], taken_back=66) == [("level 2 called", True)]
    assert judged([level(72, 2)], taken_back=66) == [("level 2 called", False)]


def test_an_update_stands_there_before_the_minute_that_was_promised_also_over_midnight() -> None:
    promise = notice(5, "Next update by 00:00 UTC.")
    said = ("public update by 00:00", True), ("public notice", True)
    assert set(judged([promise, notice(109.9)])) == set(said)
    assert ("public update by 00:00", False) in judged([promise, notice(110.1)])
    poll = call(111, "slack", "/slack/api/conversations.history", {}, method="GET")
    assert ("public update by 00:00", False) in judged([promise, poll])
    assert judged([promise]) == [("public notice", True)], "it is not due yet"


def test_a_promise_reads_as_one() -> None:
    (kept,) = promises(incident(), [notice(27)], MINUTE)
    assert (f"{kept.due:%H:%M:%S}", kept.said_late) == ("23:59:10", "33.0 s before")
    (early,) = promises(incident(), [level(64, 2)], MINUTE)
    assert early.said_late == "4.0 s after (allowed: 5 s)"


def test_what_is_said_again_for_the_same_minute_asks_for_another_word() -> None:
    promise = "Next update by 00:00 UTC."
    assert ("public update by 00:00", False) in judged([notice(5, promise), notice(20, promise), notice(111)])
