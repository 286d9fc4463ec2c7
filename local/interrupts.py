"""Ctrl-C, a closed terminal and a polite kill: the first ends the work, later ones do not cut off the tidying up."""

import logging
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_holders = 0
_waiting = False


def listen() -> None:
    """From now on the first of these signals raises KeyboardInterrupt in the main thread.

    A signal that is ignored stays ignored, also in programs that start here: `nohup` and local/interruptible need that.
    """
    for number in _signals():
        signal.signal(number, _interrupt)
    BaseProcess.start = _started_whole  # type: ignore[assignment, method-assign]


_start = BaseProcess.start


def _started_whole(process: BaseProcess) -> None:
    """A process that is half started when its parent is interrupted would complain that nobody tells it what to do."""
    with held():
        _start(process)


def _signals() -> list[signal.Signals]:
    return [one for one in _SIGNALS if one == signal.SIGTERM or signal.getsignal(one) is not signal.SIG_IGN]


@contextmanager
def held() -> Iterator[None]:
    """An interruption inside the block is raised after it."""
    global _holders  # noqa: PLW0603 - there is one process, and its signals are its own
    _holders += 1
    try:
        yield
    finally:
        _holders -= 1
    if _waiting and not _holders:
        _end()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    global _waiting  # noqa: PLW0603
    _waiting = True
    if not _holders:
        _end()


def _end() -> None:
    global _waiting  # noqa: PLW0603
    _waiting = False
    for number in _signals():
        # Not SIG_IGN: programs that start from here would inherit it.
        signal.signal(number, lambda *_: None)
    # A pool of processes would first do all its work, and its thread would then complain about dead processes.
    threading.excepthook = lambda _: None
    # An event loop would complain about the task in which the interruption is raised.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL + 1)
    sys.unraisablehook = _swallowed
    if pools := sys.modules.get("multiprocessing"):
        for child in pools.active_children():
            child.kill()
    raise KeyboardInterrupt


def _swallowed(what: "sys.UnraisableHookArgs") -> None:
    """Raises again later what was raised where nothing may be, such as in a callback of the import system."""
    if what.exc_type is not KeyboardInterrupt:
        sys.__unraisablehook__(what)
        return
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
