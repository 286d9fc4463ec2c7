"""Runs the sandbox until SIGTERM or Ctrl-C: `python -m local.sandbox --port 8090`."""

import argparse
import json
import logging
import signal
import threading
from pathlib import Path

from local.sandbox.app import Sandbox
from local.sandbox.keys import SecretKey
from local.sandbox.service_flags import ServiceFlagsParameter


def main() -> None:
    options = _options()
    logging.basicConfig(level=logging.WARNING)
    world = json.loads(options.world.read_text(encoding="utf-8")) if options.world else None
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    reads_secret = options.aws_endpoint or options.stack_file
    load_key = SecretKey(options.aws_endpoint, options.region, options.api_key_secret, options.stack_file)
    service_flags = options.service_flags_parameter and ServiceFlagsParameter(
        options.aws_endpoint, options.region, options.service_flags_parameter
    )
    with Sandbox(
        world, port=options.port, load_key=load_key if reads_secret else None, read_service_flags=service_flags
    ):
        stop.wait()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.sandbox", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--world", type=Path, help="JSON file, merged over the default world")
    parser.add_argument("--aws-endpoint", help="the local cloud, where the service reads its key")
    parser.add_argument("--region")
    parser.add_argument("--api-key-secret", help="id of the secret that holds TwinMind's key")
    parser.add_argument(
        "--service-flags-parameter", help="SSM parameter with the service's service flags; needs --aws-endpoint"
    )
    parser.add_argument("--stack-file", type=Path, help="stack.json; gives what the options leave out")
    options = parser.parse_args()
    if options.service_flags_parameter and not options.aws_endpoint:
        parser.error("--service-flags-parameter needs --aws-endpoint")
    return options


if __name__ == "__main__":
    main()
