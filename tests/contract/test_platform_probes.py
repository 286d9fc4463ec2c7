"""Where our service runs, as the probes see it: a cluster in the sandbox, ECS and CloudWatch as moto plays them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from local.sandbox import Sandbox
from local.sandbox.kubernetes_objects import default_objects
from responder.aws import clients
from responder.aws import cloudwatch as watching
from responder.config.runbook import Runbook, merge
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from tests.support.probe_runs import CREDENTIAL, EVERYTHING, look_at, runbook

OK, DEGRADED, FAILED, UNKNOWN = FindingStatus.OK, FindingStatus.DEGRADED, FindingStatus.FAILED, FindingStatus.UNKNOWN
PROBES = ("service_workload", "service_usage", "service_logs")
REGION = "us-east-1"
ECS = {"endpoints": {"service": {"platform": {"kind": "ecs", "ecs": {"cluster": "tm", "service": "tm-service"}}}}}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox({"service": {"load": {"requests_per_minute": 6000}}}) as sandbox:
        yield sandbox


@pytest.fixture
def box(running: Sandbox) -> Sandbox:
    running.reset()
    return running


def seen(box: Sandbox, name: str, more: dict[str, Any] | None = None) -> Finding:
    return look_at(book(box, more), name)[name]


def book(box: Sandbox, more: dict[str, Any] | None = None) -> Runbook:
    return runbook(box.url, merge(EVERYTHING, more or {}))


def test_a_cluster_in_which_all_is_well(box: Sandbox) -> None:
    found = look_at(book(box), *PROBES)
    assert [one.status for one in found.values()] == [OK, OK, OK], found
    workload = found["service_workload"].measurements
    assert (workload["desired"], workload["ready"], workload["rollout_running"]) == (2, 2, False)
    assert (workload["autoscaler_max"], workload["autoscaler_at_max"]) == (10, False)
    assert workload["rollout_age_seconds"] >= 0
    assert found["service_usage"].measurements["memory_ratio"] == pytest.approx(0.4, abs=0.01)


def test_what_one_probe_has_read_the_others_use(box: Sandbox) -> None:
    look_at(book(box), *PROBES)
    paths = [call["path"] for call in box.journal("kubernetes")]
    assert paths.count("/kubernetes/api/v1/namespaces/default/pods") == 1
    assert all(call["method"] == "GET" for call in box.journal("kubernetes"))


@pytest.mark.parametrize("forbidden", ["list pods", "get deployments", "list podmetrics*", "get pods/log", "* *"])
def test_what_the_role_does_not_allow_is_unknown_and_said(box: Sandbox, forbidden: str) -> None:
    rule = "list pods.metrics.k8s.io" if "podmetrics" in forbidden else forbidden
    box.patch({"kubernetes": {"forbidden": [rule]}})
    found = look_at(book(box), *PROBES).values()
    blind = [one for one in found if one.status is UNKNOWN]
    assert blind
    assert all(one.measurements["http_status"] == 403 for one in blind)
    assert all(CREDENTIAL not in one.summary for one in found)


def test_a_cluster_that_nobody_can_reach_is_unknown(box: Sandbox) -> None:
    nowhere = {"endpoints": {"service": {"platform": {"kubernetes": {"api_url": "http://127.0.0.1:9"}}}}}
    assert {one.status for one in look_at(book(box, nowhere), *PROBES).values()} == {UNKNOWN}


def test_no_metrics_server_is_no_trouble_and_said(box: Sandbox) -> None:
    box.patch({"kubernetes": {"metrics_server": False}})
    found = seen(box, "service_usage")
    assert (found.status, found.measurements["measured"]) == (OK, False)


def test_a_strained_service(box: Sandbox) -> None:
    box.patch({"service": {"load": {"memory": 0.97}}})
    found = seen(box, "service_usage")
    assert (found.status, found.measurements["memory_ratio"]) == (DEGRADED, pytest.approx(0.97, abs=0.01))


@pytest.mark.parametrize("form", ["mixed", "json", "column"])
def test_the_log_tells_error_types_and_heavy_consumers_and_is_never_the_verdict(box: Sandbox, form: str) -> None:
    box.patch({"twinmind": {"keys": {"primary": {"status": "revoked"}}}, "kubernetes": {"log_format": form}})
    pods_have_worked(box)
    found = seen(box, "service_logs")
    assert found.status is OK
    assert found.measurements["auth_failed"] > 0
    assert found.measurements["error_types"][0].startswith("AUTH_FAILED ")
    assert found.measurements["consumers"][0].startswith("batch-import ")
    assert found.measurements["top_consumer_ratio"] == pytest.approx(0.6, abs=0.1)


SIDECAR = {"name": "istio-proxy", "image": "istio/proxyv2:1.27.0"}


@pytest.mark.parametrize("place", [0, 1])
def test_a_pod_with_a_sidecar_is_asked_for_the_services_container(box: Sandbox, place: int) -> None:
    deployment = default_objects()["deployments"]["twinmind-service"]
    deployment["spec"]["template"]["spec"]["containers"].insert(place, SIDECAR)
    box.patch({"kubernetes": {"deployments": {"twinmind-service": deployment}}})
    pods_have_worked(box, "lines")
    found = seen(box, "service_logs")
    assert found.status is OK, found.summary
    assert found.measurements["lines"] > 0
    other = {"endpoints": {"service": {"platform": {"kubernetes": {"container": "istio-proxy"}}}}}
    assert seen(box, "service_logs", other).measurements["lines"] == 0


def pods_have_worked(box: Sandbox, what: str = "errors") -> None:
    import time  # noqa: PLC0415

    deadline = time.monotonic() + 10
    while seen(box, "service_logs").measurements[what] < 20:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_nothing_configured_is_ok_and_said(box: Sandbox) -> None:
    for name in (*PROBES, "infrastructure_alarms"):
        found = look_at(runbook(box.url), name)[name]
        assert (found.status, found.measurements["configured"]) == (OK, False)


# On AWS


@pytest.fixture
def _aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        clients.client.cache_clear()
        yield
    clients.client.cache_clear()


def client(name: str) -> Any:
    factory: Any = boto3.client
    return factory(name, region_name=REGION)


@pytest.fixture
def _service(_aws: None) -> None:
    ecs = client("ecs")
    ecs.create_cluster(clusterName="tm")
    container = {"name": "app", "image": "tm:1", "memory": 512, "cpu": 256}
    ecs.register_task_definition(family="tm", containerDefinitions=[container])
    ecs.create_service(cluster="tm", serviceName="tm-service", taskDefinition="tm:1", desiredCount=2)


@pytest.mark.usefixtures("_service")
def test_an_ecs_service_is_read(box: Sandbox) -> None:
    found = seen(box, "service_workload", ECS)
    assert found.measurements["platform"] == "ecs"
    assert found.measurements["desired"] == 2
    assert found.measurements["revision"] == 1


@pytest.mark.usefixtures("_aws")
def test_an_ecs_service_that_is_not_there_is_unknown(box: Sandbox) -> None:
    assert seen(box, "service_workload", ECS).status is UNKNOWN


@pytest.mark.usefixtures("_aws")
def test_ecs_usage_comes_from_cloudwatch(box: Sandbox) -> None:
    assert seen(box, "service_usage", ECS).measurements["measured"] is False
    dimensions = [{"Name": "ClusterName", "Value": "tm"}, {"Name": "ServiceName", "Value": "tm-service"}]
    data = [
        {
            "MetricName": name,
            "Dimensions": dimensions,
            "Value": value,
            "Unit": "Percent",
            "Timestamp": now() - timedelta(minutes=2),
        }
        for name, value in (("CPUUtilization", 93.0), ("MemoryUtilization", 41.0))
    ]
    client("cloudwatch").put_metric_data(Namespace="AWS/ECS", MetricData=data)
    found = seen(box, "service_usage", ECS)
    assert (found.status, found.measurements["cpu_ratio"]) == (DEGRADED, 0.93)


@pytest.mark.usefixtures("_aws")
def test_logs_come_from_a_log_group_where_one_is_named(box: Sandbox) -> None:
    logs, group = client("logs"), {"endpoints": {"service": {"log_group": "/ecs/tm"}}}
    assert "ResourceNotFoundException" in seen(box, "service_logs", group).summary
    logs.create_log_group(logGroupName="/ecs/tm")
    logs.create_log_stream(logGroupName="/ecs/tm", logStreamName="one")
    at = int(datetime.now(UTC).timestamp() * 1000) - 1000
    lines = ["t ERROR transcribe web-app RATE_LIMITED", "t INFO transcribe web-app ok"]
    events = [{"timestamp": at + place, "message": line} for place, line in enumerate(lines)]
    logs.put_log_events(logGroupName="/ecs/tm", logStreamName="one", logEvents=events)
    found = seen(box, "service_logs", group)
    assert (found.measurements["log_source"], found.measurements["lines"]) == ("cloudwatch", 2)
    assert found.measurements["rate_limited"] == 1


@pytest.mark.usefixtures("_aws")
def test_a_query_that_does_not_end_is_given_up(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    client("logs").create_log_group(logGroupName="/ecs/tm")
    monkeypatch.setattr(watching, "QUERY_SECONDS", 0.0)
    found = seen(box, "service_logs", {"endpoints": {"service": {"log_group": "/ecs/tm"}}})
    assert "did not end within" in found.summary


@pytest.mark.usefixtures("_aws")
def test_alarms_of_the_infrastructure(box: Sandbox) -> None:
    cloudwatch, prefix = client("cloudwatch"), {"infrastructure": {"alarm_prefix": "prod-"}}
    for name in ("prod-db-cpu", "prod-queue-age", "dev-db-cpu"):
        cloudwatch.put_metric_alarm(
            AlarmName=name, MetricName="x", Namespace="y", Statistic="Sum", Period=60, EvaluationPeriods=1,
            Threshold=1, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
    assert seen(box, "infrastructure_alarms", prefix).status is OK
    for name in ("prod-db-cpu", "dev-db-cpu"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    found = seen(box, "infrastructure_alarms", prefix)
    assert (found.status, found.measurements["alarm_names"]) == (DEGRADED, ["prod-db-cpu"])
