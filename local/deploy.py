"""Builds template.yaml and deploys it to a local cloud, with the same tool that deploys it to AWS."""

import fcntl
import hashlib
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.aws import client
from local.paths import ROOT, LocalCloudError, environment, tool
from local.process import run

STACK = "twinmind-responder"
BUILD = ROOT / ".aws-sam"
DIGEST = BUILD / "local.digest"
SOURCES = ("template.yaml", "samconfig.toml", "functions", "layers", "statemachines")

# Functions run with the interpreter and on the machine of the local cloud.
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"

# `local`: the sandbox, which has no TLS, may receive credentials. The other is nobody's (RFC 2606), for a drill.
CREDENTIAL_HOSTS = "local,twinmind.invalid"


@contextmanager
def exclusive() -> Iterator[None]:
    """One build or deployment at a time: a test run and `make up` share the build folder."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "local.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(log: Path) -> bool:
    """Whether there was anything to build: nothing, if the sources have not changed since the last build."""
    digest = sources_digest()
    if DIGEST.exists() and DIGEST.read_text(encoding="ascii") == digest:
        return False
    DIGEST.unlink(missing_ok=True)
    settings = environment(PYTHON=sys.executable, PYTHON_RUNTIME=RUNTIME, ARCHITECTURE=ARCHITECTURE)
    _sam("build", log, settings)
    DIGEST.write_text(digest, encoding="ascii")
    return True


def deploy(endpoint: str, log: Path, name: str = STACK, *parameters: str) -> dict[str, str]:
    """The outputs of the deployed stack."""
    settings = environment(AWS_ENDPOINT_URL=endpoint, SAM_CLI_POLL_DELAY="0.2")
    _sam("deploy", log, settings, *parameters, "--stack-name", name)
    stack = client("cloudformation", endpoint).describe_stacks(StackName=name)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def sources_digest() -> str:
    digest = hashlib.sha256(f"{RUNTIME} {ARCHITECTURE}".encode())
    for path in _source_files():
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _source_files() -> Iterator[Path]:
    for name in SOURCES:
        source = ROOT / name
        files = [source] if source.is_file() else sorted(source.rglob("*"))
        yield from (file for file in files if file.is_file() and file.suffix != ".pyc")


def _sam(verb: str, log: Path, settings: dict[str, str], *more: str) -> None:
    hosts = f"CredentialHosts={CREDENTIAL_HOSTS}"
    parameters = [f"PythonRuntime={RUNTIME}", f"Architecture={ARCHITECTURE}", hosts]
    command = [tool("sam"), verb, "--config-env", "local", "--parameter-overrides", *parameters, *more]
    code, text = run(command, settings)
    log.write_text(text, encoding="utf-8")
    if code:
        end = "\n".join(f"  {line}" for line in text.splitlines()[-25:])
        raise LocalCloudError(f"sam {verb} failed; the end of {log}:\n{end}")
