"""Our own service: it always uses the key that it loaded at its last start (docs/twinmind.md#metrics)."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict

from flask import Response

from local.sandbox.service_flags import ReadServiceFlags, ServiceFlags, service_flags_of
from local.sandbox.shapes import Json
from local.sandbox.twinmind import TwinMind
from local.sandbox.vendor import Route, Vendor, answer
from local.sandbox.workload import Workload

LoadKey = Callable[[], str | None]

SLOW_MS = 2000
MEMORY_LIMIT_BYTES = 512 * 1024 * 1024
RETRY_LOAD_SECONDS = 1.0


class OurService(Vendor):
    name = "service"
    prefix = "/service"

    def __init__(
        self, twinmind: TwinMind, load_key: LoadKey, read_service_flags: ReadServiceFlags | None = None
    ) -> None:
        super().__init__(twinmind.world)
        self._twinmind = twinmind
        self._load_key = load_key
        self._read_service_flags = read_service_flags
        self._service_flags = ServiceFlags()
        self._last_poll: float | None = None
        self._timers: list[threading.Timer] = []
        self._process: Workload | None = None
        self._restarts = 0
        self._last_load = 0.0

    def routes(self) -> Iterable[Route]:
        yield "GET", "/health", self._health
        yield "GET", "/health/twinmind", self._health_twinmind
        yield "GET", "/metrics", self._metrics
        yield "POST", "/restart", self._restart

    @property
    def key(self) -> str | None:
        return self._process.key if self._process else None

    def reset(self) -> None:
        self.stop()
        self._process = None
        self._restarts = 0
        self._service_flags = ServiceFlags()
        self._last_poll = None
        self.start()

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()

    @property
    def began(self) -> float | None:
        return self._process.began if self._process else None

    def log_lines(self, form: str) -> list[str]:
        return self._process.log.lines(form, self.world.iso) if self._process else []

    def replace(self, load_key: LoadKey) -> None:
        """A restart from outside; the new process reads its key from `load_key`."""
        self._restarts += 1
        self.start(load_key)

    def start(self, load_key: LoadKey | None = None) -> None:
        """A new process with the key of this moment. Without a key it never gets ready and the old one stays."""
        self._last_load = self.world.now()
        key = self.key if self.key and self.state["stuck_on_old_key"] else (load_key or self._load_key)()
        if key is None:
            return
        with self.world.lock:
            self._process = Workload(self._twinmind, key, self._service_flags)
            self.state["running"] = {
                "key": self._twinmind.key_label(key) or "unknown",
                "started_at": self.world.iso(self._process.began),
                "restarts": self._restarts,
                "service_flags": asdict(self._service_flags),
            }

    def advance(self) -> None:
        """Does all work until now. A service that found no key at its start looks again every second."""
        if self._process is None and self.world.now() - self._last_load >= RETRY_LOAD_SECONDS:
            self.start()
        with self.world.lock:
            if self._process:
                self._process.advance()
        self._poll_service_flags()

    def _poll_service_flags(self) -> None:
        """A new setting counts from now on; the work until now was done under the old one."""
        now = self.world.now()
        waited = self._last_poll is None or now - self._last_poll >= self.state["service_flags_poll_seconds"]
        if self._read_service_flags is None or not self.state["reads_service_flags"] or not waited:
            return
        self._last_poll = now
        service_flags = service_flags_of(self._read_service_flags())
        with self.world.lock:
            self._service_flags = service_flags
            if self._process:
                self._process.service_flags = service_flags
                self.state["running"]["service_flags"] = asdict(service_flags)

    def _metrics(self) -> Response:
        """Prometheus text of the running process (docs/twinmind.md#metrics)."""
        if self._process is None:
            return self.error(503, "starting: no API key loaded")
        load, meters = self.state["load"], self._process.meters
        meters.set("process_start_time_seconds", self._process.began)
        meters.set("process_resident_memory_bytes", int(load["memory"] * MEMORY_LIMIT_BYTES))
        if load["queue"] is not None or self._service_flags.request_queue or self._process.waiting:
            meters.set("twinmind_queue_size", (load["queue"] or 0) + self._process.waiting)
        if self._read_service_flags is not None and self.state["reads_service_flags"]:
            meters.set("twinmind_service_flags_version", self._service_flags.version)
        return Response(meters.render(), content_type="text/plain; version=0.0.4; charset=utf-8")

    def _twinmind_check(self) -> Json:
        check: Json = {"name": "twinmind_api", "status": "pass"}
        if self._process is None:
            return check | {"status": "fail", "message": "no API key loaded"}
        check["latencyMs"] = round(self._process.seconds() * 1000)
        refusal = self._process.refusal()
        if refusal:
            status = f"HTTP {refusal.status}" if refusal.status else "request failed"
            return check | {"status": "fail", "message": f"{status}: {refusal.message}"}
        if self._twinmind.remaining() < 1:
            return check | {"status": "warn", "message": "HTTP 429: Rate limit exceeded"}
        return check | {"status": "warn", "message": "slow"} if check["latencyMs"] > SLOW_MS else check

    def _health(self) -> Response:
        """`status`, `checks[]`, `timestamp`; any fail is unhealthy, any warn degraded (docs/twinmind.md#health)."""
        own = [{"name": name, "status": status} for name, status in self.state["checks"].items()]
        return self._judged([self._twinmind_check(), *own])

    def _health_twinmind(self) -> Response:
        """Named only in the runbook, no body known (docs/twinmind.md#health): the same model with the one check."""
        return self._judged([self._twinmind_check()])

    def _judged(self, checks: list[Json]) -> Response:
        statuses = {check["status"] for check in checks}
        status = "unhealthy" if "fail" in statuses else "degraded" if "warn" in statuses else "healthy"
        body = {"status": status, "checks": checks, "timestamp": self.world.iso()}
        return answer(body, 503 if status == "unhealthy" else 200)

    def _restart(self) -> Response:
        """202 at once; the new process has the key `restart_seconds` later."""
        self._restarts += 1
        timer = threading.Timer(self.state["restart_seconds"], self.start)
        timer.daemon = True
        self._timers.append(timer)
        timer.start()
        return answer({"status": "restarting"}, 202)
