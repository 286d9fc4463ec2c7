"""What the findings of a probe run show about our own service. Pure."""

from collections.abc import Sequence

from responder.config.runbook import Runbook
from responder.diagnosis.measured import Measured
from responder.domain.finding import Finding, FindingStatus

METRICS, HEALTH = "service_metrics", "service_health"
CHECKS = (HEALTH, "service_twinmind_health")
HANDFUL = 3
IDLE_CPU = 0.5
# Of all calls: fewer are chance.
FEW = 0.02
# Errors caused by TwinMind or the network.
EXPLAINED = ("auth_failed", "rate_limited", "server_errors", "unanswered")


class ServiceEvidence(Measured):
    """`before`: the evidence of the probe run before, if any."""

    before: "ServiceEvidence | None" = None

    def __init__(self, findings: Sequence[Finding], runbook: Runbook) -> None:
        super().__init__(findings)
        self.runbook = runbook
        self.limits = runbook.thresholds

    def counted(self, name: str) -> float:
        return self.number(METRICS, name) or 0

    def is_share(self, name: str) -> bool:
        """`name` counted more than a rare call, and a share of all calls that matters."""
        return self._is_enough(name, self.limits.error_ratio_minor)

    def _is_enough(self, name: str, share: float) -> bool:
        """At least `share` of the calls, and more than one: a single call proves nothing, even in a quiet service."""
        return self.counted(name) >= self.limits.failures_for_impact and self.reaches(name, share)

    def reaches(self, name: str, share: float) -> bool:
        total, amount = self.number(METRICS, "transcriptions"), self.counted(name)
        return total is not None and amount >= 1 and amount >= total * share

    @property
    def error_ratio(self) -> float | None:
        return self.number(METRICS, "error_ratio")

    def fails_beyond(self, share: float) -> bool:
        """At least this share of the transcriptions fails, and more than one: one failure of three proves nothing."""
        return (self.error_ratio or 0) >= share and self._is_enough("transcriptions_failed", share)

    @property
    def mostly_fails(self) -> bool:
        """The major share fails. Exactly this share counts only with HANDFUL failures: one of two is no outage."""
        major = self.limits.error_ratio_major
        handful = (self.error_ratio or 0) <= major and self.counted("transcriptions_failed") < HANDFUL
        return self.fails_beyond(major) and not handful

    @property
    def succeeds(self) -> bool:
        """More than one call was seen to succeed. That says more than a failing check of our own service."""
        seen = [one for one in (self, self.before) if one]
        good = sum(one.counted("transcriptions") - one.counted("transcriptions_failed") for one in seen)
        return good >= self.limits.failures_for_impact and (self.error_ratio or 0) < 1

    @property
    def is_stalled(self) -> bool:
        """Work waits and none is done, although CPU is free. So more pods would not help."""
        idle = self.number(METRICS, "transcriptions") == 0 and self.most(METRICS, "cpu_ratio", IDLE_CPU)
        return idle and self.least(METRICS, "queue_depth", self.limits.queue_depth_high)

    @property
    def own_check_passes(self) -> bool:
        """Our service's own check of TwinMind passes."""
        return any(self.word(probe, "twinmind_check") == "pass" for probe in CHECKS)

    @property
    def fails_unexplained(self) -> bool:
        """At least half of the failures cannot be explained by TwinMind or the network."""
        failed = self.counted("transcriptions_failed")
        unexplained = failed - sum(self.counted(name) for name in EXPLAINED)
        return self.fails_beyond(self.limits.error_ratio_minor) and unexplained >= failed / 2

    def are_a_few(self, name: str) -> bool:
        """More than chance, in this look and in the one before, though too few to be felt."""
        looks = (self, self.before)
        return all(one and one.counted(name) >= HANDFUL and one.reaches(name, FEW) for one in looks)

    @property
    def summaries_fail(self) -> bool:
        """The major share of the summaries fails: the runbook's example of P2."""
        total, failed = self.counted("summaries"), self.counted("summaries_failed")
        return failed >= 1 and failed >= total * self.limits.error_ratio_major

    @property
    def transcribes(self) -> bool:
        """Transcriptions were seen, and at most rare ones failed."""
        return self.counted("transcriptions") >= 1 and (self.error_ratio or 0) < self.limits.error_ratio_minor

    @property
    def has_odd_errors_only(self) -> bool:
        """The metrics are degraded only by occasional failures (runbook S-9), below every threshold."""
        summaries = self.counted("summaries_failed") < max(1, self.counted("summaries")) * self.limits.error_ratio_minor
        named = not self.is_share("auth_failed") and not self.is_share("rate_limited")
        roomy = not self.gauge_is_low
        idle = self.number(METRICS, "transcriptions") == 0
        well = (self.transcribes or idle) and summaries and named and roomy
        return (
            self.status(METRICS) is FindingStatus.DEGRADED and well and not self.latency_is_high and not self.strained
        )

    @property
    def thrives(self) -> bool:
        """Transcriptions were seen to work, and all figures of the service are good."""
        well = self.status(METRICS) is FindingStatus.OK or self.has_odd_errors_only
        return well and self.counted("transcriptions") >= 1

    @property
    def latency_is_high(self) -> bool:
        value, edge = self.number(METRICS, "latency_p95_seconds"), self.limits.latency_p95_seconds
        is_above = self.flag(METRICS, "latency_p95_is_above")
        return value is not None and (value > edge or (is_above and value >= edge))

    @property
    def strained(self) -> tuple[str, ...]:
        """Which of CPU, memory and queue are high, by the figures of the process or of the platform."""
        cpu, memory = self.limits.cpu_ratio_high, self.limits.memory_ratio_high
        usage = "service_usage"
        highs = {
            "CPU": self.least(METRICS, "cpu_ratio", cpu) or self.least(usage, "highest_cpu_ratio", cpu),
            "memory": self.least(METRICS, "memory_ratio", memory) or self.least(usage, "highest_memory_ratio", memory),
            "queue": self.least(METRICS, "queue_depth", self.limits.queue_depth_high),
        }
        return tuple(name for name, high in highs.items() if high)

    # The service's own checks

    def service_is(self, *statuses: FindingStatus) -> bool:
        return self.status(HEALTH) in statuses

    def only_warns(self, probe: str) -> bool:
        """The check is degraded only by one warning without an error, while the service's calls work."""
        warned = self.number(probe, "checks_warning") == 1
        named = self.number(probe, "twinmind_http_status") is not None or self.least(probe, "checks_failing", 1)
        return self.status(probe) is FindingStatus.DEGRADED and warned and not named and self.thrives

    def service_meets(self, *codes: int) -> bool:
        """Our service's check of TwinMind got one of these HTTP statuses."""
        return any(self.number(probe, "twinmind_http_status") in codes for probe in CHECKS)

    @property
    def service_is_refused(self) -> bool:
        """TwinMind refuses our service's key."""
        return self.is_share("auth_failed") or self.service_meets(401)

    @property
    def service_is_not_answered(self) -> bool:
        return any(self.flag(probe, "twinmind_silent") for probe in CHECKS) or self.is_share("unanswered")

    @property
    def service_cannot_use_twinmind(self) -> bool:
        return any(self.word(probe, "twinmind_check") == "fail" for probe in CHECKS)

    @property
    def is_mute(self) -> bool:
        """The service fails, none of its checks says why, and no traffic is seen."""
        mute = self.number(HEALTH, "checks_failing") is None and self.word(HEALTH, "twinmind_check") is None
        return self.service_is(FindingStatus.FAILED) and mute and self.number(METRICS, "transcriptions") is None

    @property
    def is_down(self) -> bool:
        """As a whole; or no pod is ready."""
        no_pod = self.number("service_workload", "ready") == 0 and self.least("service_workload", "desired", 1)
        return self.is_mute or no_pod

    @property
    def gauge_is_low(self) -> bool:
        """Our own gauge of the rate limit. It is out of date if TwinMind's header has room and no call met a 429."""
        room = (self.number("twinmind_rate_limit", "remaining") or 0) >= self.limits.rate_limit_remaining_low
        stale = room and not self.counted("rate_limited")
        return self.is_low(METRICS, "rate_limit_remaining") and not stale

    def is_low(self, probe: str, name: str) -> bool:
        value = self.number(probe, name)
        return value is not None and value < self.limits.rate_limit_remaining_low
