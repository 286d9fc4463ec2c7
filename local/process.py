"""Programs that run on after the command that started them: one log, one pid file, and a wait until they answer.

`python -m local process PROGRAM …`: runs a program of our environment; an interruption ends it and all it started.
"""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from local import interrupts
from local.paths import ROOT, LocalCloudError, environment, tool

ATTEMPTS = 5
# Kept, so that a process that starts and stops services itself (a test run) can reap them.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Service:
    """A detached program. It holds a lock on its pid file while it lives, so a stale file is never mistaken for it."""

    name: str
    directory: Path
    ends_with_us: bool = False

    @property
    def log(self) -> Path:
        return self.directory / f"{self.name}.log"

    @property
    def pid_file(self) -> Path:
        return self.directory / f"{self.name}.pid"

    def start(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        self.directory.mkdir(parents=True, exist_ok=True)
        child_process = [sys.executable, "-m", "local.child_process"] if self.ends_with_us else []
        with interrupts.held():
            child = self._started([*child_process, *command], environment)
        _children[child.pid] = child
        return child.pid

    def _started(self, command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        lock = os.open(self.pid_file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with self.log.open("wb") as log:
                child = subprocess.Popen(
                    command,
                    stdin=subprocess.PIPE if self.ends_with_us else subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(environment),
                    cwd=ROOT,
                    start_new_session=True,
                    pass_fds=(lock,),
                )
            os.ftruncate(lock, 0)
            os.write(lock, str(child.pid).encode())
        except BlockingIOError as error:
            raise LocalCloudError(f"{self.name} runs already. Run: make down") from error
        finally:
            os.close(lock)
        return child

    def is_running(self) -> bool:
        with suppress(FileNotFoundError), self.pid_file.open("r+b") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def wait_until_answers(self, url: str, seconds: float, containing: str = "") -> None:
        """`containing`: a text that only our own process answers. Another program may have taken the port meanwhile."""
        deadline = time.monotonic() + seconds
        while not _answers(url, containing):
            if not self.is_running():
                raise LocalCloudError(f"{self.name} stopped while starting.\n{self.last_lines()}")
            if time.monotonic() > deadline:
                raise LocalCloudError(f"{self.name} did not answer within {seconds:.0f} s.\n{self.last_lines()}")
            time.sleep(0.05)

    def stop(self) -> bool:
        """Ends the program and everything that it started; whether there was anything to end."""
        was_running = self.is_running()
        pid = self._written_pid()
        if was_running and pid:
            for how, seconds in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
                _signal_group(pid, how)
                if self._has_ended(seconds):
                    break
            # The program has ended, but programs that it started may still run.
            _signal_group(pid, signal.SIGKILL)
        if child := _children.pop(pid, None):
            child.communicate(timeout=5)
        self.pid_file.unlink(missing_ok=True)
        return was_running

    def _written_pid(self) -> int:
        """0, which is no process, if there is no number: the start was interrupted."""
        return int(self.pid_file.read_text(encoding="ascii") or 0) if self.pid_file.exists() else 0

    def _has_ended(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.is_running() and time.monotonic() < deadline:
            time.sleep(0.05)
        return not self.is_running()

    def last_lines(self, count: int = 15) -> str:
        if not self.log.exists():
            return f"(no {self.log})"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:]
        return "\n".join([f"The end of {self.log}:", *(f"  {line}" for line in lines)])


def free_port(preferred: int = 0) -> int:
    """`preferred` if nothing listens there, else any free one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def on_a_free_port(service: Service, preferred: int, start: Callable[[int], str]) -> str:
    """Starts it on `preferred` or another port; again if somebody else took that one in the meantime."""
    for left in reversed(range(ATTEMPTS)):
        port = free_port(preferred)
        try:
            return start(port)
        except LocalCloudError:
            service.stop()
            # If the port is free, the failure has another reason, and would come again on any other port.
            if not left or free_port(port) == port:
                raise
    raise AssertionError("the last attempt returns or raises")


def run(command: Sequence[str], environment: Mapping[str, str], *, quiet: bool = True) -> tuple[int, str]:
    """Exit code and, if `quiet`, what it printed. An interruption ends all that it started, without output."""
    child: subprocess.Popen[str] | None = None
    try:
        with interrupts.held():
            child = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                text=True,
                stdout=subprocess.PIPE if quiet else None,
                stderr=subprocess.STDOUT if quiet else None,
            )
        text = child.communicate()[0]
    except BaseException:
        if child:
            # A `make` among them ends the programs that it put into their own sessions.
            _signal_group(child.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(timeout=5)
            _signal_group(child.pid, signal.SIGKILL)
            child.wait()
        raise
    return child.returncode, text or ""


def _answers(url: str, containing: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a loopback address that we chose
            return answer.status == 200 and containing in answer.read().decode()
    except (urllib.error.URLError, OSError, http.client.HTTPException):
        return False


def _signal_group(pid: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, how)


if __name__ == "__main__":
    sys.exit(run([tool(sys.argv[1]), *sys.argv[2:]], environment(PYTHON=sys.executable), quiet=False)[0])
