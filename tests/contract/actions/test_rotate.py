import json
from collections.abc import Callable
from typing import Any

import pytest

from responder.actions.rotate_key.rotation import Rotation
from responder.domain.diagnosis import Cause
from tests.support.inprocess import Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import API_KEY_SECRET, STANDBY_SECRET, STOP_PARAMETER, keep_incident, set_parameter

Act = Callable[..., dict[str, Any]]
FOREIGN = "11111111-1111-4111-8111-111111111111"


def current_text(cloud: Cloud) -> str:
    # Without the label moto answers the version that was current before UpdateSecretVersionStage.
    wanted = {"SecretId": API_KEY_SECRET, "VersionStage": "AWSCURRENT"}
    return str(cloud.client("secretsmanager").get_secret_value(**wanted)["SecretString"])


def labels(cloud: Cloud) -> dict[str, str]:
    """Label → version; fails where a label sits on two."""
    found = cloud.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    pairs = [(label, version) for version, of_version in found.items() for label in of_version]
    assert len(dict(pairs)) == len(pairs), found
    return dict(pairs)


def key(cloud: Cloud, label: str) -> str:
    return str(cloud.sandbox.world["twinmind"]["keys"][label]["key"])


def promote_first(rotate: Act) -> dict[str, Any]:
    staged = rotate("createSecret")
    assert [rotate(step, staged)["outcome"] for step in ("setSecret", "testSecret", "finishSecret")] == [
        "set",
        "passed",
        "promoted",
    ]
    return staged


def test_a_rejected_key_is_replaced_by_the_first_standby_key(cloud: Cloud, rotate: Act) -> None:
    staged = promote_first(rotate)
    assert current_text(cloud) == key(cloud, "standby-1")
    assert labels(cloud) == {"AWSCURRENT": staged["version_id"], "AWSPREVIOUS": staged["old_version_id"]}


def test_the_plan_is_written_before_and_the_outcome_after_and_no_key_anywhere(cloud: Cloud, rotate: Act) -> None:
    promote_first(rotate)
    incident = cloud.incident("pd-1")
    kinds = [entry["kind"] for entry in incident["timeline"]]
    assert kinds[0] == "action_planned"
    assert kinds.count("action_planned") == 1
    assert [(action["name"], action["outcome"]) for action in incident["actions"]] == [("rotate", "promoted")]
    assert "standby key 1 of 2" in incident["actions"][0]["plan"]
    assert "tm_sk_" not in json.dumps(incident)


def test_a_refused_standby_key_is_followed_by_the_next(cloud: Cloud, rotate: Act) -> None:
    cloud.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "expired"}}}})
    first = rotate("createSecret")
    assert rotate("testSecret", first)["outcome"] == "failed"
    assert "AWSPENDING" not in labels(cloud)
    promote_first(rotate)
    assert current_text(cloud) == key(cloud, "standby-2")


def test_a_sign_in_page_in_front_of_twinmind_promotes_no_key(cloud: Cloud, rotate: Act) -> None:
    before, staged = labels(cloud), rotate("createSecret")
    page = {"status": 200, "times": 99, "path": "/v1/me", "body": "<html>Sign in to this network</html>"}
    cloud.sandbox.patch({"faults": {"twinmind": {"fail_next": [page]}}})
    assert rotate("testSecret", staged)["outcome"] == "unreachable"
    assert rotate("finishSecret", staged)["outcome"] != "promoted"
    assert labels(cloud) == before


def test_without_a_working_standby_key_nothing_changes(cloud: Cloud, rotate: Act) -> None:
    before = labels(cloud)
    refused = {label: {"status": "revoked"} for label in ("standby-1", "standby-2")}
    cloud.sandbox.patch({"twinmind": {"keys": refused}})
    for _ in refused:
        assert rotate("testSecret", rotate("createSecret"))["outcome"] == "failed"
    end = rotate("createSecret")
    assert end["outcome"] == "no_standby_key"
    assert STANDBY_SECRET in end["text"]
    assert labels(cloud) == before


def test_a_key_that_cannot_be_tested_is_neither_promoted_nor_thrown_away(cloud: Cloud, rotate: Act) -> None:
    staged = rotate("createSecret")
    cloud.sandbox.patch({"twinmind": {"up": False}})
    assert rotate("testSecret", staged)["outcome"] == "unreachable"
    assert rotate("finishSecret", staged)["outcome"] == "lost"
    cloud.sandbox.patch({"twinmind": {"up": True}})
    promote_first(rotate)
    assert current_text(cloud) == key(cloud, "standby-1")


