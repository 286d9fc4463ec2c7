"""What the findings of a probe run show about TwinMind and the network. `service` does it for our service. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from responder.config.runbook import Runbook
from responder.diagnosis.service import CHECKS, HANDFUL, METRICS, ServiceEvidence
from responder.domain.diagnosis import Scenario
from responder.domain.finding import Finding, FindingStatus

ESSENTIAL = ("twinmind_health", "twinmind_account", "service_health", "service_metrics")
WITH_KEY = ("twinmind_health_with_key", "twinmind_account")
TWINMIND = ("twinmind_health", *WITH_KEY)
# The probes of each endpoint of TwinMind.
ENDPOINTS = (
    ("twinmind_health", "twinmind_health_with_key", "twinmind_rate_limit"),
    ("twinmind_account",),
    ("twinmind_limits",),
    ("twinmind_transcription",),
)
PAGE = "twinmind_status_page"
# These look at the pager, the standby keys and other systems. They are reported, but do not make the incident worse.
ASIDE = ("upstream_incident", "upstream_on_call", "twinmind_standby_key", "infrastructure_alarms")
PLATFORM = ("service_workload", "service_usage")
TOWARDS_TWINMIND = (*TWINMIND, "twinmind_rate_limit", "twinmind_timing", "twinmind_transcription", "network")
BAD = (FindingStatus.DEGRADED, FindingStatus.FAILED)
# Forbidden, gone, unavailable for legal reasons.
TURNED_AWAY = (403, 410, 451)
# A connection to a nearby host that works well takes less than this.
SLOW_CONNECTION_MS = 1000
_LONGEST_AGE = 1e9  # seconds: 31 years


class Evidence(ServiceEvidence):
    """`earlier`: the findings of the run before, which can confirm these. `alerted_at`: when the alert came."""

    def __init__(
        self,
        findings: Sequence[Finding],
        runbook: Runbook,
        earlier: Sequence[Finding] = (),
        alerted_at: datetime | None = None,
    ) -> None:
        super().__init__(findings, runbook)
        self.before: Evidence | None = Evidence(earlier, runbook) if earlier else None
        self.alerted_at = alerted_at

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(probe for probe in ESSENTIAL if self.status(probe) is FindingStatus.UNKNOWN)

    @property
    def harmless(self) -> frozenset[str]:
        """Probes whose findings are not ok but do no harm: rare errors, or one warning of our service's check. Or they
        are about the status page, the platform or our own line, while our traffic works.
        """
        found = {"service_metrics"} if self.has_odd_errors_only else set()
        found |= {probe for probe in ("service_health", "service_twinmind_health") if self.only_warns(probe)}
        found |= {PAGE} if self.announced == "maintenance" and self.works_with_our_key else set()
        found |= set(TOWARDS_TWINMIND) if self.only_we_are_cut_off else set()
        return frozenset(found | ({PAGE, *self.platform_doubts} if self.thrives else set()))

    @property
    def platform_doubts(self) -> frozenset[str]:
        """Platform probes that are degraded, for example because one pod is missing. This alone hurts no user."""
        return frozenset(probe for probe in PLATFORM if self.status(probe) is FindingStatus.DEGRADED)

    @property
    def bad(self) -> tuple[str, ...]:
        bad = [name for name, one in self.findings.items() if name not in ASIDE and one.status in BAD]
        return tuple(sorted(set(bad) - self.harmless))

    @property
    def is_quiet(self) -> bool:
        """Nothing wrong was seen, and the required checks were made."""
        return not self.bad and not self.missing

    @property
    def is_blind(self) -> bool:
        """Nothing could be seen, neither of TwinMind nor of our service."""
        known = [self.status(probe) for probe in (*TWINMIND, *CHECKS, METRICS)]
        return set(known) == {FindingStatus.UNKNOWN} and self.standby is None

    @property
    def is_cut_off(self) -> bool:
        """Nobody answers us, not even our own service. So we know nothing about TwinMind or the service."""
        ours = [self.number(probe, "http_status") is None for probe in (*CHECKS, METRICS)]
        return all(ours) and self.is_silent_everywhere and self.denies("network", "control_answers")

    @property
    def only_we_are_cut_off(self) -> bool:
        """No host answers us, or another one in TwinMind's place, but TwinMind serves our service in another network:
        only our own line is broken.
        """
        elsewhere = self.word("network", "certificate_problem") in ("untrusted", "other_name")
        cut = self.is_silent_everywhere and (self.denies("network", "control_answers") or elsewhere)
        served = self.thrives and self.own_check_passes and self.counted("transcriptions") >= HANDFUL
        return cut and served and not self.from_service_network

    @property
    def is_marked_leaked(self) -> bool:
        return bool(self.words("upstream_incident", "leak_markers"))

    @property
    def alerted_scenarios(self) -> frozenset[Scenario]:
        known = self.runbook.alerts.scenarios
        return frozenset(known[rule] for rule in self.words("upstream_incident", "alert_rules") if rule in known)

    # TwinMind

    def answered(self, *words: str, by: str = "twinmind_account") -> bool:
        return self.word(by, "answer") in words

    def endpoints_that(self, *words: str) -> int:
        """How many endpoints of TwinMind answer so. One alone can be wrong, however many probes ask it."""
        return sum(any(self.answered(*words, by=probe) for probe in probes) for probes in ENDPOINTS)

    @property
    def works_with_our_key(self) -> bool:
        return self.answered("accepted")

    @property
    def is_silent_everywhere(self) -> bool:
        """No TwinMind probe that was sent got an answer."""
        return {word for probe in TWINMIND if (word := self.word(probe, "answer"))} - {"unsent"} == {"silent"}

    @property
    def outlasts_us(self) -> bool:
        """TwinMind accepts connections but answers later than we wait. Our service waits longer and is served."""
        waited = all(self.word(probe, "fault") == "timeout" for probe in TWINMIND)
        connects = self.number("network", "connect_ms") is not None and self.word("network", "failed_step") is None
        idle = self.number(METRICS, "transcriptions") == 0
        return waited and connects and (self.transcribes or (idle and self.own_check_passes))

    @property
    def standby(self) -> str | None:
        """What the standby keys are: passing, refused, none or unusable; None if that was not seen."""
        return self.word("twinmind_standby_key", "standby")

    @property
    def gets_no_answer(self) -> bool:
        """Our service gets no answer from TwinMind: by its calls or, if it made none, by its own check."""
        checks = not self.counted("transcriptions") and any(self.flag(probe, "twinmind_silent") for probe in CHECKS)
        return checks or self.reaches("unanswered", self.limits.error_ratio_major)

    @property
    def was_seen_not_to_thrive(self) -> bool:
        """The service's figures were read, and do not show that all is well. Figures not read prove nothing."""
        seen = self.findings[METRICS].measurements if METRICS in self.findings else {}
        looked = self.status(METRICS) is not FindingStatus.UNKNOWN or bool(
            {"http_status", "fault", "configured"} & set(seen)
        )
        return looked and not self.thrives

    @property
    def is_limited_here(self) -> bool:
        """Two endpoints answer us 429. If our service is in trouble, one is enough: one may have its own limit."""
        return self.endpoints_that("limited") >= (1 if self.was_seen_not_to_thrive else 2)

    @property
    def turns_everybody_away(self) -> bool:
        """TwinMind refuses every path in the same way, with and without a key, and our service's calls as well."""
        codes = {self.number(probe, "http_status") for probe in TWINMIND}
        refused = len(codes) == 1 and codes <= set(TURNED_AWAY) and not self.from_service_network
        return refused and self.service_meets(*TURNED_AWAY)

    @property
    def announced(self) -> str:
        return self.word(PAGE, "announced") or "none"

    @property
    def announces_outage(self) -> bool:
        return self.announced in ("major", "critical")

    @property
    def is_slow(self) -> bool:
        """One slow answer may be chance. Two, a slow median, or one that our service's histogram confirms are not."""
        edge = self.limits.latency_p95_seconds * 1000
        slow = sum(self.word(p, "answer") not in (None, "silent") and self._took(p) > edge for p in TWINMIND)
        median = (self.number("twinmind_timing", "latency_median_ms") or 0) > edge
        return slow >= 2 or median or (slow == 1 and self.latency_is_high)

    def _took(self, probe: str) -> float:
        return self.number(probe, "latency_ms") or 0

    # Network

    @property
    def control_is_slow(self) -> bool:
        """Connecting to the control host takes about as long as TwinMind does, so the network is slow."""
        took = self.number("network", "control_ms") or 0
        theirs = max(self._took("twinmind_account"), self._took("twinmind_health"))
        return took >= SLOW_CONNECTION_MS and took >= theirs / 2

    @property
    def name_or_tls_fails(self) -> bool:
        faults = {fault for probe in (*TWINMIND, "network") if (fault := self.word(probe, "fault"))}
        return bool(faults & {"dns", "tls"})

    @property
    def egress_works(self) -> bool:
        """Another host on the internet answered, with any status."""
        others = any(self.number(probe, "http_status") is not None for probe in (PAGE, "upstream_incident"))
        return others or self.flag("network", "control_answers")

    @property
    def from_service_network(self) -> bool:
        return any(self.findings[probe].seen_from == "service_network" for probe in TWINMIND if probe in self.findings)

    # Restarts and deployments

    @property
    def was_restarted(self) -> bool:
        """The service's process started after the alert."""
        age = self.number(METRICS, "process_age_seconds")
        return age is not None and self._since_alert(METRICS, age) < timedelta(0)

    def _since_alert(self, probe: str, age: float) -> timedelta:
        """How long before the alert something began that had this age, in seconds, when `probe` saw it."""
        found = self.findings[probe]
        # A broken clock can give an age that no date can hold.
        age = max(-_LONGEST_AGE, min(age, _LONGEST_AGE))
        return (self.alerted_at or found.at) - found.at + timedelta(seconds=age)

    @property
    def may_be_deployed(self) -> bool:
        """A deployment came shortly before the alert, or the platform has deployments and could not be read."""
        unseen = self.status("service_workload") is FindingStatus.UNKNOWN
        return self.was_deployed or (unseen and self.runbook.endpoints.service.platform.kind in ("kubernetes", "ecs"))

    @property
    def was_deployed(self) -> bool:
        """A rollout came before the alert, within the time that the runbook calls suspect."""
        age = self.number("service_workload", "rollout_age_seconds")
        suspect = timedelta(minutes=self.runbook.endpoints.service.platform.suspect_deployment_minutes)
        return age is not None and timedelta(0) <= self._since_alert("service_workload", age) <= suspect
