"""What a probe gets, and how it reports its finding."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from responder.clients.http import AsyncHttp, NoAnswer, Response
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.finding import Finding, FindingStatus
from responder.domain.incident import Incident

T = TypeVar("T")
# Long enough to distinguish a slow TwinMind (over 5 s) from a silent one; short for "within seconds".
LONG_TIMEOUT_SECONDS = 8.0
SHORT_TIMEOUT_SECONDS = 4.0

# Not the event loop's own threads: it would wait for a hanging read before the probe run could end.
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="secrets")


async def in_thread(read: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, read)


class Memo:
    """Values that several probes of one run share, and the number of TwinMind calls that are left."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self.spare: int | None = None

    async def get(self, name: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Awaits `make()` the first time; its exception is raised to each caller."""
        if name not in self._tasks:
            self._tasks[name] = asyncio.ensure_future(make())
        # The shield keeps one probe's time limit from cancelling the read for others.
        found: T = await asyncio.shield(self._tasks[name])
        return found


@dataclass(frozen=True)
class Readers:
    """How to read secrets: the current TwinMind key, staged keys, a vendor's API key. May block or raise.

    `flaw_of`: `key` or `standby` to what is wrong with that secret. `previous`: a probe to what the incident's last
    run of it found. `acted_at`: when any incident acted last.
    """

    key: Callable[[], str | None]
    standby: Callable[[], tuple[str, ...]]
    credential: Callable[[str], str | None]
    flaw_of: Callable[[str], str | None] = lambda _: None
    previous: Callable[[str], Finding | None] = lambda _: None
    acted_at: Callable[[], datetime | None] = lambda: None


@dataclass(frozen=True)
class ProbeContext:
    """The resources of one probe run."""

    runbook: Runbook
    incident: Incident
    http: AsyncHttp
    readers: Readers
    now: datetime
    memo: Memo = field(default_factory=Memo)

    async def key(self) -> str | None:
        """The current TwinMind key; read once per probe run."""
        return await self.memo.get("key", lambda: in_thread(self.readers.key))

    async def standby(self) -> tuple[str, ...]:
        """The staged keys; read once per probe run."""
        return await self.memo.get("standby", lambda: in_thread(self.readers.standby))

    async def previous(self, probe: str) -> Finding | None:
        """What this incident's last probe run found."""
        return await in_thread(lambda: self.readers.previous(probe))

    async def last_action_at(self) -> datetime | None:
        """Of any incident: earlier counts say nothing about its effect."""
        return await in_thread(self.readers.acted_at)

    async def flaw(self, secret: str) -> str | None:
        """Why `key` or `standby` holds none that can be used, without showing anything of it."""
        return await in_thread(lambda: self.readers.flaw_of(secret))

    async def credential(self, vendor: str) -> str | None:
        """A vendor's API key; None if not configured."""
        return await in_thread(lambda: self.readers.credential(vendor))

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
        """One call of at most `seconds` in all, however slowly the bytes arrive."""
        try:
            async with asyncio.timeout(seconds):
                return await self.http.call(method, url, headers=headers, json=json, params=params, timeout=seconds)
        except TimeoutError:
            return NoAnswer("timeout", round(seconds * 1000))

    def saw(self, probe: str, status: FindingStatus, summary: str, **measurements: Any) -> Finding:
        """Measurements that are None were not taken and are left out."""
        measured = {name: value for name, value in measurements.items() if value is not None}
        return Finding(
            probe=probe, status=status, summary=summary, measurements=measured, seen_from=self.seen_from, at=now()
        )


Run = Callable[[ProbeContext], Awaitable[Finding]]


@dataclass(frozen=True)
class Probe:
    """One bounded, read-only check. `limit`: seconds for everything that it does.

    `shared`: gives the same finding for all incidents of one integration; false if it reads the incident itself.
    """

    run: Run
    limit: float
    shared: bool = True


def exchange(answer: Response | NoAnswer) -> dict[str, Any]:
    """The measurements of every HTTP probe: `http_status` or `fault`, and `latency_ms`."""
    if isinstance(answer, NoAnswer):
        return {"fault": answer.kind, "latency_ms": answer.ms}
    return {"http_status": answer.status, "latency_ms": answer.ms}


def seconds(ms: int) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms} ms"
