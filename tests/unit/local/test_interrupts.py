"""Ctrl-C, as a terminal gives it to all that a make target runs: a word, no traceback, and nothing goes on."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.paths import ROOT

POOL = """
import multiprocessing, os, time
from concurrent.futures import ProcessPoolExecutor

def work(_):
    os.write(1, b"works\\n")
    time.sleep(60)

if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("{how}")) as pool:
        list(pool.map(work, range(8)))
"""
HALF_STARTED = """
import multiprocessing, time
from multiprocessing import util

start = util.spawnv_passfds

def half(*given):
    started = start(*given)
    print("works", flush=True)
    time.sleep(0.5)
    return started

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    context.Lock()  # with it the resource tracker runs
    util.spawnv_passfds = half
    process = context.Process(target=time.sleep, args=(60,))
    process.start()
    process.join()
"""
NESTED = """
import os
from local.process import run
run(["sh", "-c", "echo works; sleep 60; echo goes on"], os.environ, quiet=False)
"""
# As in a terminal: where the tests run in the background, Ctrl-C is ignored, and what they start would ignore it too.
HEEDED = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
SOURCES = {"fork": POOL.format(how="fork"), "spawn": POOL.format(how="spawn")}
SOURCES |= {"half_started": HALF_STARTED, "nested": NESTED}


@pytest.mark.parametrize("name", SOURCES)
def test_it_ends_all_that_runs_and_shows_no_traceback(name: str, tmp_path: Path) -> None:
    (tmp_path / f"work_of_{name}.py").write_text(SOURCES[name], encoding="utf-8")
    interruptible = ["sh", "local/interruptible", sys.executable, "-m", "local", f"work_of_{name}"]
    command = [sys.executable, "-c", HEEDED, *interruptible]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(tmp_path)}, start_new_session=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout
    assert process.stdout.readline() == "works\n"
    os.killpg(process.pid, signal.SIGINT)
    try:
        # Ends only once nobody holds the pipe: a process that goes on would keep it.
        printed, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    assert process.returncode == 130
    assert [line for line in printed.splitlines() if line not in ("", "works")] == ["interrupted"]


# An interruption can fall into a callback that may raise nothing, and into a task of an event loop.
ANYWHERE = """
import asyncio, os, signal, sys, time
from local import interrupts

interrupts.listen()
def interrupt():
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0)  # the handler runs between two steps of Python
class Dropped:
    def __del__(self):
        interrupt()
async def in_a_task():
    async def work():
        interrupt()
    tasks = [asyncio.create_task(work())]
    for one in asyncio.as_completed(tasks):
        await one
try:
    PLACE
    time.sleep(3)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.mark.parametrize("place", ["interrupt()", "Dropped()", "asyncio.run(in_a_task())"])
def test_an_interruption_ends_the_program_without_a_word(place: str) -> None:
    command = [sys.executable, "-c", ANYWHERE.replace("PLACE", place)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
