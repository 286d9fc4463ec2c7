"""The common runner through its function: each op repeated, cut off half-way, and met by a world that changed."""

import json
from typing import Any

import pytest

from responder.actions.overrides.override_action import OverrideAction
from responder.aws.incident_table import IncidentTable
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.human_task import TaskDecision, with_decision
from responder.domain.incident import Incident
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident

ID = "pd-1"


@pytest.fixture
def limited(cloud: Cloud) -> Cloud:
    """An incident about our quota instead."""
    keep(Cause.RATE_LIMITED)
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    return cloud


def keep(cause: Cause, **changes: Any) -> None:
    keep_incident(rejected_key_incident(ID).model_copy(update={"cause": cause} | changes))


def step(cloud: Cloud, op: str, action: str | None = None, execution_number: int = 1) -> dict[str, Any]:
    event = {"incident_id": ID, "execution_number": execution_number, "op": op} | ({"action": action} if action else {})
    answer: dict[str, Any] = cloud.invoke("take_action", event)
    return answer


def play(cloud: Cloud, execution_number: int = 1) -> dict[str, Any]:
    """As the machine does, until the playbook has nothing more to do or asks."""
    while (planned := step(cloud, "plan", execution_number=execution_number))["next"] == "apply":
        if step(cloud, "apply", planned["action"], execution_number)["outcome"] == "applied":
            assert step(cloud, "verify", planned["action"], execution_number)["outcome"] == "verified"
    return planned


def stored() -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get(ID).incident


def service_flags(cloud: Cloud) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        cloud.client("ssm").get_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])["Parameter"]["Value"]
    )
    return found


def told(kind: str) -> list[dict[str, Any]]:
    return [entry.data for entry in IncidentTable(SETTINGS["TABLE_NAME"]).timeline(ID) if entry.kind == kind]


def test_every_op_can_be_repeated_and_does_its_work_once(limited: Cloud) -> None:
    for op, action in [("plan", None), ("apply", "quota"), ("verify", "quota"), ("plan", None), ("apply", "queue")]:
        assert step(limited, op, action)["text"]
        version = service_flags(limited).get("version")
        again = step(limited, op, action)
        assert service_flags(limited).get("version") == version
        assert again.get("outcome") in (None, "applied", "verified")
    assert [data["action"] for data in told("action_planned")] == ["quota", "queue"]
    assert stored().switched == ("quota", "queue")
    for _ in range(2):
        assert step(limited, "revert")["outcome"] == "undone"
        assert stored().switched == ()
        assert not service_flags(limited).get("request_queue")


