import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from responder.actions.restart import http_hook, progress
from responder.actions.restart import verify as prove_module
from responder.actions.restart.consumers import plan_all
from responder.actions.restart.progress import LastRestart
from responder.aws.incident_table import IncidentTable
from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from tests.support.cluster import give_credentials
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import STOP_PARAMETER, keep_incident, set_parameter

Act = Callable[..., dict[str, Any]]


def hook_calls(cloud: Cloud) -> int:
    return sum(entry["path"].endswith("/restart") for entry in cloud.sandbox.journal("service"))


def test_the_service_is_restarted_once_and_works_with_the_new_key(cloud: Cloud, rotate: Act, consumers: Act) -> None:
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    assert consumers("restart")["outcome"] == "restarted"
    proof = consumers("verify")
    assert proof["outcome"] == "proven", proof
    assert hook_calls(cloud) == 1
    assert "tm_sk_" not in str(cloud.incident("pd-1"))


def failing() -> Finding:
    return Finding(probe="service_health", status=FindingStatus.FAILED, summary="HTTP 503.", at=now())


def test_what_was_restarted_for_another_incident_since_it_was_seen_failing_is_not_restarted_again(
    cloud: Cloud, consumers: Act
) -> None:
    table = IncidentTable(SETTINGS["TABLE_NAME"])

    def seen_failing(incident: str) -> None:
        keep_incident(rejected_key_incident(incident).model_copy(update={"evidence_run": "e"}))
        table.keep_findings(incident, "e", [failing()])

    seen_failing("pd-2")
    assert consumers("restart")["outcome"] == "restarted"
    answer = consumers("restart", incident="pd-2")
    assert answer["outcome"] == "restarted"
    assert "for incident pd-1" in answer["text"]
    assert hook_calls(cloud) == 1
    assert cloud.incident("pd-2")["actions"] == [], "the report says whose restart it was"
    assert consumers("verify", incident="pd-2")["outcome"] in ("proven", "not_proven")
    seen_failing("pd-2")
    assert consumers("restart", incident="pd-2")["outcome"] == "restarted"
    assert hook_calls(cloud) == 2, "it failed after that restart too"


def test_of_two_incidents_that_restart_in_the_same_moment_one_orders(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_incident(rejected_key_incident("pd-2"))
    both, real = threading.Barrier(2), plan_all

    def planned(ctx: IncidentContext) -> Any:
        """Whoever comes here alone goes on after a while; two that come at once wait for each other."""
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
        return real(ctx)

    monkeypatch.setattr("responder.actions.restart.restart.plan_all", planned)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda incident: consumers("restart", incident=incident), ("pd-1", "pd-2")))
    assert hook_calls(cloud) == 1
    assert sum("is restarting the service" in answer["text"] for answer in answers) == 1


@pytest.fixture
def first_restart(cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    """pd-1 restarts our service, which takes an hour, when pd-2 begins to look."""
    keep_incident(rejected_key_incident("pd-2").model_copy(update={"cause": None}))
    monkeypatch.setattr("responder.actions.restart.restart.LOOK_SECONDS", 0.0)
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}, "service": {"restart_seconds": 3600}})
    assert consumers("restart")["outcome"] == "under_way"


@pytest.mark.usefixtures("first_restart")
def test_what_is_seen_during_anothers_restart_is_looked_at_anew_before_people_are_told(cloud: Cloud) -> None:
    """Our service answers nobody while it restarts, and that is no fault of its own."""
    assert [look_and_classify(cloud, "pd-2")["next"] for _ in range(4)] == ["recheck"] * 3 + ["announce"]
    # Before it is announced: the other one may be over by then.
    assert [cloud.incident(one)["related"] for one in ("pd-1", "pd-2")] == [["pd-2"], ["pd-1"]]