def test_an_untested_version_is_not_promoted(cloud: Cloud, rotate: Act) -> None:
    staged = rotate("createSecret")
    assert rotate("finishSecret", staged)["outcome"] == "not_tested"
    assert labels(cloud) == {"AWSCURRENT": staged["old_version_id"]}


def test_every_step_may_be_repeated(cloud: Cloud, rotate: Act) -> None:
    staged = rotate("createSecret")
    assert rotate("createSecret") == staged
    for step in ("setSecret", "testSecret", "finishSecret"):
        assert rotate(step, staged) == rotate(step, staged)
    assert labels(cloud) == {"AWSCURRENT": staged["version_id"], "AWSPREVIOUS": staged["old_version_id"]}
    assert rotate("createSecret")["outcome"] == "already_done"


def test_the_old_key_comes_back_only_if_it_works_now(cloud: Cloud, rotate: Act) -> None:
    staged = promote_first(rotate)
    assert rotate("restoreSecret")["outcome"] == "kept"
    assert labels(cloud)["AWSCURRENT"] == staged["version_id"]
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    assert rotate("restoreSecret")["outcome"] == "restored"
    assert rotate("restoreSecret")["outcome"] == "restored"
    assert labels(cloud) == {"AWSCURRENT": staged["old_version_id"], "AWSPREVIOUS": staged["version_id"]}


def test_nothing_is_restored_where_nothing_was_rotated(cloud: Cloud, rotate: Act) -> None:
    assert rotate("restoreSecret")["outcome"] == "kept"


def test_a_json_secret_keeps_its_other_fields(cloud: Cloud, rotate: Act) -> None:
    fields = {"webhook_secret": "whsec_ünchanged", "api_key": key(cloud, "primary"), "retries": 3}
    cloud.client("secretsmanager").put_secret_value(SecretId=API_KEY_SECRET, SecretString=json.dumps(fields))
    assert rotate("createSecret")["outcome"] == "not_allowed"
    cloud.change_runbook({"endpoints": {"twinmind": {"key_json_field": "api_key"}}})
    promote_first(rotate)
    assert json.loads(current_text(cloud)) == {**fields, "api_key": key(cloud, "standby-1")}


@pytest.mark.parametrize("step", ["setSecret", "testSecret", "finishSecret"])
def test_no_step_touches_a_version_that_somebody_else_staged(cloud: Cloud, rotate: Act, step: str) -> None:
    secrets = cloud.client("secretsmanager")
    stages = {"ClientRequestToken": FOREIGN, "VersionStages": ["AWSPENDING"]}
    secrets.put_secret_value(SecretId=API_KEY_SECRET, SecretString=key(cloud, "standby-1"), **stages)
    before = labels(cloud)
    with pytest.raises(Exception, match="was not staged for this incident"):
        rotate(step, {"version_id": FOREIGN, "old_version_id": before["AWSCURRENT"]})
    assert labels(cloud) == before
    assert rotate("createSecret")["outcome"] == "pending_elsewhere"


def test_anothers_pending_version_is_explained_and_left_alone(cloud: Cloud, rotate: Act) -> None:
    cloud.client("secretsmanager").put_secret_value(
        SecretId=API_KEY_SECRET,
        SecretString="tm_sk_somebody_elses",
        ClientRequestToken=FOREIGN,
        VersionStages=["AWSPENDING"],
    )
    before = labels(cloud)
    answer = rotate("createSecret")
    assert answer["outcome"] == "pending_elsewhere"
    assert FOREIGN in answer["text"]
    assert labels(cloud) == before


def test_a_second_incident_waits_and_then_finds_the_work_done(cloud: Cloud, rotate: Act) -> None:
    keep_incident(rejected_key_incident("pd-2"))
    staged = rotate("createSecret")
    assert rotate("createSecret", incident="pd-2")["outcome"] == "busy"
    rotate("testSecret", staged)
    rotate("finishSecret", staged)
    answer = rotate("createSecret", incident="pd-2")
    assert answer["outcome"] == "already_done"
    assert "pd-1" in answer["text"]


