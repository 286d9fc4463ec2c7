"""`python -m local cloud up|status`: the local cloud, the sandbox, and the stack deployed between them."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local import initial_data, ministack, sandbox_process
from local.deploy import STACK, build, deploy, exclusive, sources_digest
from local.paths import REGION, ROOT, Home, LocalCloudError, alone
from local.stop import stop

# On AWS the read API asks for an IAM identity; the local cloud only looks whether there is a header.
ANY_IDENTITY = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/execute-api/aws4_request, Signature=local"

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """`enforce_iam` makes the functions' roles count, as on AWS; callers then sign with the key `test`."""

    record_calls: Path | None = None
    enforce_iam: bool = False


def up(home: Home, options: Options, say: Say) -> dict[str, Any]:
    """The contents of stack.json, of a new cloud or of one that already runs these sources."""
    with alone(home.directory, "another make starts the local cloud"):
        running = home.read_stack()
        if running and is_running(home):
            if running.get("sources") == sources_digest():
                say(f"already running at {running['endpoint_url']}")
                return running
            say("the sources changed: starting again")
        stop(home)
        try:
            return _start_all(home, options, say)
        except BaseException:
            stop(home)
            raise


@contextmanager
def running(home: Home, say: Say, *, keep: bool = False) -> Iterator[dict[str, Any]]:
    """A cloud for some work. What it started is stopped afterwards; with `keep` only if the work fails."""
    was_running, succeeded = is_running(home), False
    try:
        yield up(home, Options(), say)
        succeeded = True
    finally:
        if not was_running and not (keep and succeeded):
            stop(home)


def is_running(home: Home) -> bool:
    return ministack.service(home).is_running() and sandbox_process.service(home).is_running()


def _start_all(home: Home, options: Options, say: Say) -> dict[str, Any]:
    def timed(what: str, step: Callable[[], Any]) -> Any:
        began = time.monotonic()
        result = step()
        say(f"{what}: {'nothing changed' if result is False else f'{time.monotonic() - began:.1f} s'}")
        return result

    cloud_port, sandbox_port = (
        (0, 0) if home.is_temporary else (ministack.PREFERRED_PORT, sandbox_process.PREFERRED_PORT)
    )
    endpoint = timed(
        "starting the local cloud",
        lambda: ministack.start(home, cloud_port, options.record_calls, options.enforce_iam),
    )
    with exclusive():
        timed("building functions and layers", lambda: build(home.directory / "build.log"))
        outputs = timed("deploying the stack", lambda: deploy(endpoint, home.directory / "deploy.log"))
        sources = sources_digest()
    ids = {name: outputs[output] for name, output in initial_data.SECRETS.items()}
    world = initial_data.new_world()
    world["slack"] |= initial_data.slack_calls(f"{endpoint}/v1", {"Host": _api_host(outputs)})
    subscription = initial_data.subscription(endpoint, outputs["ApiId"], {"Host": _api_host(outputs)}, world)
    world["pagerduty"] = {"subscriptions": {"PLOCAL1": subscription}}
    for output in ("TopicArn", "StakeholderTopicArn"):
        initial_data.subscribe(endpoint, outputs[output])
    initial_data.allow_plain_http(endpoint, outputs["BucketName"])
    initial_data.put_secrets(endpoint, ids, world)
    reads = sandbox_process.Reads(ids["twinmind_api_key"], outputs["ServiceFlagsParameter"])
    sandbox_url = timed(
        "starting the sandbox",
        lambda: sandbox_process.start(home, sandbox_port, endpoint, reads, world),
    )
    initial_data.put_api_url(endpoint, outputs["ApiUrlParameter"], outputs["ApiId"])
    initial_data.put_vendor_credentials(endpoint, ids["vendor_credentials"], world, sandbox_url)
    initial_data.put_override(endpoint, outputs["RunbookParameter"], sandbox_url)
    stack = _describe(endpoint, sandbox_url, outputs, ids) | {"sources": sources}
    home.write_stack(stack)
    return stack


def _describe(endpoint: str, sandbox_url: str, outputs: dict[str, str], ids: dict[str, str]) -> dict[str, Any]:
    """stack.json: the first block is what other programs may rely on, the second is for drill and tests."""
    fixed = {
        "endpoint_url": endpoint,
        "region": REGION,
        "stack_name": STACK,
        "api_url": f"{endpoint}/v1",
        "api_headers": {"Host": _api_host(outputs), "Authorization": ANY_IDENTITY},
        "state_machine_arn": outputs["StateMachineArn"],
        "table_name": outputs["TableName"],
        "sandbox_url": sandbox_url,
        "secrets": ids,
    }
    return fixed | {
        "bucket_name": outputs["BucketName"],
        "topic_arn": outputs["TopicArn"],
        "dead_letter_queue_url": outputs["DeadLetterQueueUrl"],
        "runbook_parameter": outputs["RunbookParameter"],
        "stop_parameter": outputs["StopParameter"],
        "service_flags_parameter": outputs["ServiceFlagsParameter"],
    }


def _api_host(outputs: dict[str, str]) -> str:
    return f"{outputs['ApiId']}.execute-api.localhost"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m local cloud", description=__doc__)
    parser.add_argument("verb", choices=("up", "status"))
    try:
        return _run(parser.parse_args().verb, Home(ROOT / ".local"))
    except LocalCloudError as error:
        print(
            f"\n{error}\n\nNothing was left running. `make down` removes what an earlier run may have left.",
            file=sys.stderr,
        )
        return 1


def _run(verb: str, home: Home) -> int:
    if verb == "up":
        record = os.environ.get("RECORD_AWS_CALLS")
        enforce_iam = os.environ.get("ENFORCE_IAM", "").lower() == "true"
        options = Options(record_calls=Path(record).resolve() if record else None, enforce_iam=enforce_iam)
        up(home, options, lambda text: print(text, flush=True))
    stack = home.read_stack()
    if not stack or not is_running(home):
        print("not running; make up starts it")
        return 1
    for name in ("endpoint_url", "api_url", "sandbox_url"):
        print(f"  {name:13} {stack[name]}")
    print(f"everything else: {home.stack_file.relative_to(ROOT)}; logs beside it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
