"""The steps of a rotation with the purpose contain: a leaked key is replaced although it works."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.secretsmanager.models import secretsmanager_backends

from responder.actions.rotate_key import steps as rotate_module
from responder.actions.rotate_key.rotation import Rotation
from responder.aws.incident_table import IncidentTable
from responder.aws.secret_versions import Versions
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.finding import Finding
from responder.domain.human_task import TaskDecision, task_named, with_decision
from responder.domain.incident import Incident
from responder.domain.monitoring_state import MonitoringState
from tests.support.inprocess import ACCOUNT, REGION, SETTINGS, Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import API_KEY_SECRET, keep_incident, set_parameter

Act = Callable[..., dict[str, Any]]
AUTO = {"modes": {"contain": "auto"}}


def leaked_key_incident(incident_id: str = "pd-1") -> Incident:
    """Began after the secret was written."""
    began = {"cause": Cause.KEY_LEAKED, "started_at": datetime.now(UTC)}
    return rejected_key_incident(incident_id).model_copy(update=began)


@pytest.fixture
def leaked(cloud: Cloud) -> Cloud:
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    keep_incident(leaked_key_incident())
    return cloud


@pytest.fixture
def contain(leaked: Cloud) -> Act:
    def step(name: str, of: dict[str, Any] | None = None, incident: str = "pd-1") -> dict[str, Any]:
        ids = {name: (of or {}).get(name) for name in ("version_id", "old_version_id")}
        event = {"incident_id": incident, "step": name, "purpose": "contain", **ids}
        answer: dict[str, Any] = leaked.invoke("rotate_api_key", event)
        return answer

    return step


def labels(cloud: Cloud) -> dict[str, list[str]]:
    found = cloud.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    return {version: sorted(of_version) for version, of_version in found.items() if of_version}


def stored(incident_id: str = "pd-1") -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get(incident_id).incident


def decide(name: str, decision: Any, *, by: str = "arn:aws:iam::123456789012:user/lead") -> None:
    task = task_named(stored().human_tasks, name)
    assert task is not None
    answer = TaskDecision(name=name, plan_hash=task.plan_hash, decision=decision, by=by, at=now(), reason="not now")
    keep_incident(stored().model_copy(update={"human_tasks": with_decision(stored().human_tasks, answer)}))


def promote(contain: Act) -> dict[str, Any]:
    staged = contain("createSecret")
    outcomes = [contain(step, staged)["outcome"] for step in ("setSecret", "testSecret", "finishSecret")]
    assert (staged["outcome"], outcomes) == ("staged", ["set", "passed", "promoted"])
    return staged


def test_nothing_is_done_before_a_person_has_approved_exactly_this_plan(leaked: Cloud, contain: Act) -> None:
    before = labels(leaked)
    assert contain("createSecret")["outcome"] == "needs_approval"
    assert contain("createSecret")["outcome"] == "needs_approval"
    assert [task.name for task in stored().human_tasks] == ["approve-contain"]
    assert labels(leaked) == before
    decide("approve-contain", "approved")
    staged = promote(contain)
    assert labels(leaked) == {staged["version_id"]: ["AWSCURRENT"]}
    (action,) = [one for one in leaked.incident("pd-1")["actions"] if one["outcome"] == "promoted"]
    assert action["mode"] == "approve"


def test_an_approval_is_for_the_plan_that_was_shown(leaked: Cloud, contain: Act) -> None:
    contain("createSecret")
    decide("approve-contain", "approved")
    leaked.client("secretsmanager").put_secret_value(
        SecretId=SETTINGS["TWINMIND_STANDBY_KEYS_SECRET"], SecretString='{"keys": ["tm_sk_another_one"]}'
    )
    assert contain("createSecret")["outcome"] == "needs_approval"


def test_a_declined_containment_changes_nothing(leaked: Cloud, contain: Act) -> None:
    before = labels(leaked)
    contain("createSecret")
    decide("approve-contain", "declined")
    answer = contain("createSecret")
    assert (answer["outcome"], labels(leaked)) == ("declined", before)
    assert "not now" in answer["text"]


def test_a_leaked_key_that_works_is_replaced_and_no_label_leads_back_to_it(leaked: Cloud, contain: Act) -> None:
    leaked.change_runbook(AUTO)
    staged = promote(contain)
    assert labels(leaked) == {staged["version_id"]: ["AWSCURRENT"]}
    assert contain("finishSecret", staged)["outcome"] == "promoted"
    assert contain("createSecret")["outcome"] == "already_done"
    assert contain("restoreSecret")["outcome"] == "kept"
    assert labels(leaked) == {staged["version_id"]: ["AWSCURRENT"]}


def test_a_standby_key_that_is_refused_replaces_no_working_key_even_if_it_leaked(leaked: Cloud, contain: Act) -> None:
    leaked.change_runbook(AUTO)
    before = labels(leaked)
    staged = contain("createSecret")
    assert contain("testSecret", staged)["outcome"] == "passed"
    leaked.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "revoked"}}}})
    assert contain("finishSecret", staged)["outcome"] == "not_tested"
    assert labels(leaked) == before


def test_two_incidents_about_one_leak_replace_the_key_once(leaked: Cloud, contain: Act) -> None:
    leaked.change_runbook(AUTO)
    second = leaked_key_incident("pd-2")
    keep_incident(second.model_copy(update={"started_at": stored().started_at}))
    staged = contain("createSecret")
    assert contain("createSecret", incident="pd-2")["outcome"] == "busy"
    assert stored("pd-2").waiting_for == "busy"
    for step in ("testSecret", "finishSecret"):
        contain(step, staged)
    assert contain("createSecret", incident="pd-2")["outcome"] == "already_done"
    assert stored("pd-2").waiting_for is None
    assert labels(leaked) == {staged["version_id"]: ["AWSCURRENT"]}


def test_a_key_that_a_person_replaced_meanwhile_is_found_contained(leaked: Cloud, contain: Act) -> None:
    old = next(iter(labels(leaked)))
    put = leaked.client("secretsmanager").put_secret_value
    new = put(SecretId=API_KEY_SECRET, SecretString="tm_sk_by_hand")["VersionId"]
    # moto knows whole seconds only.
    versions = secretsmanager_backends[ACCOUNT][REGION].secrets[API_KEY_SECRET].versions
    versions[new]["createdate"] = int(stored().started_at.timestamp()) + 2
    answer = contain("createSecret")
    assert (answer["outcome"], answer["version_id"]) == ("already_done", new)
    assert f"The leaked one, version {old}, is not withdrawn yet" in answer["text"]
    assert labels(leaked) == {old: ["AWSPREVIOUS"], new: ["AWSCURRENT"]}


def test_a_leaked_key_is_never_staged_again_nor_rolled_back_to_by_a_rotation(
    leaked: Cloud, contain: Act, rotate: Act
) -> None:
    leaked.change_runbook(AUTO | {"budgets": {"rotate": {"cooldown_minutes": 0}}})
    first = promote(contain)
    keys = leaked.sandbox.world["twinmind"]["keys"]
    staged_keys = f'{{"keys": ["{keys["primary"]["key"]}"]}}'
    leaked.client("secretsmanager").put_secret_value(
        SecretId=SETTINGS["TWINMIND_STANDBY_KEYS_SECRET"], SecretString=staged_keys
    )
    leaked.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "revoked"}}}})
    keep_incident(rejected_key_incident("pd-2"))
    assert rotate("createSecret", incident="pd-2")["outcome"] == "no_standby_key"
    assert rotate("restoreSecret", incident="pd-1")["outcome"] == "kept"
    assert labels(leaked) == {first["version_id"]: ["AWSCURRENT"]}


def test_another_diagnosis_contains_nothing(leaked: Cloud, contain: Act) -> None:
    keep_incident(stored().model_copy(update={"cause": Cause.KEY_REJECTED}))
    assert contain("createSecret")["outcome"] == "not_allowed"


def test_an_unknown_purpose_is_an_error(leaked: Cloud) -> None:
    with pytest.raises(ValueError, match="rotate, contain"):
        leaked.invoke("rotate_api_key", {"incident_id": "pd-1", "step": "createSecret", "purpose": "celebrate"})


def test_no_key_is_in_what_people_read(leaked: Cloud, contain: Act) -> None:
    leaked.change_runbook(AUTO)
    promote(contain)
    assert "tm_sk_" not in str(leaked.incident("pd-1"))
    assert "leak_noted" in [entry["kind"] for entry in leaked.incident("pd-1")["timeline"]]


def _promotion_that_dies(contain: Act, monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> dict[str, Any]:
    """→ the staged version; its last step ended at the call of `name`."""
    staged = contain("createSecret")
    contain("testSecret", staged)
    with monkeypatch.context() as patch:
        patch.setattr(place, name, _dies)
        with pytest.raises(RuntimeError):
            contain("finishSecret", staged)
    return staged


def test_a_promotion_that_was_made_is_finished_with_the_switch_thrown(
    leaked: Cloud, contain: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A label that leads to the leaked version invites people to go back to it."""
    leaked.change_runbook(AUTO)
    staged = _promotion_that_dies(contain, monkeypatch, rotate_module, "strip")
    assert ["AWSPREVIOUS"] in labels(leaked).values()
    set_parameter(SETTINGS["STOP_PARAMETER"], "stop")
    assert contain("createSecret")["outcome"] == "already_done"
    assert labels(leaked) == {staged["version_id"]: ["AWSCURRENT"]}


