"""Stories from the webhook to the report: real state machine, real handlers, the sandbox as the world."""

from typing import Any

import pytest

from tests.template.test_machine import STATES
from tests.workflow.histories import INCIDENT, REVOKED, STORIES, Told, told


@pytest.mark.parametrize("name", STORIES)
def test_every_story_ends_green_with_a_report(name: str) -> None:
    history = told(name)
    assert history.status == "SUCCEEDED"
    assert history.states[-1] == "IncidentClosed"
    assert history.incident["status"] == "resolved"
    assert history.report is not None
    assert history.kinds()[-1] in ("report", "message")


@pytest.mark.parametrize("name", STORIES)
def test_exactly_one_version_is_current_and_none_pending(name: str) -> None:
    labels = [label for labels in told(name).stages.values() for label in labels]
    assert labels.count("AWSCURRENT") == 1
    assert "AWSPENDING" not in labels


@pytest.mark.parametrize(
    ("name", "cause", "verdict"),
    [
        ("revoked_key", "key_rejected", "key"),
        ("first_standby_refused", "key_rejected", "key"),
        ("no_standby_works", "provider_outage", "theirs"),
        ("provider_outage", "provider_outage", "theirs"),
        ("false_alarm", "no_fault", "none"),
        ("by_hand", "no_fault", "none"),
        ("observe_only", "key_rejected", "key"),
    ],
)
def test_the_verdict(name: str, cause: str, verdict: str) -> None:
    incident = told(name).incident
    assert (incident["cause"], incident["verdict"]) == (cause, verdict)
    assert incident["reasons"]


def key_of(history: Told, label: str) -> str:
    return str(history.world["twinmind"]["keys"][label]["key"])


def test_a_revoked_key_is_replaced_by_a_tested_one_and_proved_by_the_consumer() -> None:
    history = told("revoked_key")
    assert history.key == key_of(history, "standby-1")
    order = [
        name
        for name in history.states
        if name in ("TestNewKey", "PromoteNewKey", "RestartConsumers", "VerifyConsumers")
    ]
    assert order == ["TestNewKey", "PromoteNewKey", "RestartConsumers", "VerifyConsumers"]
    # TwinMind saw the new key on /v1/me before any version was promoted, and the service uses it now.
    assert "standby-1" in [entry.get("key") for entry in history.calls("twinmind", "GET", "/v1/me")]
    assert history.world["service"]["running"]["key"] == "standby-1"
    outcomes = {action["name"]: action["outcome"] for action in history.incident["actions"]}
    assert outcomes == {"rotate": "promoted", "restart": "restarted"}


def test_a_refused_standby_key_is_never_promoted() -> None:
    history = told("first_standby_refused")
    assert history.key == key_of(history, "standby-2")
    assert history.states.count("TestNewKey") <= 2
    assert history.states.count("PromoteNewKey") == 1


@pytest.mark.parametrize("name", ["no_standby_works", "provider_outage", "false_alarm", "by_hand", "observe_only"])
def test_where_nothing_may_change_nothing_changes(name: str) -> None:
    history = told(name)
    assert history.key == key_of(history, "primary")
    assert history.calls("service", "POST", "/restart") == []
    assert len(history.stages) == 1


def test_observing_says_what_it_would_do() -> None:
    (action,) = told("observe_only").incident["actions"]
    assert (action["mode"], action["outcome"]) == ("observe", "observed")
    assert "Would do" in action["data"]["text"]


def test_a_consumer_that_stays_broken_is_handed_over_with_the_tested_key_kept() -> None:
    history = told("consumer_stays_broken")
    assert "RestoreOldKey" in history.states
    assert "handed_over" in history.kinds()
    assert history.key == key_of(history, "standby-1")


def test_the_public_is_told_of_what_users_feel_and_when_it_is_over() -> None:
    for name in ("revoked_key", "provider_outage"):
        history = told(name)
        assert len(history.calls("statuspage", "POST", "/incidents")) == 1
        (notice,) = history.world["statuspage"]["incidents"].values()
        assert notice["status"] == "resolved"
        assert {component["status"] for component in history.world["statuspage"]["components"].values()} == {
            "operational"
        }


@pytest.mark.parametrize("name", ["false_alarm", "by_hand", "resolve_before_trigger"])
def test_the_public_is_not_told_of_nothing(name: str) -> None:
    assert told(name).calls("statuspage", "POST", "/incidents") == []


@pytest.mark.parametrize("name", ["no_standby_works", "consumer_stays_broken", "observe_only"])
def test_the_public_is_not_told_that_it_is_over_while_our_checks_still_fail(name: str) -> None:
    """A person resolved the alert; the probes disagree, and that is said."""
    history = told(name)
    (notice,) = history.world["statuspage"]["incidents"].values()
    assert notice["status"] != "resolved"
    assert "checks still" in next(entry["text"] for entry in history.incident["timeline"] if entry["kind"] == "closed")


def test_a_resolve_before_its_trigger_ends_the_same_without_a_probe() -> None:
    history = told("resolve_before_trigger")
    assert "RunDiagnostics" not in history.states
    assert history.incident["resolved_at"] is not None


def test_a_person_s_acknowledgement_is_kept_and_ours_is_told_apart() -> None:
    incident = told("service_fault").incident
    assert incident["acknowledged_at"] is not None
    assert incident["machine_acknowledged_at"] is None


def test_every_state_of_the_machine_is_entered_by_some_story() -> None:
    entered = {state for name in STORIES for state in told(name).states}
    late = {"ReportFailure", "WorkflowFailed", "ContinuedInNextExecution",
            "RestartOnOldKey", "WaitForRestart", "FollowRestart", "WaitForEffect", "ContainLeakedKey", "ReviewLeak",
            "WaitUntilDue"}  # fmt: skip
    assert STATES.keys() - entered - late == set()


def test_the_story_s_incident_is_the_one_that_was_alerted() -> None:
    assert told("revoked_key").incident["id"] == INCIDENT
    assert REVOKED["twinmind"]["keys"]["primary"]["status"] == "revoked"


def test_a_poll_that_changes_nothing_writes_nothing_into_the_timeline() -> None:
    history = told("provider_outage")
    assert history.states.count("RunDiagnostics") >= 3
    assert history.kinds().count("diagnosis") == 1


def entries(history: Told, kind: str) -> list[dict[str, Any]]:
    return [entry for entry in history.incident["timeline"] if entry["kind"] == kind]


def test_every_message_names_where_it_went() -> None:
    texts = [entry["text"] for entry in entries(told("revoked_key"), "message")]
    assert {text.split(":")[0] for text in texts} >= {"Slack", "Public notice", "Note on the alert", "E-mail (SNS)"}
