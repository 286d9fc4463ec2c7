"""`python -m local.sam_local RUNTIME`: gets `sam local invoke` ready against the local cloud (docs/sam-local.md)."""

import json
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

from local import cloud, door, samples, seed
from local.aws import client
from local.deploy import ARCHITECTURE, STACK, exclusive
from local.drill.outside import Stack
from local.places import ROOT, Home, LocalCloudError, environment, tool

Json = dict[str, Any]


def main() -> int:
    home = Home(ROOT / ".local")
    try:
        stack = cloud.up(home, cloud.Options(), _say)
        names = _function_names(stack["endpoint_url"])
        address = _let_containers_in(home, stack)
        _write(home, _variables(stack["endpoint_url"], names[samples.logical_id("audit")], address), sys.argv[1])
        _say(f"building for {sys.argv[1]} on {ARCHITECTURE}")
        _build(home)
        prepare(Stack(stack), names)
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    _say(f"ready: incident {samples.MAIN} waits, the production key is revoked; the commands are in docs/sam-local.md")
    return 0


def prepare(stack: Stack, names: dict[str, str]) -> None:
    """A fresh world with a revoked key, and the sample incidents; the main one opened, looked at and classified."""
    stack.make_whole()
    stack.change_world(samples.WORLD)
    samples.accept_token(stack.aws("secretsmanager"), stack.facts["secrets"]["opsgenie_webhook"])
    samples.put_incidents(stack.aws("dynamodb"), stack.facts["table_name"])
    for function in samples.FIRST_STEPS:
        payload = json.dumps(samples.event(function))
        answer = stack.aws("lambda").invoke(FunctionName=names[samples.logical_id(function)], Payload=payload)
        if answer.get("FunctionError"):
            raise LocalCloudError(f"{function} failed: {answer['Payload'].read().decode()[:500]}")


def _function_names(endpoint: str) -> dict[str, str]:
    """Logical id → deployed name."""
    resources = client("cloudformation", endpoint).describe_stack_resources(StackName=STACK)["StackResources"]
    functions = [one for one in resources if one["ResourceType"] == "AWS::Lambda::Function"]
    return {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in functions}


def _let_containers_in(home: Home, stack: Json) -> str:
    """Also moves the runbook's addresses there: the incidents that open from now on are worked from both sides."""
    places = [urlsplit(stack[name]) for name in ("endpoint_url", "sandbox_url")]
    address = door.open_door(home, [place.port or 80 for place in places])
    door.service(home).wait_until_answers(f"http://{address}:{places[1].port}/_world", seconds=10)
    seed.put_override(stack["endpoint_url"], stack["runbook_parameter"], f"http://{address}:{places[1].port}")
    return address


def _variables(endpoint: str, function: str, address: str) -> dict[str, str]:
    """The deployed functions' own, as seen from a container: sam local would fill in logical ids and mean real AWS."""
    deployed = client("lambda", endpoint).get_function_configuration(FunctionName=function)
    variables: dict[str, str] = deployed["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": endpoint}
    return {name: _moved(value, address) for name, value in variables.items()}


def _moved(value: str, address: str) -> str:
    place = urlsplit(value)
    local = place.hostname in ("localhost", "127.0.0.1")
    return place._replace(netloc=f"{address}:{place.port}").geturl() if local else value


def _write(home: Home, variables: dict[str, str], runtime: str) -> None:
    parameters = {"PythonRuntime": runtime, "Architecture": ARCHITECTURE}
    home.sam_local_variables.write_text(json.dumps({"Parameters": variables}, indent=2) + "\n", encoding="utf-8")
    # sam reads JSON here only under this name: YAML contains it.
    home.sam_local_parameters.write_text(json.dumps(parameters, indent=2) + "\n", encoding="utf-8")


def _build(home: Home) -> None:
    parameters = json.loads(home.sam_local_parameters.read_text(encoding="utf-8"))
    settings = environment(
        PYTHON=sys.executable, PYTHON_RUNTIME=parameters["PythonRuntime"], ARCHITECTURE=parameters["Architecture"]
    )
    command = [tool("sam"), "build", "--config-env", "sam-local"]
    with exclusive():
        done = subprocess.run(
            command, cwd=ROOT, env=settings, check=False, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    if done.returncode:
        raise LocalCloudError(f"sam build failed:\n{done.stdout[-2000:]}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
