"""Time that passes only when everything waits: minutes run in milliseconds, always in the same way."""

import asyncio
import selectors
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from unittest.mock import patch

T = TypeVar("T")
BEGAN = 1_767_614_400.0  # 2026-01-05T12:00:00Z in Unix seconds


class Clock:
    """`monotonic` begins at 0 and moves with the loop's timers, or by `pass_by`."""

    def __init__(self) -> None:
        self._at = 0.0

    def monotonic(self) -> float:
        return self._at

    def unix(self) -> float:
        return BEGAN + self._at

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.unix(), UTC)

    def pass_by(self, seconds: float) -> None:
        self._at += seconds


class _Waiting(selectors.DefaultSelector):  # type: ignore[misc,valid-type,unused-ignore]
    """The clock jumps to the loop's next timer instead of waiting for it."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found: list[tuple[selectors.SelectorKey, int]] = super().select(0)
        if found or not timeout:
            return found
        # A little more than asked for, because rounding could keep the timer ahead of the clock for ever.
        self._clock.pass_by(max(timeout, 1e-6))
        return []


class Loop(asyncio.SelectorEventLoop):
    """Blocking reads run at once, in this thread: simulated time does not pass in another one."""

    def __init__(self, clock: Clock) -> None:
        self._made_of = clock
        super().__init__(_Waiting(clock))

    def time(self) -> float:
        return self._made_of.monotonic()

    def run_in_executor(self, _: Any, func: Callable[..., T], *args: Any) -> asyncio.Future[T]:  # type: ignore[override]
        future: asyncio.Future[T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - the caller who awaits it gets it, as from a thread
            future.set_exception(error)
        return future


@contextmanager
def in_force(clock: Clock) -> Iterator[None]:
    """Makes this clock the one of time.monotonic, of each finding and of each scrape."""
    with (
        patch("time.monotonic", clock.monotonic),
        patch("responder.contracts.probe.now", clock.now),
        patch("responder.probes.service_metrics.now", clock.now),
    ):
        yield
