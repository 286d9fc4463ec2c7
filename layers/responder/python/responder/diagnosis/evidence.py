"""What a round of findings says of TwinMind and of the way to it; of our service see `service`. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from responder.config.runbook import Runbook
from responder.diagnosis.service import Service
from responder.domain.diagnosis import Scenario
from responder.domain.finding import Finding, FindingStatus

ESSENTIAL = ("twinmind_health", "twinmind_account", "service_health", "service_metrics")
WITH_KEY = ("twinmind_health_with_key", "twinmind_account")
TWINMIND = ("twinmind_health", *WITH_KEY)
PAGE = "twinmind_status_page"
# They look at the pager, at our spare keys and at things around: told, but not the incident.
ASIDE = ("upstream_incident", "upstream_on_call", "twinmind_standby_key", "infrastructure_alarms")
PLATFORM = ("service_workload", "service_usage")
BAD = (FindingStatus.DEGRADED, FindingStatus.FAILED)


class Evidence(Service):
    """`earlier`: the round before, which confirms what one reading cannot prove."""

    def __init__(self, findings: Sequence[Finding], runbook: Runbook, earlier: Sequence[Finding] = ()) -> None:
        super().__init__(findings, runbook)
        self.before: Evidence | None = Evidence(earlier, runbook) if earlier else None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(probe for probe in ESSENTIAL if self.status(probe) is FindingStatus.UNKNOWN)

    @property
    def harmless(self) -> frozenset[str]:
        """Findings that are not well and still no trouble: the odd error, our service's own word for a TwinMind that
        is slower than it likes, and a status page or a platform in doubt that our own traffic contradicts."""
        found = {"service_metrics"} if self.has_odd_errors_only else set()
        found |= {probe for probe in ("service_health", "service_twinmind_health") if self.only_warns(probe)}
        found |= {PAGE} if self.announced == "maintenance" and self.works_with_our_key else set()
        return frozenset(found | ({PAGE, *self.platform_doubts} if self.thrives else set()))

    @property
    def platform_doubts(self) -> frozenset[str]:
        """The platform is not quite well: a pod too few, say. Whether users feel it is for other findings to tell."""
        return frozenset(probe for probe in PLATFORM if self.status(probe) is FindingStatus.DEGRADED)

    @property
    def bad(self) -> tuple[str, ...]:
        bad = [name for name, one in self.findings.items() if name not in ASIDE and one.status in BAD]
        return tuple(sorted(set(bad) - self.harmless))

    @property
    def is_quiet(self) -> bool:
        """Nothing wrong was seen, and what has to be seen was."""
        return not self.bad and not self.missing

    @property
    def is_marked_leaked(self) -> bool:
        return bool(self.words("upstream_incident", "leak_markers"))

    @property
    def alerted_scenarios(self) -> frozenset[Scenario]:
        known = self.runbook.alerts.scenarios
        return frozenset(known[rule] for rule in self.words("upstream_incident", "alert_rules") if rule in known)

    # TwinMind as we see it

    def answered(self, *words: str, by: str = "twinmind_account") -> bool:
        return self.word(by, "answer") in words

    @property
    def works_with_our_key(self) -> bool:
        return self.answered("accepted")

    @property
    def is_silent_everywhere(self) -> bool:
        """Each probe of TwinMind that looked got no answer at all."""
        return {word for probe in TWINMIND if (word := self.word(probe, "answer"))} == {"silent"}

    @property
    def outlasts_us(self) -> bool:
        """TwinMind takes calls and needs longer than we wait, and our service, which waits longer, is served."""
        waited = all(self.word(probe, "fault") == "timeout" for probe in TWINMIND)
        connects = self.number("network", "connect_ms") is not None and self.word("network", "failed_step") is None
        return waited and connects and self.transcribes

    @property
    def standby(self) -> str | None:
        """passing, refused, none; None where that could not be seen."""
        return self.word("twinmind_standby_key", "standby")

    @property
    def refusal_is_confirmed(self) -> bool:
        """More than one reading says that our key is refused: the same probe before, another probe, our own calls."""
        before = self.before is not None and self.before.answered("refused")
        elsewhere = self.answered("refused", by="twinmind_health_with_key") or self.service_meets(401)
        return before or elsewhere or self.is_share("auth_failed")

    @property
    def announced(self) -> str:
        return self.word(PAGE, "announced") or "none"

    @property
    def announces_outage(self) -> bool:
        return self.announced in ("major", "critical")

    @property
    def slow_answers(self) -> tuple[str, ...]:
        """Probes that TwinMind made wait longer than the threshold, each of one call or of the middle of several."""
        edge = self.limits.latency_p95_seconds * 1000
        single = [p for p in TWINMIND if self.word(p, "answer") not in (None, "silent") and self._took(p) > edge]
        several = (self.number("twinmind_timing", "latency_median_ms") or 0) > edge
        return (*single, *(("twinmind_timing",) if several else ()))

    def _took(self, probe: str) -> float:
        return self.number(probe, "latency_ms") or 0

    @property
    def is_slow(self) -> bool:
        """One slow answer may be chance; two, the middle of several, or one that our histogram confirms are not."""
        slow = self.slow_answers
        return len(slow) >= 2 or "twinmind_timing" in slow or (bool(slow) and self.latency_is_high)

    @property
    def is_fast(self) -> bool:
        took = self.number("twinmind_account", "latency_ms")
        return self.works_with_our_key and took is not None and took <= self.limits.latency_p95_seconds * 1000

    # The way to it

    @property
    def line_fails(self) -> bool:
        """A step of the way fails (DNS, TCP, TLS), or nobody at all can be reached."""
        steps = self.word("network", "failed_step") is not None or self.name_or_tls_fails
        return steps or not self.egress_works

    @property
    def name_or_tls_fails(self) -> bool:
        faults = {fault for probe in (*TWINMIND, "network") if (fault := self.word(probe, "fault"))}
        return bool(faults & {"dns", "tls"})

    @property
    def egress_works(self) -> bool:
        """Somebody else outside answered, with whatever status."""
        others = any(self.number(probe, "http_status") is not None for probe in (PAGE, "upstream_incident"))
        return others or self.flag("network", "control_answers")

    @property
    def from_service_network(self) -> bool:
        return any(self.findings[probe].seen_from == "service_network" for probe in TWINMIND if probe in self.findings)

    # Around

    def deployed_shortly_before(self, alerted_at: datetime) -> bool:
        """A rollout no longer before the alert than the runbook calls suspect."""
        found, age = self.findings.get("service_workload"), self.number("service_workload", "rollout_age_seconds")
        if found is None or age is None:
            return False
        suspect = timedelta(minutes=self.runbook.endpoints.service.platform.suspect_deployment_minutes)
        return alerted_at - (found.at - timedelta(seconds=age)) <= suspect
