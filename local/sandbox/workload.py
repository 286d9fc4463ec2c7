"""The calls that our service makes all the time, and its metrics of them (docs/twinmind.md#metrics)."""

from local.sandbox.metrics import API_BUCKETS, DURATION_BUCKETS, Meters
from local.sandbox.service_flags import DURATION_FACTORS, ServiceFlags
from local.sandbox.service_log import Line, ServiceLog
from local.sandbox.shapes import Json
from local.sandbox.twinmind import Refusal, TwinMind

STEP_SECONDS = 1.0
LONGEST_CATCH_UP = 3600.0
CLIENT_TIMEOUT_SECONDS = 30.0  # docs/twinmind.md#general


class Workload:
    """One process of our service, with the key that it loaded when it began; a restart makes a new one."""

    def __init__(self, twinmind: TwinMind, key: str, service_flags: ServiceFlags) -> None:
        self._twinmind = twinmind
        self._world = twinmind.world
        self._parts: dict[str, float] = {}
        self.meters = Meters()
        self.log = ServiceLog()
        self.key = key
        self.service_flags = service_flags
        self.waiting = 0
        self.began = self._worked_until = self._at = self._world.now()

    @property
    def _state(self) -> Json:
        found: Json = self._world["service"]
        return found

    def advance(self) -> None:
        """Does the work that is due since the last call, in the world as it was until now."""
        now = self._world.now()
        at = max(self._worked_until, now - LONGEST_CATCH_UP)
        while at < now:
            step = min(STEP_SECONDS, now - at)
            at += step
            self._at = at
            self._work(step)
        self._worked_until = now

    def _work(self, step: float) -> None:
        if not self._state["up"]:
            return
        load = self._state["load"]
        self.meters.add("process_cpu_seconds_total", load["cpu"] * step)
        calls = self._calls(step)
        refusal = self.refusal()
        granted = 0 if refusal else self._twinmind.spend(calls, self._at)
        self._succeed(granted)
        self._fail(calls - granted, refusal or Refusal(429, "Rate limit exceeded"))

    def _calls(self, step: float) -> int:
        """The calls that leave the service: rejected work does not; with a queue, work over the limit waits."""
        load, service_flags = self._state["load"], self.service_flags
        share = 1 - load["non_critical"] if service_flags.reject_non_critical else 1
        wanted = self.waiting + self._whole("calls", load["requests_per_minute"] * share * step / 60)
        limit = service_flags.client_rate_limit_per_minute
        if limit is None and service_flags.request_queue:
            limit = self._twinmind.state["rate_limit"]["limit"]
        calls = wanted if limit is None else min(wanted, self._whole("limit", limit * step / 60))
        self.waiting = wanted - calls if service_flags.request_queue else 0
        return calls

    def _whole(self, name: str, amount: float) -> int:
        """The whole number of calls that are due; the fraction is kept for the next step."""
        total = self._parts.get(name, 0.0) + amount
        whole = int(total + 1e-9)
        self._parts[name] = total - whole
        return whole

    def refusal(self) -> Refusal | None:
        if not self._state["egress"]:
            return Refusal(0, "no answer")
        if self._held() >= CLIENT_TIMEOUT_SECONDS:
            return Refusal(0, "timed out")
        return self._twinmind.trouble() or self._twinmind.key_refusal(self.key)

    def seconds(self) -> float:
        delay: float = self._state["client_delay_ms"]
        return min(self._held(), CLIENT_TIMEOUT_SECONDS) + delay / 1000

    def _held(self) -> float:
        """How long TwinMind takes for a call."""
        hang: float = self._world["faults"]["twinmind"]["hang_seconds"]
        latency: float = self._twinmind.state["latency_ms"]
        return hang + latency / 1000

    def _succeed(self, calls: int) -> None:
        if not calls:
            return
        errors = self._state["errors"]
        broken = self._whole("broken", calls * errors["ratio"])
        self._count_calls(calls, "/transcribe", "success")
        self._count_transcriptions(calls - broken, "success", "en")
        self._count_transcriptions(broken, "error", "unknown")
        self._log(calls - broken, "200", None, "transcribed")
        self._log(broken, "200", errors["type"], "Transcription failed")
        if broken:
            self.meters.add("twinmind_errors_total", broken, error_type=errors["type"], operation="transcribe")
        self.meters.add("twinmind_transcription_audio_hours", (calls - broken) * 0.05, model=self.service_flags.model)
        self._summarise(calls - broken)

    def _summarise(self, calls: int) -> None:
        failed = self._whole("summaries", calls * self._state["errors"]["summary_ratio"])
        for status, times in (("success", calls - failed), ("error", failed)):
            if times:
                self.meters.add("twinmind_summary_requests_total", times, status=status, format="brief")
        self.meters.add("twinmind_action_items_extracted", 2 * (calls - failed))
        self.meters.add("twinmind_ai_tokens_used", 900 * (calls - failed), operation="summary")

    def _fail(self, calls: int, refusal: Refusal) -> None:
        """The label is the HTTP number, or `error` where no answer came (docs/twinmind.md#metrics, #error-codes)."""
        if not calls:
            return
        kinds = {401: "AUTH_FAILED", 429: "RATE_LIMITED"}
        kind = kinds.get(refusal.status, "TRANSCRIPTION_FAILED" if refusal.status >= 500 else "unknown")
        self._count_calls(calls, "/transcribe", str(refusal.status or "error"))
        self._count_transcriptions(calls, "error", "unknown")
        self._log(calls, str(refusal.status or "none"), kind, refusal.message)
        self.meters.add("twinmind_errors_total", calls, error_type=kind, operation="transcribe")

    def _log(self, calls: int, status: str, error: str | None, message: str) -> None:
        self.log.add(calls, Line(self._at, "", status, error, message, round(self.seconds() * 1000)))

    def _count_calls(self, calls: int, endpoint: str, status: str) -> None:
        self.meters.add("twinmind_api_requests_total", calls, method="POST", endpoint=endpoint, status=status)
        where = {"method": "POST", "endpoint": endpoint}
        self.meters.observe("twinmind_api_latency_seconds", API_BUCKETS, self.seconds(), calls, **where)
        if status in ("success", "429") and self._twinmind.state["rate_limit"]["headers"]:
            self.meters.set("twinmind_rate_limit_remaining", self._twinmind.remaining(self._at), endpoint=endpoint)

    def _count_transcriptions(self, calls: int, status: str, language: str) -> None:
        if not calls:
            return
        model = self.service_flags.model
        self.meters.add("twinmind_transcriptions_total", calls, status=status, model=model, language=language)
        served = self._twinmind.state["transcription_seconds"] * DURATION_FACTORS[model]
        seconds = self.seconds() + (served if status == "success" else 0.0)
        self.meters.observe("twinmind_transcription_duration_seconds", DURATION_BUCKETS, seconds, calls, model=model)
