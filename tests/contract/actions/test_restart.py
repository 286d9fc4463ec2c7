import time
from collections.abc import Callable
from typing import Any

import pytest

from responder.actions import prove as prove_module
from tests.support.inprocess import Cloud
from tests.support.tables import STOP_PARAMETER, set_parameter

Act = Callable[..., dict[str, Any]]


def hook_calls(cloud: Cloud) -> int:
    return sum(entry["path"].endswith("/restart") for entry in cloud.sandbox.journal("service"))


def test_the_service_is_restarted_once_and_works_with_the_new_key(cloud: Cloud, rotate: Act, consumers: Act) -> None:
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    assert consumers("restart")["outcome"] == "restarted"
    proof = consumers("prove")
    assert proof["outcome"] == "proven", proof
    assert hook_calls(cloud) == 1
    assert "tm_sk_" not in str(cloud.incident("pd-1"))


def test_a_service_that_keeps_its_old_key_is_not_proven(
    cloud: Cloud, rotate: Act, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove_module, "PROOF_SECONDS", 3 * prove_module.LOOK_TIMEOUT_SECONDS + 1.5)
    cloud.sandbox.patch({"service": {"stuck_on_old_key": True}})
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    consumers("restart")
    began = time.monotonic()
    proof = consumers("prove")
    assert proof["outcome"] == "not_proven"
    assert "/health answers 503" in proof["text"]
    assert time.monotonic() - began < 10


def test_a_counter_of_refused_calls_that_rises_is_no_proof() -> None:
    good = [prove_module.Look(True, "", refused) for refused in (4.0, 5.0)]
    assert not prove_module._is_proof(good)
    assert prove_module._is_proof([*good, prove_module.Look(True, "", 5.0)])
    assert prove_module._is_proof([prove_module.Look(True, "", None)] * 2)


def test_without_a_hook_people_restart(cloud: Cloud, consumers: Act) -> None:
    cloud.change_runbook({"endpoints": {"service": {"restart_hook_path": None}}})
    assert consumers("restart")["outcome"] == "not_configured"


def test_under_the_stop_switch_nothing_is_restarted(cloud: Cloud, consumers: Act) -> None:
    set_parameter(STOP_PARAMETER, "stop")
    answer = consumers("restart")
    assert answer["outcome"] == "observed"
    assert "POST /restart" in answer["text"]
    assert hook_calls(cloud) == 0


def test_a_hook_that_fails_is_told_by_its_status(cloud: Cloud, consumers: Act) -> None:
    cloud.sandbox.patch({"service": {"status_code": 500}})
    assert consumers("restart") == {"outcome": "failed", "text": "The restart hook answered 500."}


def test_an_unknown_op_is_an_error(consumers: Act) -> None:
    with pytest.raises(ValueError, match="reboot"):
        consumers("reboot")
