"""After a leak: who read the secret, whether TwinMind refuses the key, and what people hear of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from responder.aws.incident_table import IncidentTable
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.context import open_context
from responder.domain.diagnosis import Cause
from responder.domain.human_task import task_named
from responder.domain.incident import Incident, IncidentStatus
from responder.domain.leaked_key import LeakedKey
from responder.notifications.context import bare_context
from responder.notifications.messages.ending import left_to_people
from tests.support.cloudtrail import SOONEST_SECONDS, FakeTrail, read_event, running_trail
from tests.support.inprocess import SETTINGS, STACK, Cloud, notices, running_cloud
from tests.support.leak_reviews import seen_to_work
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import API_KEY_SECRET, keep_incident

AUTO = {"modes": {"contain": "auto"}}
SERVICE = "arn:aws:iam::123456789012:role/twinmind-service"
Review = Callable[[], dict[str, Any]]


@pytest.fixture
def trail() -> Iterator[FakeTrail]:
    with running_trail() as trail:
        yield trail


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, trail: FakeTrail) -> Iterator[Cloud]:
    """A leaked key that still works; its containment needs no approval here."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", trail.url)
    with running_cloud(monkeypatch, execute=False) as cloud:
        began = {"cause": Cause.KEY_LEAKED, "started_at": datetime.now(UTC)}
        keep_incident(rejected_key_incident("pd-1").model_copy(update=began))
        cloud.change_runbook(AUTO | {"leak": {"known_readers": [SERVICE]}})
        yield cloud


def step(cloud: Cloud, name: str, of: dict[str, Any] | None = None) -> dict[str, Any]:
    event = {"incident_id": "pd-1", "step": name, "purpose": "contain"} | {
        key: (of or {}).get(key) for key in ("version_id", "old_version_id")
    }
    answer: dict[str, Any] = cloud.invoke("rotate_api_key", event)
    return answer


def contain(cloud: Cloud) -> str:
    """→ the leaked version."""
    staged = step(cloud, "createSecret")
    for name in ("testSecret", "finishSecret"):
        step(cloud, name, staged)
    return str(staged["old_version_id"])


def leak_of(version: str) -> LeakedKey:
    (leak,) = [leak for leak in LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all() if version in leak.version_ids]
    return leak


def age(version: str, by: timedelta) -> None:
    """As if everything so far had happened `by` earlier."""
    leak = leak_of(version)
    times = {
        name: moment - by
        for name in ("noted_at", "replaced_at", "checked_at", "revoked_at")
        if (moment := getattr(leak, name))
    }
    reviews = tuple(moment - by for moment in leak.reviews)
    LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").keep(leak.model_copy(update=times | {"reviews": reviews}))


def stored() -> Incident:
    return IncidentTable(SETTINGS["TABLE_NAME"]).get("pd-1").incident


def told(cloud: Cloud, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in cloud.incident("pd-1")["timeline"] if entry["kind"] == kind]


def test_people_are_asked_to_revoke_and_the_401_of_the_old_key_confirms_it(cloud: Cloud) -> None:
    version = contain(cloud)
    seen_to_work("pd-1")
    assert cloud.invoke("review_leak", {}) == {"reviewed": [leak_of(version).short], "failed": []}
    task = task_named(stored().human_tasks, "revoke_key")
    assert task is not None
    assert "twinmind.com/settings/api" in task.sentence
    assert leak_of(version).replaced_at is not None
    assert leak_of(version).revoked_at is None

    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    age(version, timedelta(minutes=5))
    cloud.invoke("review_leak", {})
    assert leak_of(version).revoked_at is not None
    task = task_named(stored().human_tasks, "revoke_key")
    assert task is not None
    assert task.decision == "fulfilled"
    assert any("TwinMind refuses the leaked key" in notice for notice in notices())


def test_nobody_is_asked_to_revoke_the_key_that_the_service_still_uses(cloud: Cloud) -> None:
    step(cloud, "createSecret")
    cloud.invoke("review_leak", {})
    assert task_named(stored().human_tasks, "revoke_key") is None


