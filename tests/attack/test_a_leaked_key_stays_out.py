"""A leaked key is known by what it is: saved again, staged again or put back, it never counts as another one."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.secretsmanager.models import secretsmanager_backends

from responder.aws.incident_table import IncidentTable
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.aws.secret_versions import Versions
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from responder.domain.human_task import TaskDecision, task_named, with_decision
from responder.domain.incident import Incident
from tests.support.cloudtrail import running_trail
from tests.support.inprocess import ACCOUNT, REGION, SETTINGS, Cloud, running_cloud
from tests.support.leak_reviews import seen_to_work
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import API_KEY_SECRET, STANDBY_SECRET, keep_incident

AUTO = {"modes": {"contain": "auto"}, "budgets": {"rotate": {"cooldown_minutes": 0}}}
BEGAN = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_BEFORE, BEFORE, AFTER = (BEGAN + timedelta(hours=hours) for hours in (-24, -1, 1))


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A key that works and was there when the leak was reported; containing needs no approval by mode."""
    with running_trail() as trail, running_cloud(monkeypatch, execute=False) as cloud:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", trail.url)
        cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "active"}}}})
        cloud.change_runbook(AUTO)
        leak_reported("pd-1", BEGAN)
        made(cloud, current(cloud), LONG_BEFORE)
        yield cloud


def leak_reported(incident: str, at: datetime) -> None:
    found = {"cause": Cause.KEY_LEAKED, "started_at": at}
    keep_incident(rejected_key_incident(incident).model_copy(update=found))


def keys(cloud: Cloud) -> dict[str, str]:
    return {label: entry["key"] for label, entry in cloud.sandbox.world["twinmind"]["keys"].items()}


def made(cloud: Cloud, version: str, at: datetime) -> None:
    """moto knows whole seconds, and only its own clock."""
    secretsmanager_backends[ACCOUNT][REGION].secrets[API_KEY_SECRET].versions[version]["createdate"] = at.timestamp()


def save(cloud: Cloud, key: str, at: datetime) -> str:
    """A person puts the key into the secret. → version"""
    versions, new = Versions(API_KEY_SECRET), str(uuid.uuid4())
    before = current(cloud)
    versions.put_pending(new, key)
    made(cloud, new, at)
    assert versions.promote(new, instead_of=before)
    versions.withdraw(new)
    return new


def labels(cloud: Cloud) -> dict[str, str]:
    found = cloud.client("secretsmanager").describe_secret(SecretId=API_KEY_SECRET)["VersionIdsToStages"]
    return {label: version for version, held in found.items() for label in held}


def current(cloud: Cloud) -> str:
    return labels(cloud)["AWSCURRENT"]


def key_in(cloud: Cloud, version: str) -> str:
    found = cloud.client("secretsmanager").get_secret_value(SecretId=API_KEY_SECRET, VersionId=version)
    return str(found["SecretString"])


def contain(cloud: Cloud, incident: str = "pd-1", purpose: str = "contain") -> dict[str, Any]:
    """Every step of one execution; → the first answer that ends it."""
    ids: dict[str, Any] = {}
    answer: dict[str, Any] = {}
    for step, goes_on in (("createSecret", "staged"), ("testSecret", "passed"), ("finishSecret", "promoted")):
        answer = cloud.invoke("rotate_api_key", {"incident_id": incident, "step": step, "purpose": purpose, **ids})
        if answer["outcome"] != goes_on:
            break
        ids = {"version_id": answer["version_id"], "old_version_id": answer["old_version_id"]}
    return answer


def stored(incident: str = "pd-1") -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get(incident).incident


def asked(incident: str = "pd-1") -> str:
    task = task_named(stored(incident).human_tasks, "approve-contain")
    assert task is not None
    return task.sentence


def decide(decision: Any, incident: str = "pd-1") -> None:
    task = task_named(stored(incident).human_tasks, "approve-contain")
    assert task is not None
    answer = TaskDecision(name=task.name, plan_hash=task.plan_hash, decision=decision, by="lead", at=now())
    present = stored(incident)
    keep_incident(present.model_copy(update={"human_tasks": with_decision(present.human_tasks, answer)}))


