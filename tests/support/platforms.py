"""One look at our service on each platform that AWS knows of: what the probes' role is for."""

from typing import Any

from responder.aws.incident_table import IncidentTable
from responder.config.runbook import with_override
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident
from tests.support.inprocess import SETTINGS, Cloud
from tests.support.webhooks import RECEIVED_AT

ECS = {"kind": "ecs", "ecs": {"cluster": "tm", "service": "tm-service"}}
EKS = {"kind": "kubernetes", "kubernetes": {"eks_cluster": "nobody-made-it"}}
LOG_GROUP = "/ecs/tm"


def look_at_every_platform(cloud: Cloud) -> None:
    ecs = cloud.client("ecs")
    ecs.create_cluster(clusterName="tm")
    container = {"name": "app", "image": "tm:1", "memory": 512, "cpu": 256}
    ecs.register_task_definition(family="tm", containerDefinitions=[container])
    ecs.create_service(cluster="tm", serviceName="tm-service", taskDefinition="tm:1", desiredCount=1)
    # moto starts no tasks for a service, and lists those of a cluster for each of its services.
    subnet = cloud.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    ecs.run_task(
        cluster="tm",
        taskDefinition="tm:1",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet]}},
    )
    cloud.client("logs").create_log_group(logGroupName=LOG_GROUP)
    found = look(cloud, "pd-QECS", {"platform": ECS, "log_group": LOG_GROUP})
    assert found["service_workload"].measurements["platform"] == "ecs"
    assert found["infrastructure_alarms"].status is FindingStatus.OK
    assert found["service_logs"].measurements["log_source"] == "cloudwatch"
    assert look(cloud, "pd-QEKS", {"platform": EKS})["service_workload"].status is FindingStatus.UNKNOWN


def look(cloud: Cloud, incident_id: str, service: dict[str, Any]) -> dict[str, Finding]:
    cloud.change_runbook({"endpoints": {"service": service}, "infrastructure": {"alarm_prefix": "prod-"}})
    table = IncidentTable(SETTINGS["TABLE_NAME"])
    upstream = incident_id.removeprefix("pd-")
    fresh = Incident(id=incident_id, source="pagerduty", upstream_id=upstream, started_at=RECEIVED_AT)
    table.change(incident_id, lambda _: fresh)
    table.pin_runbook(incident_id, with_override(cloud.runbook_text()))
    answer = cloud.invoke("run_diagnostics", {"incident_id": incident_id, "execution_number": 1})
    return {one.probe: one for one in table.findings(incident_id, answer["probe_run"])}