def test_nobody_is_asked_to_revoke_before_the_service_was_seen_to_work(cloud: Cloud) -> None:
    """The new key is in force, and the restart failed or is not approved yet: revoking would stop the service."""
    version = contain(cloud)
    cloud.invoke("review_leak", {})
    assert leak_of(version).replaced_at is not None
    assert task_named(stored().human_tasks, "revoke_key") is None
    assert told(cloud, "leak") == []
    seen_to_work("pd-1")
    age(version, timedelta(minutes=5))
    cloud.invoke("review_leak", {})
    assert task_named(stored().human_tasks, "revoke_key") is not None


def test_what_is_revoked_before_anybody_was_asked_is_not_asked_for_at_the_end(cloud: Cloud) -> None:
    contain(cloud)
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    cloud.invoke("review_leak", {})
    task = task_named(stored().human_tasks, "revoke_key")
    assert task is not None
    assert (task.decision, task.acted_on) == ("fulfilled", True)
    ctx = open_context({"incident_id": "pd-1"})
    assert not [line for line in left_to_people(bare_context(ctx)) if "Revoke the leaked key" in line]


def test_readers_are_grouped_and_our_own_roles_told_apart(cloud: Cloud, trail: FakeTrail) -> None:
    now = datetime.now(UTC)
    own_role = f"arn:aws:iam::123456789012:role/{STACK}-RotateApiKeyFunctionRole-1A2B"
    own = f"arn:aws:sts::123456789012:assumed-role/{STACK}-RotateApiKeyFunctionRole-1A2B/rotate"
    service = {"identity": "arn:aws:sts::123456789012:assumed-role/twinmind-service/pod", "role": SERVICE}
    trail.events = [
        *(read_event(now, API_KEY_SECRET) for _ in range(3)),
        read_event(now, API_KEY_SECRET, ip="198.51.100.7"),
        *(read_event(now, API_KEY_SECRET, identity=own, role=own_role) for _ in range(70)),
        read_event(now, API_KEY_SECRET, **service),
        read_event(now, API_KEY_SECRET, identity="arn:aws:iam::999999999999:user/x", role=None, versionId="another"),
        read_event(now, None, name="BatchGetSecretValue", identity="arn:aws:iam::123456789012:user/bulk", role=None),
        read_event(now, "some-other-secret", identity="arn:aws:iam::123456789012:user/innocent", role=None),
    ]
    version = contain(cloud)
    age(version, timedelta(0))
    cloud.invoke("review_leak", {})
    (entry,) = told(cloud, "leak_review")
    found = {
        (reader["identity"].rsplit(":", 1)[-1], reader["source_ip"]): reader for reader in entry["data"]["readers"]
    }
    assert {name: (reader["count"], reader.get("known")) for name, reader in found.items()} == {
        ("assumed-role/Admin/lead", "203.0.113.9"): (3, None),
        ("assumed-role/Admin/lead", "198.51.100.7"): (1, None),
        ("user/bulk", "203.0.113.9"): (1, None),
        (f"assumed-role/{STACK}-RotateApiKeyFunctionRole-1A2B/rotate", "203.0.113.9"): (70, "ours"),
        ("assumed-role/twinmind-service/pod", "203.0.113.9"): (1, "listed"),
    }
    text = entry["text"]
    assert "3 readers that are not known" in text
    assert "Complete until" in text
    assert "It cannot show use of the key at TwinMind itself" in text
    assert "S-93" in text
    assert "tm_sk_" not in str(cloud.incident("pd-1"))


def test_a_trail_without_a_read_of_our_own_proves_nothing(cloud: Cloud, trail: FakeTrail) -> None:
    trail.events = [read_event(datetime.now(UTC), API_KEY_SECRET, role=SERVICE)]
    version = contain(cloud)
    cloud.invoke("review_leak", {"incident_id": "pd-1"})
    (entry,) = told(cloud, "leak_review")
    assert "the trail cannot be used" in entry["text"]
    assert "no unknown reader" not in entry["text"]

    own = f"arn:aws:iam::123456789012:role/{STACK}-RotateApiKeyFunctionRole-1A2B"
    trail.events.append(read_event(datetime.now(UTC), API_KEY_SECRET, identity=own, role=own))
    age(version, timedelta(0))
    cloud.invoke("review_leak", {})
    text = told(cloud, "leak_review")[-1]["text"]
    assert "no unknown reader" in text
    assert "the trail cannot be used" not in text