def known(cloud: Cloud) -> set[str]:
    """The labels of the sandbox's keys that are known to have leaked."""
    table = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind")
    return {label for label, key in keys(cloud).items() if table.find(key)}


def review(cloud: Cloud) -> None:
    """The next time that a leak is due."""
    table = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind")
    for leak in table.all():
        table.keep(leak.model_copy(update={"checked_at": None}))
    cloud.invoke("review_leak", {})


def revocations(cloud: Cloud, incident: str = "pd-1") -> bool:
    seen_to_work(incident)
    review(cloud)
    return task_named(stored(incident).human_tasks, "revoke_key") is not None


def test_the_same_key_saved_again_before_the_containment_is_contained(cloud: Cloud) -> None:
    first = current(cloud)
    again = save(cloud, keys(cloud)["primary"], AFTER)
    assert contain(cloud)["outcome"] == "promoted"
    assert key_in(cloud, current(cloud)) == keys(cloud)["standby-1"]
    assert labels(cloud).keys() == {"AWSCURRENT"}
    (leak,) = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all()
    assert set(leak.version_ids) <= {first, again}


def test_nobody_is_asked_to_revoke_the_key_that_is_in_use_under_another_version(cloud: Cloud) -> None:
    cloud.invoke("rotate_api_key", {"incident_id": "pd-1", "step": "createSecret", "purpose": "contain"})
    save(cloud, keys(cloud)["primary"], AFTER)
    assert not revocations(cloud)
    contain(cloud)
    assert revocations(cloud)


def test_saved_twice_so_that_nothing_from_before_can_be_read_people_are_asked(cloud: Cloud) -> None:
    for _ in range(2):
        save(cloud, keys(cloud)["primary"], AFTER)
    assert contain(cloud)["outcome"] == "needs_approval"
    assert "cannot be read any more" in asked()
    assert known(cloud) == set()
    decide("approved")
    assert contain(cloud)["outcome"] == "promoted"
    assert known(cloud) == {"primary"}


def test_a_leaked_key_is_never_staged_again_when_its_version_is_gone(cloud: Cloud) -> None:
    leaked = current(cloud)
    contain(cloud)
    del secretsmanager_backends[ACCOUNT][REGION].secrets[API_KEY_SECRET].versions[leaked]
    staged = json.dumps({"keys": [keys(cloud)["primary"], f" {keys(cloud)['primary']}\n", keys(cloud)["standby-2"]]})
    cloud.client("secretsmanager").put_secret_value(SecretId=STANDBY_SECRET, SecretString=staged)
    states = [one["state"] for one in cloud.invoke("test_standby_keys", {})["keys"]]
    assert states == ["leaked", "leaked", "works"]

    cloud.sandbox.patch({"twinmind": {"keys": {"standby-1": {"status": "revoked"}}}})
    keep_incident(rejected_key_incident("pd-2"))
    assert contain(cloud, "pd-2", "rotate")["outcome"] == "promoted"
    assert key_in(cloud, current(cloud)) == keys(cloud)["standby-2"]


def rotated_before_the_report(cloud: Cloud) -> None:
    """The key of before has AWSPREVIOUS; another one was current when the leak was reported."""
    save(cloud, keys(cloud)["standby-1"], BEFORE)


def test_after_a_rotation_people_say_which_key_leaked(cloud: Cloud) -> None:
    rotated_before_the_report(cloud)
    before = labels(cloud)
    assert contain(cloud)["outcome"] == "needs_approval"
    table = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind")
    for label in ("primary", "standby-1"):
        assert table.fingerprint(keys(cloud)[label])[:8] in asked()
    assert (labels(cloud), known(cloud)) == (before, set())


