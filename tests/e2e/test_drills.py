"""Each drill on the deployed stack, with the roles enforced: the same judgement as `make drill`."""

import json

import pytest

from local.drill.run import play
from local.drill.scenarios import SCENARIOS
from local.drill.stack import Stack
from tests.support.deployed import Cloud, wait_for
from tests.support.grants import granted

# The others take a minute and more each, and their courses are in tests/workflow: `make drill SCENARIO=all`.
EVERY_TIME = (
    "revoked_key",
    "provider_outage",
    "false_alarm",
    "stale_consumer",
    "leaked_key",
    "service_overloaded",
    "bad_deployment",
    "no_standby_key",
    "rollback",
    "approval_declined",
    "stop_switch",
    "two_incidents",
)


@pytest.mark.parametrize("name", EVERY_TIME)
def test_a_drill_ends_as_it_must(cloud: Cloud, name: str) -> None:
    told: list[str] = []
    outcome = play(Stack(cloud.stack), SCENARIOS[name], told.append)
    assert outcome.problems == [], "\n".join(told)
    assert outcome.report is not None
    assert outcome.incident["timeline"][-1]["kind"] in ("report", "message")


def test_a_drill_tries_the_standby_keys_in_their_order_whatever_was_played_before(cloud: Cloud) -> None:
    """A rotation tries the key that was in use before it last, and an earlier drill may have used the first one."""
    stack = Stack(cloud.stack)
    stack.put_secret("twinmind_api_key", stack.world()["twinmind"]["keys"]["standby-1"]["key"])
    outcome = play(stack, SCENARIOS["key_test_fails"], lambda _: None)
    assert outcome.problems == []


def test_a_drill_sees_nothing_of_the_world_before(cloud: Cloud) -> None:
    stack = Stack(cloud.stack)
    stack.make_whole()
    stack.send_alert("TwinMindAPIDown")
    wait_for(lambda: bool(stack.looks()), 30, "somebody looks")
    stack.make_whole()
    assert stack.looks() == []


def test_a_stopped_execution_reaches_people_by_the_rule_alone(cloud: Cloud) -> None:
    """EventBridge → hand_over: the incident is marked, and the audit leaves it alone."""
    stack = Stack(cloud.stack)
    stack.make_whole()
    stack.change_world({"twinmind": {"status_code": 503}})
    incident_id = stack.send_alert("TwinMindAPIDown")
    arn = stack.execution_arn(incident_id)
    wait_for(lambda: stack.status(arn) == "RUNNING", 20, "the execution runs")
    cloud.aws("stepfunctions").stop_execution(executionArn=arn)

    def is_handed_over() -> bool:
        incident = stack.incident(incident_id)
        return incident is not None and incident["status"] == "handed_over"

    wait_for(is_handed_over, 20, "the incident is handed over")
    audit = next(name for name in cloud.function_names() if "Audit" in name)
    answer = json.loads(cloud.aws("lambda").invoke(FunctionName=audit, Payload=b"{}")["Payload"].read())
    assert answer["started"] == []


def test_every_call_that_was_seen_is_granted_by_the_template(cloud: Cloud) -> None:
    """Runs last (conftest.py): the others made the calls. The roles were enforced while they did."""
    allowed = {(function, action) for function, action, _ in granted()}
    logical = cloud.logical_ids()
    # The canary's stack is there no more, and has roles of the same template.
    ours = [call for call in cloud.recorded_calls() if call["function"].startswith(f"{cloud.stack['stack_name']}-")]
    seen = {(logical[call["function"]], f"{call['service']}:{call['operation']}") for call in ours}
    assert len(seen) > 40
    assert seen - allowed == set()
