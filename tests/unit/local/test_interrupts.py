"""The first interruption ends the work, wherever it falls, and shows no traceback."""

import subprocess
import sys

import pytest

from local.paths import ROOT

PROGRAM = """
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
    command = [sys.executable, "-c", PROGRAM.replace("PLACE", place)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")
