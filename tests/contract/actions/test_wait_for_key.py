"""What a rotation waits for, how quietly, and what is left when its execution dies."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from responder.aws.incident_table import IncidentTable
from responder.domain.human_task import task_named
from responder.domain.incident import Incident
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import API_KEY_SECRET, STANDBY_SECRET, keep_incident

Act = Callable[..., dict[str, Any]]
FOREIGN = "11111111-1111-4111-8111-111111111111"


def stored(incident_id: str = "pd-1") -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get(incident_id).incident


def stage(cloud: Cloud, *labels: str) -> None:
    keys = [cloud.sandbox.world["twinmind"]["keys"][label]["key"] for label in labels]
    cloud.client("secretsmanager").put_secret_value(SecretId=STANDBY_SECRET, SecretString=json.dumps({"keys": keys}))


def pending(cloud: Cloud) -> list[str]:
    found = cloud.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    return [version for version, labels in found.items() if "AWSPENDING" in labels]


def test_people_are_asked_for_a_key_once_and_the_rotation_goes_on_when_it_is_staged(cloud: Cloud, rotate: Act) -> None:
    stage(cloud)
    assert [rotate("createSecret")["outcome"] for _ in range(3)] == ["no_standby_key"] * 3
    assert stored().waiting_for == "no_standby_key"
    task = task_named(stored().human_tasks, "standby_key")
    assert task is not None
    assert "make stage-key" in task.command
    assert task.is_open(datetime.now(UTC) + timedelta(days=30))
    told = [entry for entry in cloud.incident("pd-1")["timeline"] if entry["kind"] == "action_outcome"]
    assert len(told) == 1

    stage(cloud, "standby-1")
    assert rotate("createSecret")["outcome"] == "staged"
    fulfilled = task_named(stored().human_tasks, "standby_key")
    assert fulfilled is not None
    assert (fulfilled.decision, fulfilled.requested_at, stored().waiting_for) == ("fulfilled", task.requested_at, None)


def test_a_second_shortage_is_a_second_question(cloud: Cloud, rotate: Act) -> None:
    stage(cloud)
    rotate("createSecret")
    stage(cloud, "standby-1")
    staged = rotate("createSecret")
    cloud.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "revoked"}}}})
    assert rotate("testSecret", staged)["outcome"] == "failed"
    assert rotate("createSecret")["outcome"] == "no_standby_key"
    task = task_named(stored().human_tasks, "standby_key")
    assert task is not None
    assert task.decision is None
    told = [entry for entry in cloud.incident("pd-1")["timeline"] if entry["data"].get("outcome") == "no_standby_key"]
    assert len(told) == 2


def test_the_question_is_taken_back_when_the_key_works_again(cloud: Cloud, rotate: Act) -> None:
    stage(cloud)
    rotate("createSecret")
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    assert rotate("createSecret")["outcome"] == "already_done"
    task = task_named(stored().human_tasks, "standby_key")
    assert task is not None
    assert task.decision is not None
    assert stored().waiting_for is None


def test_anothers_rotation_is_waited_for(cloud: Cloud, rotate: Act) -> None:
    secrets = cloud.client("secretsmanager")
    wanted = {"SecretId": API_KEY_SECRET, "ClientRequestToken": FOREIGN, "VersionStages": ["AWSPENDING"]}
    secrets.put_secret_value(SecretString="tm_sk_somebody_elses", **wanted)
    assert rotate("createSecret")["outcome"] == "pending_elsewhere"
    assert stored().waiting_for == "pending_elsewhere"
    secrets.update_secret_version_stage(SecretId=API_KEY_SECRET, VersionStage="AWSPENDING", RemoveFromVersionId=FOREIGN)
    assert rotate("createSecret")["outcome"] == "staged"
    assert stored().waiting_for is None


def ended(name: str, at: datetime, incident_id: str = "pd-1") -> dict[str, Any]:
    given = json.dumps({"incident_id": incident_id, "execution_number": 1})
    return {"detail": {"name": name, "status": "FAILED", "input": given, "stopDate": int(at.timestamp() * 1000)}}


def test_an_execution_that_died_leaves_no_pending_version(cloud: Cloud, rotate: Act) -> None:
    staged = rotate("createSecret")
    assert pending(cloud) == [staged["version_id"]]
    soon = datetime.now(UTC) + timedelta(seconds=1)
    assert cloud.invoke("rotate_api_key", ended("pd-1-1", soon)) == {"tidied": [staged["version_id"]]}
    assert cloud.invoke("rotate_api_key", ended("pd-1-1", soon)) == {"tidied": []}
    assert pending(cloud) == []
    keep_incident(rejected_key_incident("pd-2"))
    assert rotate("createSecret", incident="pd-2")["outcome"] == "staged"


def test_what_the_next_execution_has_staged_is_left_alone(cloud: Cloud, rotate: Act) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    staged = rotate("createSecret")
    assert cloud.invoke("rotate_api_key", ended("pd-1-1", before)) == {"tidied": []}
    assert pending(cloud) == [staged["version_id"]]


def test_an_execution_of_no_incident_tidies_nothing(cloud: Cloud) -> None:
    assert cloud.invoke("rotate_api_key", ended("x", datetime.now(UTC), "pd-unknown")) == {"tidied": []}
    assert cloud.invoke("rotate_api_key", {"detail": {"name": "x", "input": "no json"}}) == {"tidied": []}


@pytest.mark.parametrize("step", ["createSecret", "setSecret", "testSecret", "finishSecret"])
def test_secrets_managers_own_schedule_is_told_what_to_do_and_nothing_is_touched(cloud: Cloud, step: str) -> None:
    secrets = cloud.client("secretsmanager")
    before = secrets.describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    event = {"SecretId": API_KEY_SECRET, "ClientRequestToken": FOREIGN, "Step": step}
    with pytest.raises(ValueError, match=f"{step} was called by Secrets Manager.*cancel-rotate-secret"):
        cloud.invoke("rotate_api_key", event)
    assert secrets.describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"] == before


def test_a_step_that_secrets_manager_does_not_have_is_an_error(cloud: Cloud) -> None:
    with pytest.raises(ValueError, match="Step must be one of createSecret"):
        cloud.invoke("rotate_api_key", {"SecretId": API_KEY_SECRET, "ClientRequestToken": FOREIGN, "Step": "destroy"})