@pytest.mark.usefixtures("first_restart")
def test_nor_is_a_look_the_last_whose_earlier_one_fell_into_anothers_restart(cloud: Cloud) -> None:
    """What changed between the two is the other incident's repair."""
    assert look_and_classify(cloud, "pd-2")["next"] == "recheck"
    table = IncidentTable(SETTINGS["TABLE_NAME"])
    last = table.get_record("twinmind:restart:last", LastRestart)
    assert last is not None
    table.put_record("twinmind:restart:last", last.model_copy(update={"ended_at": now()}))
    assert [look_and_classify(cloud, "pd-2")["next"] for _ in range(2)] == ["recheck", "announce"]


def look_and_classify(cloud: Cloud, incident: str) -> dict[str, Any]:
    about = {"incident_id": incident, "execution_number": 1}
    run = cloud.invoke("run_diagnostics", about)
    looked: dict[str, Any] = cloud.invoke(
        "classify_incident", about | run | {"monitoring": None, "token": "of no state"}
    )
    return looked


def test_anothers_restart_that_is_under_way_is_waited_for_and_if_it_comes_to_nothing_it_is_this_ones_turn(
    cloud: Cloud, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_incident(rejected_key_incident("pd-2"))
    monkeypatch.setattr("responder.actions.restart.restart.LOOK_SECONDS", 0.0)
    cloud.sandbox.patch({"service": {"restart_seconds": 3600}})
    assert consumers("restart")["outcome"] == "under_way"
    for op in ("restart", "follow", "follow"):
        answer = consumers(op, incident="pd-2")
        assert answer["outcome"] == "under_way"
        assert "Incident pd-1 is restarting the service" in answer["text"]
    assert hook_calls(cloud) == 1
    lost = LastRestart(incident_id="pd-1", since="-", deadline=now())
    IncidentTable(SETTINGS["TABLE_NAME"]).put_record("twinmind:restart:last", lost)
    assert "was told to restart" in consumers("follow", incident="pd-2")["text"]
    assert hook_calls(cloud) == 2


def test_a_key_that_was_changed_since_anothers_restart_calls_for_one(cloud: Cloud, rotate: Act, consumers: Act) -> None:
    keep_incident(rejected_key_incident("pd-2").model_copy(update={"evidence_run": "e"}))
    IncidentTable(SETTINGS["TABLE_NAME"]).keep_findings("pd-2", "e", [failing()])
    assert consumers("restart")["outcome"] == "restarted"
    staged = rotate("createSecret", incident="pd-2")
    rotate("testSecret", staged, incident="pd-2")
    rotate("finishSecret", staged, incident="pd-2")
    assert consumers("restart", incident="pd-2")["outcome"] == "restarted"
    assert hook_calls(cloud) == 2


def test_a_service_that_keeps_its_old_key_is_not_proven(
    cloud: Cloud, rotate: Act, consumers: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prove_module, "PROOF_SECONDS", 3 * prove_module.PROBE_TIMEOUT_SECONDS + 1.5)
    cloud.sandbox.patch({"service": {"stuck_on_old_key": True}})
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    consumers("restart")
    began = time.monotonic()
    proof = consumers("verify")
    assert proof["outcome"] == "not_proven"
    assert "/health answers 503" in proof["text"]
    assert time.monotonic() - began < 10


def _looks(*seen: tuple[float | None, float | None]) -> list[prove_module.ServiceCheck]:
    """Good looks by counter of refused calls and start of the process."""
    return [prove_module.ServiceCheck(True, "", refused, process) for refused, process in seen]


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
    assert (answer["outcome"], "its process is new" in answer["text"]) == ("restarted", True)
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

    real = progress.keep

    def dies(ctx: IncidentContext, in_progress: progress.ConsumerRestart) -> progress.ConsumerRestart:
        if hook_calls(cloud):
            raise KeyboardInterrupt
        return real(ctx, in_progress)

    with monkeypatch.context() as patch:
        patch.setattr(http_hook, "keep", dies)
        with pytest.raises(KeyboardInterrupt):
            consumers("restart")
    assert hook_calls(cloud) == 1
    assert consumers("restart")["outcome"] == "restarted"
    assert hook_calls(cloud) == 1