def test_the_healthy_new_key_stays_when_people_say_that_the_one_before_leaked(cloud: Cloud) -> None:
    rotated_before_the_report(cloud)
    contain(cloud)
    decide("declined")
    answer = contain(cloud)
    assert (answer["outcome"], key_in(cloud, current(cloud))) == ("declined", keys(cloud)["standby-1"])
    assert "The current key is not the one that leaked, people say" in answer["text"]
    assert known(cloud) == {"primary"}
    assert contain(cloud)["outcome"] == "declined"
    assert revocations(cloud)


def test_the_new_key_is_replaced_when_people_say_that_it_leaked(cloud: Cloud) -> None:
    rotated_before_the_report(cloud)
    contain(cloud)
    decide("approved")
    assert contain(cloud)["outcome"] == "promoted"
    assert (known(cloud), key_in(cloud, current(cloud))) == ({"standby-1"}, keys(cloud)["standby-2"])


def test_a_second_report_does_not_condemn_the_key_that_replaced_the_first(cloud: Cloud) -> None:
    contain(cloud)
    replacement = current(cloud)
    leak_reported("pd-2", datetime.now(UTC) + timedelta(minutes=5))
    assert contain(cloud, "pd-2")["outcome"] == "needs_approval"
    assert (known(cloud), current(cloud)) == ({"primary"}, replacement)
    decide("declined", "pd-2")
    assert contain(cloud, "pd-2")["outcome"] == "declined"
    assert (known(cloud), current(cloud)) == ({"primary"}, replacement)


def test_an_old_leak_that_was_revoked_does_not_end_a_new_one(cloud: Cloud) -> None:
    """What is asked about a new report is open, whatever TwinMind says of the key of the last one."""
    contain(cloud)
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    cloud.invoke("review_leak", {})
    (leak,) = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all()
    assert leak.revoked_at
    leak_reported("pd-2", datetime.now(UTC) + timedelta(minutes=5))
    contain(cloud, "pd-2")
    assert LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all()[0].incident_ids == ("pd-1",)


def test_a_leaked_key_that_people_put_back_is_neither_called_good_nor_to_be_revoked(cloud: Cloud) -> None:
    contain(cloud)
    assert revocations(cloud)
    save(cloud, keys(cloud)["primary"], datetime.now(UTC))
    review(cloud)
    (leak,) = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all()
    assert leak.replaced_at is None
    assert any("is current again" in entry["text"] for entry in cloud.incident("pd-1")["timeline"])
    keep_incident(rejected_key_incident("pd-2"))
    assert contain(cloud, "pd-2", "rotate")["outcome"] == "promoted"
    assert key_in(cloud, current(cloud)) != keys(cloud)["primary"]


def test_a_key_that_is_found_between_its_test_and_its_promotion_is_not_promoted(cloud: Cloud) -> None:
    ids: dict[str, Any] = {"incident_id": "pd-1", "purpose": "contain"}
    staged = cloud.invoke("rotate_api_key", ids | {"step": "createSecret"})
    ids |= {"version_id": staged["version_id"], "old_version_id": staged["old_version_id"]}
    cloud.invoke("rotate_api_key", ids | {"step": "testSecret"})
    table = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind")
    (leak,) = table.all()
    table.note(leak.model_copy(update={"fingerprint": table.fingerprint(keys(cloud)["standby-1"])}))
    before = current(cloud)
    assert cloud.invoke("rotate_api_key", ids | {"step": "finishSecret"})["outcome"] == "not_tested"
    assert current(cloud) == before


def test_people_see_eight_digits_of_a_fingerprint_and_nobody_sees_its_key(cloud: Cloud) -> None:
    contain(cloud)
    review(cloud)
    rows = cloud.client("dynamodb").query(
        TableName=SETTINGS["TABLE_NAME"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "leaks#twinmind"}},
    )["Items"]
    (secret,) = [row["body"]["S"] for row in rows if row["sk"]["S"] == "hmac-key"]
    (leak,) = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all()
    shown = str(cloud.incident("pd-1"))
    assert leak.short in shown
    assert [
        text for text in (secret, leak.fingerprint, leak.fingerprint[:9], keys(cloud)["primary"]) if text in shown
    ] == []
