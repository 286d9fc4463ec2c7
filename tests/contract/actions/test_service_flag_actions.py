"""Service flags on moto's parameter with the sandbox's service as their reader: plan, apply, verify, undo."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from responder.actions import runnable_action
from responder.actions.overrides import apply as switching
from responder.aws.clients import client
from responder.aws.override_table import orphans, overrides_of
from responder.contracts.action import NothingToDo
from responder.domain.diagnosis import Cause
from responder.domain.incident import IncidentStatus
from tests.support.service_flags_world import (
    LIMIT_SEEN,
    SERVICE_FLAGS,
    ServiceFlagsWorld,
    applied,
    planned,
    service_flags_world,
    undone,
)
from tests.support.tables import set_parameter


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceFlagsWorld]:
    monkeypatch.setattr(switching, "_PAUSE_SECONDS", 0.01)
    with service_flags_world() as world:
        yield world


def test_a_protected_quota_ends_the_429s_and_is_given_back(world: ServiceFlagsWorld) -> None:
    world.sandbox.patch({"service": {"load": {"requests_per_minute": 600}}})
    world.minute()
    assert world.minute() == (300, 300)
    ctx = world.ctx(seen=LIMIT_SEEN)
    plan = planned(ctx, "quota")
    assert plan.sentence == (
        "Set flag:reject_non_critical from not set to on, flag:client_rate_limit_per_minute from not set to 240: "
        "80% of 300 requests a minute (TwinMind's header X-RateLimit-Limit)."
    )
    assert runnable_action("quota").apply(ctx, plan).outcome == "applied"
    assert world.service_flags() == {"reject_non_critical": True, "client_rate_limit_per_minute": 240}
    world.tick()
    seen = runnable_action("quota").verify(ctx, plan)
    assert (seen.outcome, seen.text) == ("verified", "The service works with its new settings (version 2).")
    world.minute()
    assert world.minute() == (240, 0)
    assert undone(ctx, "quota").outcome == "undone"
    assert world.service_flags() == {}
    world.minute()
    assert world.minute()[1] > 200


def test_a_queue_lets_what_is_over_the_limit_wait(world: ServiceFlagsWorld) -> None:
    world.sandbox.patch({"service": {"load": {"requests_per_minute": 400}}})
    applied(world.ctx(), "queue")
    world.tick()
    world.minute()
    assert world.minute() == (300, 0)
    assert world.sandbox_metrics()["twinmind_queue_size"] > 100


def test_the_document_says_who_and_why_and_keeps_what_is_ours_not(world: ServiceFlagsWorld) -> None:
    set_parameter(SERVICE_FLAGS, json.dumps({"our_own": [1], "version": 7, "client_rate_limit_per_minute": 100}))
    ctx = world.ctx()
    applied(ctx, "queue")
    document = world.document()
    assert document.pop("set_at").endswith("Z")
    assert document == {
        "our_own": [1],
        "client_rate_limit_per_minute": 100,
        "request_queue": True,
        "version": 8,
        "set_by": "responder pd-1",
        "reason": planned(world.ctx("pd-2"), "queue").sentence.replace("to stay on", "from not set to on"),
    }
    undone(ctx, "queue")
    assert world.service_flags() == {"our_own": [1], "client_rate_limit_per_minute": 100}
    assert world.document()["version"] == 9


@pytest.mark.parametrize(
    ("seen", "limit", "because"),
    [
        ({"twinmind_limits": {"rate_limit_per_minute": 60}}, 48, "TwinMind's /account/limits"),
        ({"twinmind_limits": {"plan": "Pro"}}, 48, "the published figure of the tier pro, not seen by us"),
        ({"twinmind_rate_limit": {"limit": None}}, None, "the client's limit is left alone"),
        ({}, None, "TwinMind's limit was not seen and the tier is not known"),
    ],
)
def test_the_limit_is_that_of_the_evidence_and_never_made_up(
    world: ServiceFlagsWorld, seen: dict[str, Any], limit: int | None, because: str
) -> None:
    plan = planned(world.ctx(seen=seen), "quota")
    change = plan.changes.get("flag:client_rate_limit_per_minute", {"after": None})
    assert change["after"] == limit
    assert because in plan.sentence
    assert plan.changes["flag:reject_non_critical"]["after"] is True


def test_an_overloaded_service_sends_less_than_it_does_now(world: ServiceFlagsWorld) -> None:
    seen = LIMIT_SEEN | {"service_metrics": {"requests_per_minute": 120}}
    plan = planned(world.ctx(cause=Cause.SERVICE_OVERLOADED, seen=seen), "quota")
    assert plan.changes["flag:client_rate_limit_per_minute"]["after"] == 96
    assert "what the service sends now" in plan.sentence


def test_the_plainer_model_says_that_it_is_one_and_takes_less_time(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx(cause=Cause.PROVIDER_SLOW)
    plan = planned(ctx, "model")
    assert "degraded quality" in plan.effect
    applied(ctx, "model")
    world.tick()
    assert runnable_action("model").verify(ctx, plan).outcome == "verified"
    world.minute()
    metrics = world.sandbox_metrics()
    duration = 'twinmind_transcription_duration_seconds_%s{model="ear-2"}'
    assert metrics[duration % "sum"] / metrics[duration % "count"] == pytest.approx(4.0)


def test_two_incidents_share_a_service_flag_and_the_last_one_restores_what_people_had(world: ServiceFlagsWorld) -> None:
    set_parameter(SERVICE_FLAGS, '{"client_rate_limit_per_minute": 250}')
    first, second = world.ctx("pd-1", seen=LIMIT_SEEN), world.ctx("og-2", seen={"twinmind_rate_limit": {"limit": 60}})
    applied(first, "quota")
    plan = planned(second, "quota")
    assert "flag:reject_non_critical to stay on" in plan.sentence
    applied(second, "quota")
    assert world.service_flags() == {"client_rate_limit_per_minute": 48, "reject_non_critical": True}
    assert undone(second, "quota").outcome == "undone"
    assert world.service_flags() == {"client_rate_limit_per_minute": 240, "reject_non_critical": True}
    assert undone(first, "quota").outcome == "undone"
    assert world.service_flags() == {"client_rate_limit_per_minute": 250}
    assert overrides_of(first.table, "twinmind").settings_overridden == ()


def test_what_is_held_for_nobody_who_works_is_found(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx(seen=LIMIT_SEEN)
    applied(ctx, "queue")
    assert orphans(ctx.table, "twinmind", ["pd-1"]) == []
    found = orphans(ctx.table, "twinmind", [])
    assert [(held.setting_key, incident) for held, incident in found] == [("flag:request_queue", "pd-1")]


def test_what_people_set_meanwhile_stays_theirs_and_is_said(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx(seen=LIMIT_SEEN)
    applied(ctx, "quota")
    set_parameter(SERVICE_FLAGS, json.dumps(world.document() | {"client_rate_limit_per_minute": 30}))
    done = undone(ctx, "quota")
    assert done.outcome == "kept"
    assert "somebody set flag:client_rate_limit_per_minute to 30 since, and it is left so" in done.text
    assert world.service_flags() == {"client_rate_limit_per_minute": 30}


def test_a_stricter_limit_of_people_is_enough(world: ServiceFlagsWorld) -> None:
    set_parameter(SERVICE_FLAGS, '{"client_rate_limit_per_minute": 50, "reject_non_critical": true}')
    nothing = runnable_action("quota").plan(world.ctx(seen=LIMIT_SEEN))
    assert isinstance(nothing, NothingToDo)
    assert nothing.outcome == "not_needed"


def test_a_plan_for_a_world_that_changed_is_not_carried_out(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx(seen=LIMIT_SEEN)
    plan = planned(ctx, "quota")
    set_parameter(SERVICE_FLAGS, '{"client_rate_limit_per_minute": 90}')
    done = runnable_action("quota").apply(ctx, plan)
    assert done.outcome == "failed"
    assert "is 90 now, and the plan was made for not set" in done.text
    assert world.service_flags() == {"client_rate_limit_per_minute": 90}


def test_a_service_flag_that_nobody_reads_is_told(world: ServiceFlagsWorld) -> None:
    world.sandbox.patch({"service": {"reads_service_flags": False}})
    ctx = world.ctx()
    plan = planned(ctx, "queue")
    runnable_action("queue").apply(ctx, plan)
    began = time.monotonic()
    seen = runnable_action("queue").verify(ctx, plan)
    while seen.outcome == "under_way":
        assert time.monotonic() - began < 20
        seen = runnable_action("queue").verify(ctx, plan)
    assert seen.outcome == "not_verified"
    assert seen.text.startswith(
        "flag:request_queue: set, but not seen in force. No reader seen: nothing polls the service flags"
    )


def test_who_was_not_there_for_one_service_flag_is_not_waited_for_with_the_next(world: ServiceFlagsWorld) -> None:
    world.sandbox.patch({"service": {"reads_service_flags": False}})
    ctx = world.ctx(seen=LIMIT_SEEN)
    applied(ctx, "quota")
    time.sleep(1.1)
    plan = planned(ctx, "queue")
    runnable_action("queue").apply(ctx, plan)
    assert runnable_action("queue").verify(ctx, plan).outcome == "not_verified"


def test_a_reader_that_stopped_polling_is_told_by_its_version(world: ServiceFlagsWorld) -> None:
    world.sandbox_metrics()
    world.sandbox.patch({"service": {"reads_service_flags": False}})
    ctx = world.ctx()
    plan = planned(ctx, "queue")
    runnable_action("queue").apply(ctx, plan)
    assert (
        "The service still works with version 0 of its settings, not 2."
        in runnable_action("queue").verify(ctx, plan).text
    )
    world.sandbox.patch({"service": {"reads_service_flags": True}})
    world.tick()
    assert runnable_action("queue").verify(ctx, plan).outcome == "verified"


@pytest.mark.parametrize("text", ["{", '{"request_queue": "on"}', "[]"])
def test_what_is_no_document_is_never_overwritten(world: ServiceFlagsWorld, text: str) -> None:
    ctx = world.ctx()
    plan = planned(ctx, "queue")
    set_parameter(SERVICE_FLAGS, text)
    done = runnable_action("queue").apply(ctx, plan)
    assert done.outcome == "failed"
    assert "which is left as it is: correct it, or put {}" in done.text
    assert client("ssm").get_parameter(Name=SERVICE_FLAGS)["Parameter"]["Value"] == text
    nothing = runnable_action("queue").plan(ctx)
    assert isinstance(nothing, NothingToDo)
    assert nothing.outcome == "failed"


@pytest.mark.parametrize("fault", ["broken", "throttled"])
@pytest.mark.parametrize("operation", ["GetParameter", "PutParameter"])
def test_ssm_that_fails_once_is_told_and_the_next_try_succeeds(
    world: ServiceFlagsWorld, operation: str, fault: str
) -> None:
    ctx = world.ctx()
    plan = planned(ctx, "queue")
    world.faults[operation] = [fault]
    done = runnable_action("queue").apply(ctx, plan)
    assert done.outcome == "failed"
    assert (
        f"/responder/service-flags could not be {'read' if operation == 'GetParameter' else 'written'} (" in done.text
    )
    assert runnable_action("queue").apply(ctx, plan).outcome == "applied"
    assert undone(ctx, "queue").outcome == "undone"
    assert world.service_flags() == {}


def test_ssm_that_stays_silent_leaves_a_record_that_is_given_back_later(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx(seen=LIMIT_SEEN)
    plan = planned(ctx, "quota")
    world.faults["PutParameter"] = ["broken"] * 9
    assert runnable_action("quota").apply(ctx, plan).outcome == "failed"
    assert runnable_action("quota").apply(ctx, plan).outcome == "failed"
    assert world.service_flags() == {}
    world.faults = {"GetParameter": ["throttled"] * 9}
    assert undone(ctx, "quota").outcome == "failed"
    world.faults = {}
    assert undone(ctx, "quota").outcome == "undone"
    assert overrides_of(ctx.table, "twinmind").settings_overridden == ()
    assert world.service_flags() == {}


def test_a_write_that_is_not_answered_is_read_and_not_repeated(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx()
    world.faults["PutParameter"] = ["lost"]
    assert applied(ctx, "queue").outcome == "applied"
    assert world.document()["version"] == 2
    world.faults["PutParameter"] = ["lost"]
    assert undone(ctx, "queue").outcome == "undone"
    assert (world.service_flags(), world.document()["version"]) == ({}, 3)


def test_a_step_that_is_repeated_writes_once(world: ServiceFlagsWorld) -> None:
    ctx = world.ctx(seen=LIMIT_SEEN)
    plan = planned(ctx, "quota")
    for _ in range(3):
        assert runnable_action("quota").apply(ctx, plan).outcome == "applied"
    assert world.document()["version"] == 2
    for _ in range(3):
        assert undone(ctx, "quota").outcome == "undone"
    assert world.document()["version"] == 3


def test_what_an_incident_that_is_over_left_switched_is_given_back_with_the_next_one(world: ServiceFlagsWorld) -> None:
    first, second = world.ctx("pd-1", seen=LIMIT_SEEN), world.ctx("pd-2", seen=LIMIT_SEEN)
    applied(first, "quota")
    applied(second, "quota")
    first.table.amend("pd-1", status=IncidentStatus.RESOLVED)
    assert undone(second, "quota").outcome == "undone"
    assert world.service_flags() == {}
    assert overrides_of(first.table, "twinmind").settings_overridden == ()


def test_what_people_set_back_by_hand_is_held_no_more(world: ServiceFlagsWorld) -> None:
    first = world.ctx("pd-1", seen=LIMIT_SEEN)
    applied(first, "quota")
    set_parameter(SERVICE_FLAGS, "{}")
    second = world.ctx("pd-2", seen=LIMIT_SEEN)
    applied(second, "quota")
    assert undone(second, "quota").outcome == "undone"
    assert world.service_flags() == {}
    assert undone(first, "quota").text == "Nothing is held for this incident."
