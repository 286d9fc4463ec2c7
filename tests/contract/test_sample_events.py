"""events/<function>.json: the real handlers take them, with the prepared incidents, and docs/sam-local.md shows how."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local import initial_data, samples
from responder import __version__
from tests.support import stack
from tests.support.inprocess import FUNCTIONS, ROOT, SETTINGS, Cloud, running_cloud

GUIDE = (ROOT / "docs" / "sam-local.md").read_text(encoding="utf-8")
GUIDED = re.findall(r"^\| `sam local invoke .+ -e events/(\w+)\.json`", GUIDE, re.MULTILINE)
# What each answer must hold; everything else in it may change from run to run.
EXPECTED: dict[str, dict[str, Any]] = {
    "announce_incident": {"branch": "rotate"},
    "audit": {"open": 2, "started": [], "failed": [], "switched": []},
    "check_recovery": {"next": "probe", "seen_seq": 0},
    "classify_incident": {"next": "announce"},
    "close_incident": {"closed": True},
    "decide": {"outcome": "listed", "human_tasks": []},
    "doctor": {"version": __version__},
    "hand_over": {"incident_id": samples.MAIN},
    "incident_page": {"statusCode": 403},
    "open_incident": {"incident_id": samples.MAIN, "execution_number": 1, "next": "diagnose"},
    "publish_update": {
        "kind": "handover",
        "sent": ["slack", "upstream", "teams", "ticket", "outgoing_webhook", "mail"],
    },
    "read_incidents": {"statusCode": 200},
    "receive_webhook": {"statusCode": 202, "body": f'{{"incident_id": "{samples.OTHER}"}}'},
    "report_failure": {"cause": "Runtime.HandlerError: Lambda.TooManyRequestsException: Rate Exceeded."},
    "restart_consumers": {"outcome": "restarted"},
    "review_leak": {"reviewed": [], "failed": []},
    "rotate_api_key": {"outcome": "staged"},
    "route_alert": {"batchItemFailures": []},
    "run_diagnostics": {"probe_run": "001-0000"},
    "slack_interaction": {"statusCode": 401},
    "take_action": {"next": "done"},
    "test_standby_keys": {"working": 2},
    "wait_for_change": {"parked": True},
    "write_report": {"report": f"reports/{samples.MAIN}.md"},
}


@contextmanager
def as_prepared() -> Iterator[Cloud]:
    """As `make sam-local` leaves the local cloud."""
    with pytest.MonkeyPatch.context() as patch, running_cloud(patch, samples.WORLD, execute=False) as cloud:
        cloud.set_runbook(initial_data.override(cloud.sandbox.url))
        samples.accept_token(cloud.client("secretsmanager"), SETTINGS["WEBHOOK_SECRET"])
        samples.put_incidents(cloud.client("dynamodb"), SETTINGS["TABLE_NAME"])
        for function in samples.FIRST_STEPS:
            cloud.invoke(function, samples.event(function))
        yield cloud


def by_hand(functions: list[str]) -> dict[str, Any]:
    """→ the answers, one after the other on the same stage, with the time between them that a person takes."""
    answers = {}
    with as_prepared() as cloud:
        for function in functions:
            cloud.flying.pass_by(5)
            answers[function] = cloud.invoke(function, samples.event(function))
    return answers


@pytest.fixture
def prepared() -> Iterator[Cloud]:
    with as_prepared() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def answers() -> dict[str, Any]:
    """In the order of their names: the guide promises that any order will do."""
    return by_hand(FUNCTIONS)


@pytest.fixture(scope="module")
def guided_answers() -> dict[str, Any]:
    """In the guide's order: some answers depend on the commands before them."""
    return by_hand(GUIDED)


def test_every_function_has_a_sample_event_and_nothing_else_has() -> None:
    assert sorted(path.stem for path in (ROOT / "events").glob("*.json")) == FUNCTIONS == sorted(EXPECTED)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_real_handler_gives_a_useful_answer(answers: dict[str, Any], function: str) -> None:
    assert {name: answers[function].get(name) for name in EXPECTED[function]} == EXPECTED[function]


def test_the_prepared_incident_is_a_rejected_key_and_nobody_else_works_on_it(prepared: Cloud) -> None:
    incident = prepared.incident(samples.MAIN)
    assert (incident["cause"], incident["status"], incident["severity"]) == ("key_rejected", "open", "P1")
    prepared.invoke("audit", samples.event("audit"))
    prepared.invoke("route_alert", samples.event("route_alert"))
    assert prepared.executions() == []


def test_the_sample_alert_reaches_its_incident(prepared: Cloud) -> None:
    prepared.invoke("receive_webhook", samples.event("receive_webhook"))
    assert prepared.drain() == []
    prepared.invoke("route_alert", samples.event("route_alert"))
    kinds = [entry["kind"] for entry in prepared.incident(samples.OTHER)["timeline"]]
    assert kinds == ["alert_escalated", "alert_escalated"]


def test_preparing_again_starts_from_the_beginning(prepared: Cloud) -> None:
    for function in ("announce_incident", "rotate_api_key", "close_incident"):
        prepared.invoke(function, samples.event(function))
    samples.put_incidents(prepared.client("dynamodb"), SETTINGS["TABLE_NAME"])
    incident = prepared.incident(samples.MAIN)
    assert (incident["status"], incident["cause"], incident["timeline"], incident["actions"]) == ("open", None, [], [])


def test_forgetting_the_samples_leaves_no_rotation_begun(prepared: Cloud) -> None:
    prepared.invoke("rotate_api_key", samples.event("rotate_api_key"))
    samples.forget(prepared.client("dynamodb"), SETTINGS["TABLE_NAME"])
    items = prepared.client("dynamodb").scan(TableName=SETTINGS["TABLE_NAME"])["Items"]
    left = {item["pk"]["S"] for item in items}
    assert not [pk for pk in left if pk.endswith((samples.MAIN, samples.OTHER)) or pk == "mark#twinmind:rotation"]


def documented(function: str) -> re.Pattern[str]:
    """The guide's answer, in which … stands for anything."""
    row = re.search(rf"^\| `sam local invoke {samples.logical_id(function)} [^|]*\| `([^`]+)`", GUIDE, re.MULTILINE)
    assert row
    return re.compile(".*".join(map(re.escape, row[1].split("…"))))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_guide_shows_the_answer(guided_answers: dict[str, Any], function: str) -> None:
    assert documented(function).match(json.dumps(guided_answers[function], ensure_ascii=False))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_guide_has_the_command(function: str) -> None:
    command = f"sam local invoke {samples.logical_id(function)} --config-env sam-local -e events/{function}.json"
    assert command in GUIDE


def test_the_guide_names_no_file_that_does_not_exist() -> None:
    assert [name for name in re.findall(r"events/\w+\.json", GUIDE) if not (ROOT / Path(name)).is_file()] == []


def test_the_way_to_the_local_cloud_is_a_declared_variable() -> None:
    """sam sets only declared ones: without this a container would call AWS itself."""
    assert "AWS_ENDPOINT_URL" in stack.source()["Globals"]["Function"]["Environment"]["Variables"]
