"""The sandbox as a command, and where its service finds the key."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from local.sandbox import SecretKey

KEY = "tm_sk_sandbox_primary"


SECRETS: dict[str, str] = {}
SERVICE_FLAGS = {"request_queue": True}


class _SecretsManager(BaseHTTPRequestHandler):
    """GetSecretValue of the JSON 1.1 protocol, for the secrets in SECRETS; any SSM parameter holds SERVICE_FLAGS."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "SecretId" not in asked:
            self._answer(200, {"Parameter": {"Name": asked["Name"], "Value": json.dumps(SERVICE_FLAGS)}})
            return
        wanted = asked["SecretId"]
        found = wanted in SECRETS
        body = {"Name": wanted, "SecretString": SECRETS[wanted]} if found else {"__type": "ResourceNotFoundException"}
        self._answer(200 if found else 400, body)

    def _answer(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def cloud() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _SecretsManager) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _secret(name: str, value: str) -> str:
    SECRETS[name] = value
    return name


@pytest.mark.parametrize("value", [KEY, f" {KEY}\n", json.dumps({"api_key": KEY, "webhook_secret": "w"})])
def test_the_key_is_read_plain_or_from_its_json_field(cloud: str, value: str) -> None:
    name = _secret(f"key-{len(value)}", value)
    assert SecretKey(cloud, "us-east-1", name)() == KEY


def test_what_is_not_given_comes_from_the_stack_file_once_it_is_there(cloud: str, tmp_path: Path) -> None:
    file = tmp_path / "stack.json"
    read = SecretKey(stack_file=file)
    assert read() is None
    file.write_text('{"endpoint_url": "http', encoding="utf-8")
    assert read() is None
    secrets = {"twinmind_api_key": _secret("from-stack", KEY)}
    file.write_text(json.dumps({"endpoint_url": cloud, "region": "us-east-1", "secrets": secrets}), encoding="utf-8")
    assert read() == KEY


def test_a_secret_that_cannot_be_read_is_no_key(cloud: str) -> None:
    assert SecretKey(cloud, "us-east-1", "missing")() is None
    assert SecretKey("http://127.0.0.1:1", "us-east-1", "any")() is None


def test_the_command_serves_until_it_is_told_to_stop(cloud: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    keys = {"twinmind": {"latency_ms": 0, "keys": {"from-secret": {"key": "tm_sk_other", "status": "active"}}}}
    world = tmp_path / "world.json"
    world.write_text(json.dumps(keys), encoding="utf-8")
    secret = _secret("for-command", "tm_sk_other")
    options = ["--aws-endpoint", cloud, "--region", "us-east-1", "--api-key-secret", secret, "--world", str(world)]
    options += ["--service-flags-parameter", "service_flags"]
    process = subprocess.Popen(
        [sys.executable, "-m", "local.sandbox", "--port", port, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    try:
        running = _wait_for(f"http://127.0.0.1:{port}/_world").json()["service"]["running"]
    finally:
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=5)
    assert (running["key"], running["service_flags"]["request_queue"]) == ("from-secret", True)
    assert (process.returncode, output) == (0, b"")


def _wait_for(url: str) -> httpx.Response:
    deadline = time.monotonic() + 8
    while True:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            assert time.monotonic() < deadline, "the sandbox did not start"
            time.sleep(0.05)
