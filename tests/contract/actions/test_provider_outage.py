"""TwinMind is down: people are told, and nothing of ours changes (S-39 to S-42), whoever asks for it."""

from collections.abc import Iterator
from typing import Any

import pytest

from responder.actions import ACTIONS
from responder.domain.diagnosis import Cause
from tests.support.inprocess import SETTINGS, Cloud, running_cloud
from tests.support.rotation_world import rejected_key_incident
from tests.support.tables import keep_incident

RUNNABLES = [name for name, action in ACTIONS.items() if action.is_runnable]


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with running_cloud(monkeypatch, {"twinmind": {"up": False}}, execute=False) as cloud:
        keep_incident(rejected_key_incident("pd-1").model_copy(update={"cause": Cause.PROVIDER_OUTAGE}))
        yield cloud


def _ours(cloud: Cloud) -> dict[str, Any]:
    """Everything that an action can change: service flags, key versions, calls to the cluster and to the service."""
    secret = cloud.client("secretsmanager").describe_secret(SecretId=SETTINGS["TWINMIND_API_KEY_SECRET"])
    calls = [*cloud.sandbox.journal("service"), *cloud.sandbox.journal("kubernetes")]
    return {
        "service_flags": cloud.client("ssm").get_parameter(Name=SETTINGS["SERVICE_FLAGS_PARAMETER"])["Parameter"][
            "Version"
        ],
        "versions": secret["VersionIdsToStages"],
        "told": [call for call in calls if call["method"] not in ("GET", "HEAD")],
    }


def test_the_playbook_is_empty_and_changes_nothing(cloud: Cloud) -> None:
    before = _ours(cloud)
    answer = cloud.invoke("take_action", {"incident_id": "pd-1", "execution_number": 1, "op": "plan"})
    assert answer["next"] == "done"
    assert _ours(cloud) == before


@pytest.mark.parametrize("action", RUNNABLES)
def test_no_action_is_done_even_where_its_step_is_called(cloud: Cloud, action: str) -> None:
    before = _ours(cloud)
    answer = cloud.invoke(
        "take_action", {"incident_id": "pd-1", "execution_number": 1, "op": "apply", "action": action}
    )
    assert answer["outcome"] in ("not_allowed", "not_configured", "not_needed")
    assert _ours(cloud) == before
