"""The contract of a probe: what it gets, and how it reports its finding."""

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
# Long enough to tell a slow TwinMind (over 5 s) from a silent one, and still an answer within seconds.
LONG_TIMEOUT_SECONDS = 8.0
SHORT_TIMEOUT_SECONDS = 4.0

# Not the event loop's own threads: the loop would wait for a hanging read before the probe run could end.
_THREADS = ThreadPoolExecutor(max_workers=8, thread_name_prefix="secrets")


async def in_thread(read: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(_THREADS, read)


class Memo:
    """Values that the probes of one run share. `spare`: how many calls to TwinMind are left."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self.spare: int | None = None

    async def get(self, name: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of `make()`, which is awaited only once. Its exception is raised to each caller."""
        if name not in self._tasks:
            self._tasks[name] = asyncio.ensure_future(make())
        # The shield keeps one probe's time limit from cancelling the read for others.
        found: T = await asyncio.shield(self._tasks[name])
        return found


@dataclass(frozen=True)
class Readers:
    """Functions that read the current TwinMind key, the staged keys and a vendor's API key. They may block or raise.

    `flaw_of`: what is wrong with the secret `key` or `standby`. `previous`: what a probe found in the incident's last
    run. `acted_at`: when any incident acted last.
    """

    key: Callable[[], str | None]
    standby: Callable[[], tuple[str, ...]]
    credential: Callable[[str], str | None]
    flaw_of: Callable[[str], str | None] = lambda _: None
    previous: Callable[[str], Finding | None] = lambda _: None
    acted_at: Callable[[], datetime | None] = lambda: None


@dataclass(frozen=True)
class ProbeContext:
    """The resources of one probe run. `probe`: the name of the probe that has them."""

    runbook: Runbook
    incident: Incident
    http: AsyncHttp
    readers: Readers
    now: datetime
    memo: Memo = field(default_factory=Memo)
    probe: str = ""

    async def key(self) -> str | None:
        """The current TwinMind key. It is read once per probe run."""
        return await self.memo.get("key", lambda: in_thread(self.readers.key))

    async def standby(self) -> tuple[str, ...]:
        """The staged keys. They are read once per probe run."""
        return await self.memo.get("standby", lambda: in_thread(self.readers.standby))

    async def previous(self) -> Finding | None:
        """What this probe found in the incident's last probe run."""
        return await in_thread(lambda: self.readers.previous(self.probe))

    async def last_action_at(self) -> datetime | None:
        """When any incident acted last. Counts from before that say nothing about the action's effect."""
        return await in_thread(self.readers.acted_at)

    async def flaw(self, secret: str) -> str | None:
        """Why the secret `key` or `standby` holds no usable key, without showing any of its text; None if it does."""
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
        """Makes one call. It takes at most `seconds` in all, however slowly the bytes arrive."""
        try:
            async with asyncio.timeout(seconds):
                return await self.http.call(method, url, headers=headers, json=json, params=params, timeout=seconds)
        except TimeoutError:
            return NoAnswer("timeout", round(seconds * 1000))

    def saw(self, status: FindingStatus, summary: str, **measurements: Any) -> Finding:
        """A finding of this moment. Measurements that are None were not made, and are left out."""
        measured = {name: value for name, value in measurements.items() if value is not None}
        return Finding(
            probe=self.probe, status=status, summary=summary, measurements=measured, seen_from=self.seen_from, at=now()
        )


Run = Callable[[ProbeContext], Awaitable[Finding]]


@dataclass(frozen=True)
class Probe:
    """One check that only reads. `limit`: seconds for everything that it does.

    `shared`: the finding is the same for all incidents of the integration. False if it reads the incident itself.
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
