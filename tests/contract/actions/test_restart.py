import time
from collections.abc import Callable
from typing import Any

import pytest

from responder.actions import prove as prove_module
from responder.actions import restart_http, restarting
from responder.adapters.desk import Desk
from tests.support.cluster import give_credentials
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


def _looks(*seen: tuple[float | None, float | None]) -> list[prove_module.Look]:
    """Good looks by counter of refused calls and start of the process."""
    return [prove_module.Look(True, "", refused, process) for refused, process in seen]


def test_a_counter_of_refused_calls_that_rises_is_no_proof() -> None:
    assert not prove_module._is_proof(_looks((4, 1), (5, 1)))
    assert not prove_module._is_proof(_looks((4, 1), (5, 1), (5, 1)))
    assert prove_module._is_proof(_looks((4, 1), (5, 1), (5, 1), (5, 1)))
    assert prove_module._is_proof(_looks((None, None), (None, None)))


def test_several_pods_behind_one_address_are_counted_each_for_itself() -> None:
    assert prove_module._is_proof(_looks((2, 1), (9, 2)))
    assert prove_module._is_proof(_looks((9, 1), (2, 1)))
    assert not prove_module._is_proof(_looks((2, 1), (9, 2), (3, 1)))


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


def test_the_hook_gets_the_credential_that_is_kept_for_it(cloud: Cloud, consumers: Act) -> None:
    give_credentials(cloud, service_restart="restart-credential-0001")
    assert consumers("restart")["outcome"] == "restarted"
    (call,) = [entry for entry in cloud.sandbox.journal("service") if entry["path"].endswith("/restart")]
    assert call["credential"] == cloud.sandbox.fingerprint("Bearer restart-credential-0001")


def test_an_order_whose_answer_is_lost_is_followed_by_the_start_time(cloud: Cloud, consumers: Act) -> None:
    cloud.sandbox.patch({"faults": {"service": {"lose_answer": {"times": 1, "path": "/restart"}}}})
    answer = consumers("restart")
    assert (answer["outcome"], "started after" in answer["text"]) == ("restarted", True)
    assert hook_calls(cloud) == 1


def test_a_process_that_stays_is_followed_until_the_deadline(cloud: Cloud, consumers: Act) -> None:
    cloud.change_runbook({"endpoints": {"service": {"platform": {"restart_deadline_seconds": 2}}}})
    cloud.sandbox.patch({"service": {"restart_seconds": 60}})
    answer = consumers("restart")
    assert (answer["outcome"], "still the old one" in answer["text"]) == ("timed_out", True)
    assert hook_calls(cloud) == 1


def test_a_service_that_shows_no_start_time_is_believed(cloud: Cloud, consumers: Act) -> None:
    cloud.sandbox.patch({"faults": {"service": {"fail_next": [{"status": 404, "times": 9, "path": "/metrics"}]}}})
    assert consumers("restart") == {"outcome": "restarted", "text": "The service was told to restart (202)."}
    assert hook_calls(cloud) == 1


def test_an_unknown_op_is_an_error(consumers: Act) -> None:
    with pytest.raises(ValueError, match="reboot"):
        consumers("reboot")


def test_a_function_that_died_at_the_order_does_not_order_twice(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}, "service": {"restart_seconds": 1.5}})

    real = restarting.keep

    def dies(desk: Desk, going: restarting.Going) -> restarting.Going:
        if hook_calls(cloud):
            raise KeyboardInterrupt
        return real(desk, going)

    with monkeypatch.context() as patch:
        patch.setattr(restart_http, "keep", dies)
        with pytest.raises(KeyboardInterrupt):
            consumers("restart")
    assert hook_calls(cloud) == 1
    assert consumers("restart")["outcome"] == "restarted"
    assert hook_calls(cloud) == 1
