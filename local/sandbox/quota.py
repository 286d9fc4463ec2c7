"""How vendors count calls: in fixed one-minute windows, or over the last minute."""

from collections import deque

from local.sandbox.world import Clock

MINUTE = 60.0


class MinuteWindow:
    """A fixed window of one minute that begins with the first call after the last one ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.clear()

    def clear(self) -> None:
        self._began = self._clock()
        self._used = 0

    def take(self, wanted: int, limit: int, at: float | None = None) -> int:
        """Uses up to `wanted` calls of the window and says how many were free."""
        granted = max(0, min(wanted, self.left(limit, at)))
        self._used += granted
        return granted

    def left(self, limit: int, at: float | None = None) -> int:
        self._roll(self._clock() if at is None else at)
        return max(0, limit - self._used)

    def reset_at(self) -> float:
        self._roll(self._clock())
        return self._began + MINUTE

    def _roll(self, at: float) -> None:
        if at - self._began >= MINUTE:
            self._began, self._used = at, 0

    def seconds_left(self) -> int:
        """Whole seconds until the window ends, at least 1."""
        return max(1, round(self.reset_at() - self._clock()))


class RollingMinute:
    """Counts the calls of the last 60 seconds; a refused call does not count."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[float] = deque()

    def clear(self) -> None:
        self._calls.clear()

    def allow(self, limit: int) -> bool:
        now = self._clock()
        while self._calls and now - self._calls[0] >= MINUTE:
            self._calls.popleft()
        if len(self._calls) >= limit:
            return False
        self._calls.append(now)
        return True