def test_every_page_is_read_at_the_pace_that_aws_allows(cloud: Cloud, trail: FakeTrail) -> None:
    now = datetime.now(UTC)
    trail.events = [read_event(now, API_KEY_SECRET) for _ in range(120)]
    contain(cloud)
    cloud.invoke("review_leak", {})
    (entry,) = told(cloud, "leak_review")
    assert entry["data"]["readers"][0]["count"] == 120
    # Over all of them: a single call can reach a busy machine's server late.
    assert trail.times[-1] - trail.times[0] > SOONEST_SECONDS * (len(trail.times) - 1) * 0.6


def test_it_is_looked_at_again_after_20_minutes_and_a_day_also_when_the_incident_is_closed(cloud: Cloud) -> None:
    version = contain(cloud)
    for _ in range(2):
        cloud.invoke("review_leak", {})
    assert len(leak_of(version).reviews) == 1
    keep_incident(stored().model_copy(update={"status": IncidentStatus.RESOLVED}))
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    for by in (timedelta(minutes=20), timedelta(hours=24)):
        age(version, by)
        cloud.invoke("review_leak", {})
    assert len(leak_of(version).reviews) == 3
    assert len(told(cloud, "leak_review")) == 3
    assert "This was the last look" in told(cloud, "leak_review")[-1]["text"]
    assert leak_of(version).ended_at is not None
    assert cloud.invoke("review_leak", {}) == {"reviewed": [], "failed": []}


def test_a_trail_that_cannot_be_read_is_told_and_tried_again(cloud: Cloud, trail: FakeTrail) -> None:
    trail.error = "AccessDeniedException"
    version = contain(cloud)
    cloud.invoke("review_leak", {})
    cloud.invoke("review_leak", {})
    assert leak_of(version).reviews == ()
    assert ["AccessDeniedException" in entry["text"] for entry in told(cloud, "leak_review")] == [True]
    trail.error = None
    cloud.invoke("review_leak", {})
    assert len(leak_of(version).reviews) == 1


def test_a_version_that_aws_has_deleted_is_told(cloud: Cloud, trail: FakeTrail) -> None:
    version = contain(cloud)
    leaks = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind")
    deleted = "00000000-0000-4000-8000-000000000bad"
    leaks.note(leak_of(version).model_copy(update={"fingerprint": "0" * 64, "version_ids": (deleted,)}))
    cloud.invoke("review_leak", {})
    assert leak_of(deleted).unreadable_at is not None
    assert any("cannot be read any more" in entry["text"] for entry in told(cloud, "leak"))


def test_a_person_may_look_at_once(cloud: Cloud, trail: FakeTrail) -> None:
    version = contain(cloud)
    assert cloud.invoke("review_leak", {"incident_id": "pd-1"}) == {"reviewed": [leak_of(version).short], "failed": []}
    assert leak_of(version).reviews == ()
    assert len(told(cloud, "leak_review")) == 1
    assert cloud.invoke("review_leak", {"incident_id": "pd-other"}) == {"reviewed": [], "failed": []}


def test_a_key_that_nobody_revokes_is_given_up_after_a_week(cloud: Cloud) -> None:
    version = contain(cloud)
    age(version, timedelta(days=8))
    cloud.invoke("review_leak", {})
    assert leak_of(version).ended_at is not None
    assert any("was not seen to refuse" in entry["text"] for entry in told(cloud, "leak"))


def test_the_workflow_asks_to_revoke_and_leaves_the_trail_to_the_schedule(cloud: Cloud, trail: FakeTrail) -> None:
    version = contain(cloud)
    seen_to_work("pd-1")
    assert cloud.invoke("review_leak", {"execution_number": 1}) == {"reviewed": [leak_of(version).short], "failed": []}
    assert task_named(stored().human_tasks, "revoke_key") is not None
    assert trail.requests == []
    cloud.invoke("review_leak", {})
    assert len(leak_of(version).reviews) == 1


def test_the_workflow_asks_twinmind_though_the_schedule_has_just_asked(cloud: Cloud) -> None:
    version = contain(cloud)
    cloud.invoke("review_leak", {})
    assert leak_of(version).revoked_at is None
    cloud.sandbox.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}})
    seen_to_work("pd-1")
    cloud.invoke("review_leak", {"execution_number": 1})
    assert leak_of(version).revoked_at is not None
    task = task_named(stored().human_tasks, "revoke_key")
    assert task is not None
    assert task.decision == "fulfilled"
