"""Stories in which something is switched for an incident: with approval and without, stopped, used up, shared."""

from collections.abc import Callable

from responder.aws.incident_table import IncidentTable
from responder.domain.clock import now
from responder.domain.incident import Incident
from tests.support import deliveries
from tests.support.inprocess import SETTINGS, Cloud
from tests.workflow.history import INCIDENT, UPSTREAM, Json, Story

NO_QUOTA = {"twinmind": {"rate_limit": {"exhausted": True}}}
QUEUE_ASKED = {"modes": {"queue": "approve"}}


def quota_comes_back(cloud: Cloud) -> None:
    """The minute is over once the playbook has done what it may."""
    is_waiting(cloud)
    cloud.sandbox.patch({"twinmind": {"rate_limit": {"exhausted": False}}})


def is_asked(cloud: Cloud, *names: str) -> None:
    """Waits until the questions have gone out to people."""

    def told() -> bool:
        stored = IncidentTable(SETTINGS["TABLE_NAME"]).find(INCIDENT)
        human_tasks = stored.incident.human_tasks if stored else ()
        return {task.name for task in human_tasks if task.told_at} == set(names)

    patiently(cloud, told)


def decide(cloud: Cloud, name: str, decision: str, **more: str) -> Json:
    """As the documented command does."""
    listed = cloud.invoke("decide", {"incident_id": INCIDENT})["human_tasks"]
    (plan_hash,) = (task["plan_hash"] for task in listed if task["task"] == name)
    answer = {"incident_id": INCIDENT, "task": name, "plan_hash": plan_hash, "decision": decision, "by": "lead"}
    decided: Json = cloud.invoke("decide", answer | more)
    assert decided["outcome"] == "recorded"
    return decided


def has_outcome(cloud: Cloud, action: str, outcome: str) -> None:
    patiently(cloud, lambda: (action, outcome) in outcomes_so_far(INCIDENT))


def outcomes_so_far(incident_id: str) -> list[tuple[str, str]]:
    """As `outcomes`, straight from the table: a test that asks through the API all the time slows what it waits for."""
    entries = IncidentTable(SETTINGS["TABLE_NAME"]).timeline(incident_id)
    return [(entry.data["action"], entry.data["outcome"]) for entry in entries if entry.kind == "action_outcome"]


def patiently(cloud: Cloud, overrides: Callable[[], bool]) -> None:
    """However busy the machine is that the tests run on."""
    cloud.wait_until(overrides, seconds=120)


def is_waiting(cloud: Cloud) -> None:
    patiently(cloud, lambda: "wait_for_change" in cloud.invoked)


def outcomes(incident: Json) -> list[tuple[str, str]]:
    """(action, outcome) as the timeline tells them, oldest first."""
    told = [entry["data"] for entry in incident["timeline"] if entry["kind"] == "action_outcome"]
    return [(data["action"], data["outcome"]) for data in told]


def approved(cloud: Cloud) -> None:
    """After a while: the machine waits in the state that says so, and is woken."""
    is_asked(cloud, "approve-queue")
    is_waiting(cloud)
    decide(cloud, "approve-queue", "approve")
    has_outcome(cloud, "queue", "verified")
    quota_comes_back(cloud)


def declined_and_expired(cloud: Cloud) -> None:
    is_asked(cloud, "approve-queue", "approve-quota")
    decide(cloud, "approve-quota", "decline", reason="the customers come first")

    def late(present: Incident | None) -> Incident:
        assert present is not None
        human_tasks = tuple(
            task if task.decision else task.model_copy(update={"expires_at": now()}) for task in present.human_tasks
        )
        return present.model_copy(update={"human_tasks": human_tasks})

    IncidentTable(SETTINGS["TABLE_NAME"]).change(INCIDENT, late)
    has_outcome(cloud, "queue", "expired")
    quota_comes_back(cloud)


def stopped_in_the_middle(cloud: Cloud) -> None:
    """Between the question and the answer; it stays thrown until the incident is over."""
    is_asked(cloud, "approve-queue")
    cloud.client("ssm").put_parameter(Name=SETTINGS["STOP_PARAMETER"], Value="stop", Overwrite=True)
    decide(cloud, "approve-queue", "approve")
    has_outcome(cloud, "queue", "observed")
    quota_comes_back(cloud)
    patiently(cloud, lambda: "write_report" in cloud.invoked)
    cloud.invoke("audit", {})
    cloud.invoke("audit", {})


def leave_budget(cloud: Cloud, action: str, units: int) -> None:
    """Other incidents have used up all but `units` of the packaged 12 a day."""
    for unit in range(12 - units):
        cloud.client("dynamodb").put_item(TableName=SETTINGS["TABLE_NAME"], Item=_used(f"twinmind:{action}:day:{unit}"))


def _used(name: str) -> Json:
    tomorrow = int(now().timestamp()) + 86_400
    spent = '{"use": "another", "incident_id": "pd-ANOTHER", "at": "2026-06-01T00:00:00Z"}'
    texts = {"pk": f"mark#{name}", "sk": "mark", "body": spent}
    return {key: {"S": value} for key, value in texts.items()} | {"expires_at": {"N": str(tomorrow)}}


def person_resolves_it(cloud: Cloud) -> None:
    is_waiting(cloud)
    deliveries.deliver(cloud, "pagerduty", deliveries.pagerduty("incident_resolved", UPSTREAM))


ACTING = {
    "approval_given": Story(NO_QUOTA, meanwhile=approved, override=QUEUE_ASKED),
    "approval_refused": Story(
        NO_QUOTA, meanwhile=declined_and_expired, override={"modes": {"queue": "approve", "quota": "approve"}}
    ),
    "stopped_in_the_middle": Story(NO_QUOTA, meanwhile=stopped_in_the_middle, override=QUEUE_ASKED),
}
