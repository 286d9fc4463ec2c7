"""What a probe is given to look with, and how it writes down what it saw."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from responder.clients.http import AsyncHttp, NoAnswer, Response
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident

T = TypeVar("T")
# Long enough to tell a slow TwinMind (over 5 s) from one that is silent, short enough for "within seconds".
LONG_TIMEOUT_SECONDS = 8.0
SHORT_TIMEOUT_SECONDS = 4.0

# Not the event loop's own threads: the loop would wait for a read that hangs before the round could end.
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="secrets")


async def in_thread(read: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, read)


class Once(Generic[T]):
    """A blocking read that several probes share: made once a round, in a thread."""

    def __init__(self, read: Callable[[], T]) -> None:
        self._read = read
        self._task: asyncio.Future[T] | None = None

    async def get(self) -> T:
        """The value; whatever `read` raises is raised to each caller."""
        if self._task is None:
            self._task = asyncio.ensure_future(in_thread(self._read))
        # The shield keeps one probe's time limit from cancelling the read for the others.
        return await asyncio.shield(self._task)


class Memo:
    """What several probes of one round need, looked for once; and the calls to TwinMind that may still be made."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self.spare: int | None = None

    async def get(self, name: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """`make()`, the first time; whatever it raises is raised to each caller."""
        if name not in self._tasks:
            self._tasks[name] = asyncio.ensure_future(make())
        found: T = await asyncio.shield(self._tasks[name])
        return found


@dataclass(frozen=True)
class ProbeContext:
    """One round's means."""

    runbook: Runbook
    incident: Incident
    http: AsyncHttp
    key: Once[str | None]
    standby: Once[tuple[str, ...]]
    credential_of: Callable[[str], str | None]
    now: datetime
    memo: Memo = field(default_factory=Memo)

    async def credential(self, vendor: str) -> str | None:
        """A vendor's API key; None where the vendor is not configured."""
        return await in_thread(lambda: self.credential_of(vendor))

    @property
    def seen_from(self) -> str:
        return "service_network" if self.runbook.endpoints.service.shares_network_with_probes else "function"

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        seconds: float = SHORT_TIMEOUT_SECONDS,
    ) -> Response | NoAnswer:
        """One call that takes no longer than `seconds` in all, however slowly the bytes drip in."""
        try:
            async with asyncio.timeout(seconds):
                return await self.http.call(method, url, headers=headers, json=json, params=params, timeout=seconds)
        except TimeoutError:
            return NoAnswer("timeout", round(seconds * 1000))

    def saw(self, probe: str, status: FindingStatus, summary: str, **measurements: Any) -> Finding:
        """The finding; measurements that are None were not measured and are left out."""
        measured = {name: value for name, value in measurements.items() if value is not None}
        return Finding(
            probe=probe, status=status, summary=summary, measurements=measured, seen_from=self.seen_from, at=now()
        )


Run = Callable[[ProbeContext], Awaitable[Finding]]


@dataclass(frozen=True)
class Probe:
    """One bounded, read-only look. `limit` is in seconds, for everything that it does.

    `shared`: incidents of one integration would see the same; not so where it looks at the incident itself.
    """

    run: Run
    limit: float
    shared: bool = True


def exchange(answer: Response | NoAnswer) -> dict[str, Any]:
    """What every HTTP probe measures: `http_status` or `fault`, and `latency_ms`."""
    if isinstance(answer, NoAnswer):
        return {"fault": answer.kind, "latency_ms": answer.ms}
    return {"http_status": answer.status, "latency_ms": answer.ms}


def seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms} ms"
