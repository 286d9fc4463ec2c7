"""A leaked key through the real state machine: asked first, replaced, proven, and then the revocation asked for."""

import pytest

from responder.aws.incident_table import IncidentTable
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.domain.human_task import task_named
from tests.support import deliveries
from tests.support.approval_request import decide
from tests.support.cloudtrail import running_trail
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.workflow.histories import INCIDENT, UPSTREAM, trigger

MARKED = {"alerts": {"leaked": {"incident_types": ["incident_default"]}}}


def is_asked(cloud: Cloud) -> bool:
    stored = IncidentTable(SETTINGS["TABLE_NAME"]).find(INCIDENT)
    task = task_named(stored.incident.human_tasks, "approve-contain") if stored else None
    return task is not None and task.decision is None


def test_a_leaked_key_is_contained_after_an_approval(monkeypatch: pytest.MonkeyPatch) -> None:
    with running_trail() as trail, running_cloud(monkeypatch) as cloud:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", trail.url)
        cloud.change_runbook(MARKED)
        execution = trigger(cloud)
        cloud.wait_until(lambda: is_asked(cloud), seconds=60)
        asked = IncidentTable(SETTINGS["TABLE_NAME"]).get(INCIDENT).incident
        task = task_named(asked.human_tasks, "approve-contain")
        assert task is not None
        decided = decide(
            cloud,
            incident_id=INCIDENT,
            task="approve-contain",
            plan_hash=task.plan_hash,
            decision="approve",
            by="lead",
        )
        assert decided["outcome"] == "recorded"
        cloud.wait_until(lambda: "review_leak" in cloud.invoked, seconds=60)
        deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))
        ended = cloud.wait_for(execution, seconds=90)
        cloud.invoke("review_leak", {})

        states = cloud.states_entered(ended["executionArn"])
        assert states.index("PromoteNewKey") < states.index("VerifyConsumers") < states.index("ReviewLeak")
        (leak,) = LeakedKeyTable(SETTINGS["TABLE_NAME"], "twinmind").all()
        secret = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
        held = {version: labels for version, labels in secret["VersionIdsToStages"].items() if labels}
        assert list(held.values()) == [["AWSCURRENT"]]
        assert held.keys().isdisjoint(leak.version_ids)
        kinds = [entry["kind"] for entry in cloud.incident(INCIDENT)["timeline"]]
        assert kinds.index("leak_noted") < kinds.index("action_planned") < kinds.index("leak_review")
        assert (
            task_named(IncidentTable(SETTINGS["TABLE_NAME"]).get(INCIDENT).incident.human_tasks, "revoke_key")
            is not None
        )
