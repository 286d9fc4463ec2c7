"""The sandbox as a process of its own, next to the local cloud."""

import json
import sys
from typing import Any, NamedTuple

from local.paths import REGION, Home, environment
from local.process import Service, on_a_free_port

PREFERRED_PORT = 4580


class Reads(NamedTuple):
    """Our service's sources in the local cloud: the secret with its key, and the parameter with its service flags."""

    api_key_secret: str
    service_flags_parameter: str


def service(home: Home) -> Service:
    return Service("sandbox", home.directory, ends_with_us=home.is_temporary)


def start(home: Home, preferred_port: int, endpoint: str, reads: Reads, world: dict[str, Any]) -> str:
    """Starts it with `world` merged over the default one, and returns its URL."""
    home.world_file.touch(mode=0o600)
    home.world_file.write_text(json.dumps(world), encoding="utf-8")

    def start_on(port: int) -> str:
        command = [sys.executable, "-m", "local.sandbox", "--port", str(port), "--world", str(home.world_file)]
        command += ["--aws-endpoint", endpoint, "--region", REGION]
        command += [
            "--api-key-secret",
            reads.api_key_secret,
            "--service-flags-parameter",
            reads.service_flags_parameter,
        ]
        service(home).start(command, environment(PYTHONUNBUFFERED="1"))
        url = f"http://127.0.0.1:{port}"
        service(home).wait_until_answers(f"{url}/_world", seconds=20, containing=world["credentials"]["slack"])
        return url

    return on_a_free_port(service(home), preferred_port, start_on)