def test_one_that_looked_before_another_ended_and_claims_after_it_finds_the_work_done(
    cloud: Cloud, rotate: Act, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_incident(rejected_key_incident("pd-2"))
    real = Rotation.acquire
    promoted: list[str] = []

    def acquire(rotation: Rotation) -> bool:
        if rotation.ctx.incident.id == "pd-2" and not promoted:
            promoted.append(promote_first(rotate)["version_id"])
        return real(rotation)

    monkeypatch.setattr(Rotation, "acquire", acquire)
    assert rotate("createSecret", incident="pd-2")["outcome"] == "already_done"
    assert labels(cloud)["AWSCURRENT"] == promoted[0]
    assert "AWSPENDING" not in labels(cloud)
    assert rotate("createSecret")["outcome"] == "already_done", "and nobody holds the claim"


def test_the_stop_switch_turns_the_rotation_into_a_description(cloud: Cloud, rotate: Act) -> None:
    before = labels(cloud)
    set_parameter(STOP_PARAMETER, "stop")
    answer = rotate("createSecret")
    assert answer["outcome"] == "observed"
    assert "standby key 1 of 2" in answer["text"]
    assert labels(cloud) == before


def test_a_switch_thrown_half_way_stops_before_the_promotion(cloud: Cloud, rotate: Act) -> None:
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    set_parameter(STOP_PARAMETER, "stop")
    assert rotate("finishSecret", staged)["outcome"] == "not_allowed"
    assert labels(cloud) == {"AWSCURRENT": staged["old_version_id"]}


def test_with_the_switch_thrown_what_is_left_of_a_begun_rotation_is_taken_off_and_nothing_else_happens(
    cloud: Cloud, rotate: Act
) -> None:
    """Nothing reads AWSPENDING: giving a rotation up is no act on the service, and the next one finds its way free."""
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    versions = cloud.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"].keys()
    set_parameter(STOP_PARAMETER, "stop")
    assert rotate("createSecret")["outcome"] == "observed"
    assert rotate("restoreSecret")["outcome"] == "kept"
    assert labels(cloud) == {"AWSCURRENT": staged["old_version_id"]}
    after = cloud.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    assert after.keys() == versions


def test_with_the_switch_thrown_the_labels_of_others_stay(cloud: Cloud, rotate: Act) -> None:
    set_parameter(STOP_PARAMETER, "stop")
    pending = {"ClientRequestToken": FOREIGN, "VersionStages": ["AWSPENDING"]}
    cloud.client("secretsmanager").put_secret_value(
        SecretId=API_KEY_SECRET, SecretString="tm_sk_somebody_elses", **pending
    )
    before = labels(cloud)
    assert [rotate(step)["outcome"] for step in ("createSecret", "restoreSecret")] == ["pending_elsewhere", "kept"]
    assert labels(cloud) == before


def modes(cloud: Cloud) -> list[tuple[str, str, str]]:
    return [(action["name"], action["mode"], action["outcome"]) for action in cloud.incident("pd-1")["actions"]]


def approve(cloud: Cloud, rotate: Act) -> None:
    cloud.change_runbook({"modes": {"rotate": "approve"}})
    assert rotate("createSecret")["outcome"] == "needs_approval"
    (task,) = cloud.invoke("decide", {"incident_id": "pd-1"})["human_tasks"]
    answer = {"incident_id": "pd-1", "task": "approve-rotate", "decision": "approve", "by": "lead"}
    cloud.invoke("decide", answer | {"plan_hash": task["plan_hash"]})


def test_the_record_tells_the_mode_under_which_the_rotation_was_permitted(cloud: Cloud, rotate: Act) -> None:
    approve(cloud, rotate)
    staged = promote_first(rotate)
    assert ("rotate", "approve", "promoted") in modes(cloud)
    assert rotate("finishSecret", staged)["outcome"] == "promoted"
    assert ("rotate", "approve", "promoted") in modes(cloud)
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
    rotate("restoreSecret")
    assert ("rotate", "approve", "restored") in modes(cloud)


def test_what_counts_is_the_mode_at_the_promotion(cloud: Cloud, rotate: Act) -> None:
    approve(cloud, rotate)
    staged = rotate("createSecret")
    rotate("testSecret", staged)
    assert modes(cloud)[-1] == ("rotate", "approve", "passed")
    cloud.change_runbook({"modes": {"rotate": "auto"}})
    rotate("finishSecret", staged)
    assert modes(cloud)[-1] == ("rotate", "auto", "promoted")


@pytest.mark.parametrize("cause", [Cause.UNKNOWN, Cause.NO_FAULT, Cause.PROVIDER_OUTAGE, Cause.KEY_LEAKED])
def test_other_diagnoses_rotate_nothing(cloud: Cloud, rotate: Act, cause: Cause) -> None:
    keep_incident(rejected_key_incident("pd-1").model_copy(update={"cause": cause}))
    before = labels(cloud)
    assert rotate("createSecret")["outcome"] == "not_allowed"
    assert labels(cloud) == before


def test_secrets_managers_own_event_is_refused_in_words(cloud: Cloud) -> None:
    event = {"SecretId": API_KEY_SECRET, "ClientRequestToken": FOREIGN, "Step": "createSecret"}
    with pytest.raises(ValueError, match="own rotation schedule is not served"):
        cloud.invoke("rotate_api_key", event)
