"""Ctrl-C, a closed terminal and a polite kill: the first ends the work, later ones do not cut off the tidying up."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_holders = 0
_waiting = False


def listen() -> None:
    """From now on the first of them raises KeyboardInterrupt in the main thread. `nohup` keeps its meaning."""
    for number in _SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


@contextmanager
def held() -> Iterator[None]:
    """An interruption comes after the block."""
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
    for number in _SIGNALS:
        # Not SIG_IGN, which programs that are started from here would inherit.
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt
