"""A leak from containment to its last look, and the staged keys tried: what no story of an execution does."""

from typing import Any

from responder.context import open_context
from responder.domain.clock import now
from responder.domain.diagnosis import Cause
from tests.support.cloudtrail import read_event, running_trail
from tests.support.inprocess import Cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import API_KEY_SECRET, keep_incident

LEAKED = "pd-QLEAK000000001"


def seen_to_work(incident_id: str) -> None:
    """As `restart_consumers` records that the service works with the key in force."""
    ctx = open_context({"incident_id": incident_id})
    ctx.record("proof", "The service works: its health is good.", key="proof-1-0-proven")


def look_after_keys(cloud: Cloud, monkeypatch: Any) -> None:
    with running_trail() as trail:
        monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", trail.url)
        trail.events = [read_event(now(), API_KEY_SECRET)]
        began = {"cause": Cause.KEY_LEAKED, "started_at": now()}
        keep_incident(rejected_key_incident(LEAKED).model_copy(update=began))
        cloud.invoke("rotate_api_key", {"incident_id": LEAKED, "step": "createSecret", "purpose": "contain"})
        cloud.change_runbook({"modes": {"contain": "auto"}})
        staged = cloud.invoke("rotate_api_key", {"incident_id": LEAKED, "step": "createSecret", "purpose": "contain"})
        for step in ("setSecret", "testSecret", "finishSecret"):
            event = {"incident_id": LEAKED, "step": step, "version_id": staged["version_id"]}
            cloud.invoke("rotate_api_key", event)
        seen_to_work(LEAKED)
        cloud.invoke("review_leak", {})
    cloud.sandbox.patch({"twinmind": {"keys": {"standby-2": {"status": "revoked"}}}})
    cloud.invoke("test_standby_keys", {})
