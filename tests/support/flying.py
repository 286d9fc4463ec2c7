"""Time flies while something waits: a wait takes a part of its time, and every clock then goes on by the rest.

The clocks of the product, of its state machine and of the world outside agree. How long a call took is measured and
limited in real time, and a vendor that is slow takes it.
"""

import asyncio
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction

from responder.domain import clock

FASTER = 8
# Waits, and deadlines of what waits.
_OURS = ("responder.", "responder_cli.", "functions.", "moto.stepfunctions.")
# Calls and what they take, where a leap of the clock would pass for a slow answer.
_CALLS = ("responder.clients.", "responder.probes.runner")
_monotonic, _time, _sleep, _sleep_async = time.monotonic, time.time, time.sleep, asyncio.sleep


@dataclass
class FlyingTime:
    leapt: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def now(self) -> float:
        return _monotonic() + self.leapt

    def time(self) -> float:
        """Unix seconds."""
        return _time() + self.leapt

    def pass_by(self, seconds: float) -> None:
        """At once, for everybody."""
        self._leap_to(self.now() + seconds)

    def sleep(self, seconds: float) -> None:
        end = self.now() + seconds
        _sleep(seconds / FASTER)
        self._leap_to(end)

    async def sleep_async(self, seconds: float) -> None:
        end = self.now() + seconds
        await _sleep_async(seconds / FASTER)
        self._leap_to(end)

    def wait_state(self, env: Any, seconds: float) -> None:
        """In place of moto's own: of a Wait state, until its time is over or its execution is stopped."""
        end = self.now() + seconds
        while env.is_running() and (left := end - self.now()) > 0:
            if not env.program_state_event.wait(left / FASTER):
                self._leap_to(end)

    def install(self, patch: pytest.MonkeyPatch) -> None:
        here = self

        class Moment(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + timedelta(seconds=here.leapt)

        class Timer(threading.Timer):
            """With it the service outside restarts."""

            def __init__(self, interval: float, function: Any) -> None:
                super().__init__(interval / FASTER, function)

        def monotonic() -> float:
            return here.now() if _waits(sys._getframe(1)) else _monotonic()

        def sleep(seconds: float) -> None:
            (here.sleep if _waits(sys._getframe(1)) else _sleep)(seconds)

        def sleep_async(delay: float, result: Any = None) -> Any:
            return here.sleep_async(delay) if _waits(sys._getframe(1)) else _sleep_async(delay, result)

        patch.setattr(clock, "datetime", Moment)
        patch.setattr(threading, "Timer", Timer)
        patch.setattr(time, "monotonic", monotonic)
        patch.setattr(time, "sleep", sleep)
        patch.setattr(asyncio, "sleep", sleep_async)
        patch.setattr(WaitFunction, "_wait_interval", lambda _, env, wait_seconds: here.wait_state(env, wait_seconds))

    def _leap_to(self, end: float) -> None:
        with self._lock:
            self.leapt += max(0.0, end - self.now())


def _waits(frame: Any) -> bool:
    name = frame.f_globals["__name__"]
    return name.startswith(_OURS) and not name.startswith(_CALLS)