def test_the_plan_is_in_the_timeline_before_anything_is_done(limited: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    real = OverrideAction.apply

    def apply(self: OverrideAction, ctx: Any, plan: Any) -> Any:
        seen.append(len(told("action_planned")))
        return real(self, ctx, plan)

    monkeypatch.setattr(OverrideAction, "apply", apply)
    step(limited, "apply", "queue")
    assert seen == [1]


def test_a_step_that_died_after_its_write_goes_on_to_verify(limited: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    real = OverrideAction.apply

    def dies(self: OverrideAction, ctx: Any, plan: Any) -> Any:
        real(self, ctx, plan)
        raise RuntimeError("the process was killed")

    with monkeypatch.context() as patch:
        patch.setattr(OverrideAction, "apply", dies)
        with pytest.raises(RuntimeError):
            step(limited, "apply", "queue")
    assert service_flags(limited)["request_queue"] is True
    assert stored().switched == ("queue",)
    version = service_flags(limited)["version"]
    assert step(limited, "plan")["action"] == "quota"
    assert step(limited, "apply", "queue")["outcome"] == "applied"
    assert step(limited, "verify", "queue")["outcome"] == "verified"
    assert service_flags(limited)["version"] == version


def test_a_fresh_execution_does_nothing_twice(limited: Cloud) -> None:
    assert play(limited)["next"] == "done"
    version = service_flags(limited)["version"]
    assert play(limited, execution_number=2)["next"] == "done"
    assert service_flags(limited)["version"] == version
    assert stored().switched == ("quota", "queue")


def decide(decision: Any) -> None:
    human_tasks = stored().human_tasks
    answer = TaskDecision(
        name=human_tasks[0].name, plan_hash=human_tasks[0].plan_hash, decision=decision, by="U1", at=now()
    )
    IncidentTable(SETTINGS["TABLE_NAME"]).amend(ID, human_tasks=with_decision(human_tasks, answer))


def on_approval(cloud: Cloud) -> None:
    cloud.change_runbook({"modes": {"quota": "approve", "queue": "observe"}})


def test_a_world_that_changed_after_the_approval_is_asked_about_again(limited: Cloud) -> None:
    on_approval(limited)
    planned = step(limited, "plan")
    assert (planned["next"], planned["task"], planned["then"]) == ("task", "approve-quota", "act")
    decide("approved")
    limited.client("ssm").put_parameter(
        Name=SETTINGS["SERVICE_FLAGS_PARAMETER"], Value='{"reject_non_critical": false}', Overwrite=True
    )
    assert step(limited, "apply", "quota")["outcome"] == "planned_anew"
    assert service_flags(limited) == {"reject_non_critical": False}
    again = step(limited, "plan")
    assert again["next"] == "task"
    assert again["plan_hash"] != planned["plan_hash"]


def test_what_was_cut_off_and_now_needs_an_approval_is_asked_for_and_not_tried_for_ever(
    limited: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(self: OverrideAction, ctx: Any, plan: Any) -> Any:
        raise RuntimeError("the process was killed")

    with monkeypatch.context() as patch:
        patch.setattr(OverrideAction, "apply", dies)
        with pytest.raises(RuntimeError):
            step(limited, "apply", "quota")
    on_approval(limited)
    assert step(limited, "apply", "quota")["outcome"] == "planned_anew"
    planned = step(limited, "plan")
    assert (planned["next"], planned["task"]) == ("task", "approve-quota")
    assert service_flags(limited) == {}


@pytest.mark.parametrize("decision", ["approved", "declined"])
def test_people_s_word_is_what_is_done(limited: Cloud, decision: str) -> None:
    on_approval(limited)
    step(limited, "plan")
    decide(decision)
    assert play(limited)["next"] == "hand_over"
    outcomes = {data["action"]: data["outcome"] for data in told("action_outcome")}
    assert outcomes == {"quota": "verified" if decision == "approved" else "declined", "queue": "observed"}
    assert bool(service_flags(limited).get("reject_non_critical")) is (decision == "approved")
    assert not service_flags(limited).get("request_queue")


def test_observing_runs_the_same_up_to_the_last_call(limited: Cloud) -> None:
    limited.change_runbook({"modes": {"quota": "observe", "queue": "observe"}})
    assert play(limited)["next"] == "hand_over"
    (record,) = (one for one in IncidentTable(SETTINGS["TABLE_NAME"]).actions(ID) if one.name == "queue")
    assert (record.mode, record.outcome) == ("observe", "observed")
    assert record.data["plan"]["changes"] == {"flag:request_queue": {"before": None, "after": True, "desired": True}}
    assert service_flags(limited) == {}
    assert stored().switched == ()


def test_an_effect_that_never_shows_is_not_verified_and_left_to_people(limited: Cloud) -> None:
    limited.sandbox.patch({"service": {"reads_service_flags": False}})
    limited.change_runbook({"service_flags": {"reader_seconds": 1}})
    step(limited, "apply", "queue")
    outcome = "under_way"
    while outcome == "under_way":
        outcome = step(limited, "verify", "queue")["outcome"]
    assert outcome == "not_verified"
    assert step(limited, "revert")["outcome"] == "undone"


def test_what_cannot_be_given_back_is_told_and_tried_again(limited: Cloud) -> None:
    step(limited, "apply", "queue")
    text = limited.client("ssm").get_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])["Parameter"]["Value"]
    limited.client("ssm").delete_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])
    assert step(limited, "revert")["outcome"] == "failed"
    assert (stored().switched, stored().revert_failures) == (("queue",), 1)
    limited.client("ssm").put_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"], Value=text, Type="String")
    assert step(limited, "revert")["outcome"] == "undone"
    assert (stored().switched, stored().revert_failures) == ((), 0)


@pytest.mark.parametrize("cause", [Cause.UNKNOWN, Cause.PROVIDER_OUTAGE, Cause.KEY_REJECTED])
def test_a_cause_without_a_playbook_of_ours_changes_nothing(cloud: Cloud, cause: Cause) -> None:
    keep(cause)
    assert step(cloud, "plan")["next"] == "done"
    assert service_flags(cloud) == {}


@pytest.mark.parametrize(("op", "action"), [("apply", None), ("verify", None), ("jump", "queue"), ("", None)])
def test_what_is_not_understood_says_what_would_be(cloud: Cloud, op: str, action: str | None) -> None:
    with pytest.raises(ValueError, match="ops are plan, apply, verify, revert"):
        step(cloud, op, action)