def test_a_promotion_that_could_not_be_written_down_costs_no_second_key(
    leaked: Cloud, contain: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The incident began in the second in which the version was made: AWS keeps CreatedDate no more exactly."""
    leaked.change_runbook(AUTO)
    staged = _promotion_that_dies(contain, monkeypatch, Rotation, "note")
    monkeypatch.setattr(Versions, "made_at", lambda *_: stored().started_at)
    assert contain("createSecret")["outcome"] == "already_done"
    assert labels(leaked) == {staged["version_id"]: ["AWSCURRENT"]}


def _dies(*_: Any, **__: Any) -> None:
    raise RuntimeError("the process was killed")


@pytest.mark.parametrize(("standby", "outcome"), [("refused", "no_standby_key"), ("passing", "needs_approval")])
def test_people_are_asked_for_a_key_and_not_to_approve_one_that_is_refused(
    leaked: Cloud, contain: Act, standby: str, outcome: str
) -> None:
    table, before = IncidentTable(SETTINGS["TABLE_NAME"]), labels(leaked)
    seen = Finding(
        probe="twinmind_standby_key", status="failed", summary="So.", measurements={"standby": standby}, at=now()
    )
    table.keep_findings("pd-1", "001-0", [seen])
    table.keep_monitoring("pd-1", MonitoringState(last_run="001-0"))
    assert contain("createSecret")["outcome"] == outcome
    assert labels(leaked) == before
    assert {task.name for task in stored().human_tasks} == (
        {"standby_key"} if standby == "refused" else {"approve-contain"}
    )
    assert stored().waiting_for == ("no_standby_key" if standby == "refused" else None)
