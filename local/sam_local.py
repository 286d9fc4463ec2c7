"""`python -m local sam_local RUNTIME`: gets `sam local invoke` ready against the local cloud (docs/sam-local.md)."""

import json
import sys
from typing import Any
from urllib.parse import urlsplit

from local import bridge_proxy, cloud, samples
from local.aws import client
from local.deploy import ARCHITECTURE, STACK, exclusive
from local.drill.stack import Stack
from local.paths import ROOT, Home, LocalCloudError, environment, tool
from local.process import run

Json = dict[str, Any]
HOME = Home(ROOT / ".local")


def main(home: Home = HOME) -> int:
    """Leaves the local cloud running if it succeeds; if it fails, it ends what it started."""
    try:
        address = bridge_proxy.bridge_address()  # first, because nothing works without Docker
        with cloud.running(home, _say, keep=True) as stack:
            make_ready(home, stack, address, sys.argv[1])
    except LocalCloudError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    _say(f"ready: incident {samples.MAIN} waits, the production key is revoked; the commands are in docs/sam-local.md")
    return 0


def make_ready(home: Home, stack: Json, address: str, runtime: str) -> None:
    names = _function_names(stack["endpoint_url"])
    _let_containers_in(home, stack, address)
    try:
        _write(home, _variables(stack["endpoint_url"], names[samples.logical_id("audit")], address), runtime)
        _say(f"building for {runtime} on {ARCHITECTURE}")
        _build(home)
        # The runbook gets the addresses that containers reach; this machine reaches them too.
        prepare(Stack(stack | {"sandbox_url": _moved(stack["sandbox_url"], address)}), names)
    except BaseException:
        bridge_proxy.service(home).stop()
        raise


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


def _let_containers_in(home: Home, stack: Json, address: str) -> None:
    ports = [urlsplit(stack[name]).port or 80 for name in ("endpoint_url", "sandbox_url")]
    bridge_proxy.open_door(home, address, ports)
    ours = json.loads(home.world_file.read_text(encoding="utf-8"))["credentials"]["slack"]
    bridge_proxy.service(home).wait_until_answers(f"http://{address}:{ports[1]}/_world", seconds=10, containing=ours)


def _variables(endpoint: str, function: str, address: str) -> dict[str, str]:
    """The deployed functions' variables, for a container: sam local would fill in logical ids, and call real AWS."""
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
        code, text = run(command, settings)
    if code:
        raise LocalCloudError(f"sam build failed:\n{text[-2000:]}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
