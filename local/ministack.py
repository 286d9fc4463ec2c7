"""The local cloud as a process: MiniStack from an environment of its own, on loopback only."""

import secrets
from pathlib import Path

from local.paths import ROOT, Home, LocalCloudError, environment
from local.process import Service, on_a_free_port

PREFERRED_PORT = 4566
PYTHON = ROOT / ".ministack" / "bin" / "python"
RECORDER = ROOT / "local" / "recorder"
LAUNCHER = ROOT / "local" / "launcher" / "start_ministack.py"


def service(home: Home) -> Service:
    return Service("ministack", home.directory, ends_with_us=home.is_temporary)


def start(home: Home, preferred_port: int, record_calls: Path | None, enforce_iam: bool) -> str:
    """Starts it and returns its endpoint URL. `record_calls` gets every AWS call of a function, as JSON lines."""
    if not PYTHON.exists():
        raise LocalCloudError("The local cloud is not installed. Run: make setup")
    home.scratch.mkdir(parents=True, exist_ok=True)
    return on_a_free_port(service(home), preferred_port, lambda port: _start(home, port, record_calls, enforce_iam))


def _start(home: Home, port: int, record_calls: Path | None, enforce_iam: bool) -> str:
    ours = secrets.token_hex(8)
    settings = environment(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        # Only its health page uses this word: it tells our process from another clone's.
        MINISTACK_EDITION=ours,
        TMPDIR=str(home.scratch),
        LOG_LEVEL="INFO",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        AUTH=str(enforce_iam).lower(),
        PYTHONUNBUFFERED="1",
    )
    if record_calls:
        settings |= {"PYTHONPATH": str(RECORDER), "RECORD_AWS_CALLS": str(record_calls)}
    running = service(home)
    running.start([str(PYTHON), str(LAUNCHER)], settings)
    endpoint = f"http://127.0.0.1:{port}"
    running.wait_until_answers(f"{endpoint}/_ministack/health", seconds=30, containing=ours)
    running.wait_until_answers(f"{endpoint}/_ministack/ready", seconds=30)
    return endpoint
