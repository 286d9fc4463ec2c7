"""What the first minutes of an incident need is called every few minutes, and answers at once."""

import importlib
import json
from typing import Any

import pytest

from responder.aws.keep_warm import EVENT
from tests.support import stack
from tests.support.context import LambdaContext
from tests.support.inprocess import SETTINGS, reset_caches

NEEDED = (
    "receive_webhook", "route_alert", "open_incident", "run_diagnostics", "classify_incident", "announce_incident",
    "rotate_api_key", "restart_consumers",
)  # fmt: skip


def logical(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_")) + "Function"


def schedules() -> dict[str, dict[str, Any]]:
    rules = stack.resources("AWS::Events::Rule")
    return {name.removesuffix("KeepWarm"): rule for name, rule in rules.items() if name.endswith("KeepWarm")}


def test_exactly_what_is_needed_first_is_called_unless_a_parameter_switches_it_off() -> None:
    assert schedules().keys() == {logical(name) for name in NEEDED}
    for rule in schedules().values():
        assert rule["ScheduleExpression"] == "rate(5 minutes)"
        assert rule["State"] == {"Fn::If": ["KeepsWarm", "ENABLED", "DISABLED"]}
        assert [json.loads(target["Input"]) for target in rule["Targets"]] == [EVENT]
    assert stack.source()["Parameters"]["KeepWarm"]["Default"] == "yes"


def test_what_the_machine_calls_is_what_is_kept_warm() -> None:
    """The version behind the alias, not the unpublished code, which has instances of its own."""
    for function, rule in schedules().items():
        (target,) = rule["Targets"]
        aliases = f"{function}Aliaslive" in stack.resources("AWS::Lambda::Alias")
        expected = {"Ref": f"{function}Aliaslive"} if aliases else {"Fn::GetAtt": [function, "Arn"]}
        assert target["Arn"] == expected
    assert sum("Ref" in rule["Targets"][0]["Arn"] for rule in schedules().values()) == 6


@pytest.mark.parametrize("function", NEEDED)
def test_it_answers_before_it_reads_logs_or_counts_anything(
    function: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    reset_caches()
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    handler = importlib.import_module(f"functions.{function}.app").handler
    assert handler(dict(EVENT), LambdaContext(function)) == {}
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("event", [{"keep_warm": True, "body": "{}"}, {"keep_warm": "true"}])
def test_only_exactly_this_event_is_answered_so(event: dict[str, Any]) -> None:
    handler = importlib.import_module("functions.receive_webhook.app").handler
    assert handler(event, LambdaContext("receive_webhook"))["statusCode"] == 404
