"""More consumers of the key than the service: a Deployment in the sandbox, an ECS service and a Lambda on moto."""

import copy
import io
import json
import zipfile
from typing import Any

from tests.support import cluster, ecs_service
from tests.support.inprocess import Cloud

WORKER, BATCH, SUMMARIES = "twinmind-worker", ecs_service.SERVICE, "summaries"
DEPLOYMENT = {"kind": "kubernetes", "deployment": WORKER}
ON_ECS = {"kind": "ecs", "cluster": ecs_service.CLUSTER, "service": BATCH}
FUNCTION = {"kind": "lambda", "function": SUMMARIES}


def run_everywhere(cloud: Cloud, **kubernetes: Any) -> None:
    """The service is a Deployment of the sandbox's cluster; beside it another one, an ECS service and a function."""
    make_function(cloud)
    ecs_service.move_in(cloud)
    cluster.move_in(cloud, **kubernetes)
    add_deployment(cloud)
    platform = {"kind": "kubernetes", "kubernetes": {"api_url": f"{cloud.sandbox.url}/kubernetes"} | kubernetes}
    consumers = [DEPLOYMENT, ON_ECS, FUNCTION]
    cloud.change_runbook({"endpoints": {"service": {"platform": platform}, "consumers": consumers}})


def add_deployment(cloud: Cloud) -> None:
    """A copy of the service's Deployment under another name, with the same Secret."""
    worker = copy.deepcopy(cloud.sandbox.world["kubernetes"]["deployments"]["twinmind-service"])
    worker["metadata"]["name"] = WORKER
    cloud.sandbox.patch({"kubernetes": {"deployments": {WORKER: worker}}})


def make_function(cloud: Cloud, **environment: str) -> None:
    trust = {"Version": "2012-10-17", "Statement": []}
    role = cloud.client("iam").create_role(RoleName=SUMMARIES, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context): ...")
    cloud.client("lambda").create_function(
        FunctionName=SUMMARIES,
        Runtime="python3.11",
        Role=role["Arn"],
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"MODE": "live"} | environment},
    )


def environment(cloud: Cloud) -> dict[str, str]:
    found = cloud.client("lambda").get_function_configuration(FunctionName=SUMMARIES)
    variables: dict[str, str] = found["Environment"]["Variables"]
    return variables


def publish(cloud: Cloud) -> None:
    """The function is called by an alias that points at a published version."""
    version = cloud.client("lambda").publish_version(FunctionName=SUMMARIES)["Version"]
    cloud.client("lambda").create_alias(FunctionName=SUMMARIES, Name="live", FunctionVersion=version)
