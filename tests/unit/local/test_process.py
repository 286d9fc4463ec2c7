"""Detached programs: found again by their lock, stopped with all that they started, never confused with a stranger."""

import os
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local.paths import ROOT, LocalCloudError, environment
from local.process import Service, free_port, on_a_free_port

PARENT = """
import subprocess, sys, time
print(subprocess.Popen(["sleep", "60"]).pid, flush=True)
time.sleep(60)
"""


def serve(port: int) -> list[str]:
    return [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"]


def is_alive(pid: int) -> bool:
    """Not counting the dead that nobody has fetched yet."""
    command = ["/usr/bin/env", "ps", "-o", "stat=", "-p", str(pid)]
    state = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    return bool(state.strip()) and not state.startswith("Z")


def printed_pid(service: Service) -> int:
    for _ in range(100):
        if text := service.log.read_text(encoding="ascii").strip():
            return int(text)
        time.sleep(0.05)
    raise AssertionError("it printed nothing")


def test_it_is_waited_for_and_stopped(tmp_path: Path) -> None:
    service, port = Service("server", tmp_path), free_port()
    service.start(serve(port), environment())
    service.wait_until_answers(f"http://127.0.0.1:{port}/", seconds=10)
    assert service.is_running()
    assert service.stop()
    assert not service.is_running()
    assert not service.pid_file.exists()


def test_what_it_started_ends_with_it(tmp_path: Path) -> None:
    service = Service("parent", tmp_path)
    service.start([sys.executable, "-c", PARENT], environment())
    grandchild = printed_pid(service)
    assert is_alive(grandchild)
    service.stop()
    assert not is_alive(grandchild)


def test_it_outlives_the_command_that_started_it(tmp_path: Path) -> None:
    start = "from local.process import Service; from pathlib import Path; import os, sys; "
    start += f"Service('sleeper', Path({str(tmp_path)!r})).start(['sleep', '60'], dict(os.environ))"
    subprocess.run([sys.executable, "-c", start], check=True, cwd=ROOT)
    service = Service("sleeper", tmp_path)
    assert service.is_running()
    assert service.stop()


def test_one_on_a_leash_ends_with_whoever_started_it(tmp_path: Path) -> None:
    start = "from local.process import Service; from pathlib import Path; import os, signal; "
    start += (
        f"Service('sleeper', Path({str(tmp_path)!r}), ends_with_us=True).start(['sleep', '60'], dict(os.environ)); "
    )
    start += "os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", start], check=False, cwd=ROOT)
    service = Service("sleeper", tmp_path)
    for _ in range(100):
        if not service.is_running():
            return
        time.sleep(0.05)
    service.stop()
    pytest.fail("it goes on")


def test_the_pid_of_a_stranger_is_left_alone(tmp_path: Path) -> None:
    """A pid file from before a reboot names some other process by now."""
    service = Service("stale", tmp_path)
    service.pid_file.write_text(str(os.getpid()), encoding="ascii")
    assert not service.is_running()
    assert not service.stop()
    assert not service.pid_file.exists()


def test_a_start_that_was_cut_off_leaves_nothing_to_stop(tmp_path: Path) -> None:
    service = Service("cut-off", tmp_path)
    service.pid_file.touch()
    assert not service.stop()
    assert not service.pid_file.exists()


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    service = Service("broken", tmp_path)
    service.start([sys.executable, "-c", "raise SystemExit('the port is taken')"], environment())
    with pytest.raises(LocalCloudError, match="the port is taken"):
        service.wait_until_answers(f"http://127.0.0.1:{free_port()}/", seconds=10)
    service.stop()


def test_a_taken_port_is_not_offered(tmp_path: Path) -> None:
    service, port = Service("server", tmp_path), free_port()
    service.start(serve(port), environment())
    service.wait_until_answers(f"http://127.0.0.1:{port}/", seconds=10)
    try:
        assert free_port(port) != port
    finally:
        service.stop()


OTHERS = """
import http.server, os, sys, time
os.chdir(sys.argv[2])
time.sleep(0.2)  # time enough for another program to take the port
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def started_on(service: Service, folder: Path, preferred: int) -> int:
    """As the local cloud and the sandbox start."""
    (folder / "ours").write_text(folder.name, encoding="ascii")

    def start(port: int) -> str:
        service.start([sys.executable, "-c", OTHERS, str(port), str(folder)], environment())
        service.wait_until_answers(f"http://127.0.0.1:{port}/ours", seconds=10, containing=folder.name)
        return str(port)

    return int(on_a_free_port(service, preferred, start))


def test_of_two_that_are_started_at_once_on_one_port_each_gets_its_own(tmp_path: Path) -> None:
    """Both see a free port; one takes it first, and answers also those who ask for the other."""
    port = free_port()
    services = {name: Service("server", tmp_path / name) for name in ("first", "second")}
    for service in services.values():
        service.directory.mkdir()
    try:
        with ThreadPoolExecutor(2) as both:
            running = {name: both.submit(started_on, one, one.directory, port) for name, one in services.items()}
        ports = {name: one.result() for name, one in running.items()}
        for name in services:
            with urllib.request.urlopen(f"http://127.0.0.1:{ports[name]}/ours") as answer:
                assert answer.read().decode() == name
        assert ports["first"] != ports["second"]
        assert port in ports.values()
    finally:
        for service in services.values():
            service.stop()


def test_a_failure_of_its_own_is_not_tried_again(tmp_path: Path) -> None:
    service = Service("broken", tmp_path)
    tried: list[int] = []

    def start(port: int) -> str:
        tried.append(port)
        service.start([sys.executable, "-c", "raise SystemExit('no memory')"], environment())
        service.wait_until_answers(f"http://127.0.0.1:{port}/", seconds=10)
        return ""

    with pytest.raises(LocalCloudError, match="no memory"):
        on_a_free_port(service, 0, start)
    assert len(tried) == 1


def test_a_second_start_says_that_it_runs(tmp_path: Path) -> None:
    service = Service("sleeper", tmp_path)
    service.start(["sleep", "60"], environment())
    try:
        with pytest.raises(LocalCloudError, match="make down"):
            service.start(["sleep", "60"], environment())
    finally:
        assert service.stop()
