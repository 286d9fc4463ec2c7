"""What the findings of a probe run show of TwinMind and the network; for our service see `service`. Pure."""

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
# These check the pager, standby keys and surroundings: worth reporting, but not the incident.
ASIDE = ("upstream_incident", "upstream_on_call", "twinmind_standby_key", "infrastructure_alarms")
PLATFORM = ("service_workload", "service_usage")
TOWARDS_TWINMIND = (*TWINMIND, "twinmind_rate_limit", "twinmind_timing", "twinmind_transcription", "network")
BAD = (FindingStatus.DEGRADED, FindingStatus.FAILED)
PROXY_WANTS_PASSWORD = 407
# Forbidden, gone, unavailable for legal reasons: for everybody, unless they depend on the key.
TURNED_AWAY = (403, 410, 451)
# A connection to a host that is near and well takes less than this.
SLOW_CONNECTION_MS = 1000
_LONGEST_AGE = 1e9  # seconds: 31 years


class Evidence(ServiceEvidence):
    """`earlier`: the probe run before, which can confirm a single reading. `alerted_at`: when the alert came."""

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
        """Findings that are not ok but no trouble: a rare error, our service's warning about a slow TwinMind, and a
        status page or platform in doubt while our traffic works.
        """
        found = {"service_metrics"} if self.has_odd_errors_only else set()
        found |= {probe for probe in ("service_health", "service_twinmind_health") if self.only_warns(probe)}
        found |= {PAGE} if self.announced == "maintenance" and self.works_with_our_key else set()
        found |= set(TOWARDS_TWINMIND) if self.only_we_are_cut_off else set()
        return frozenset(found | ({PAGE, *self.platform_doubts} if self.thrives else set()))

    @property
    def platform_doubts(self) -> frozenset[str]:
        """The platform is slightly degraded, for example one pod too few; other findings show user impact."""
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
        """Nothing was seen of TwinMind, nor of our service."""
        known = [self.status(probe) for probe in (*TWINMIND, *CHECKS, METRICS)]
        return set(known) == {FindingStatus.UNKNOWN} and self.standby is None

    @property
    def is_cut_off(self) -> bool:
        """We get no answer from anybody, our own service included: it says nothing of either."""
        ours = [self.number(probe, "http_status") is None for probe in (*CHECKS, METRICS)]
        return all(ours) and self.is_silent_everywhere and self.denies("network", "control_answers")

    @property
    def only_we_are_cut_off(self) -> bool:
        """No host answers us, and our service, in another network, is served: our own line says nothing of TwinMind."""
        cut = self.is_silent_everywhere and self.denies("network", "control_answers")
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
        """How many answer so: one can be wrong, however often and by however many probes it is asked."""
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
        """TwinMind accepts connections but takes longer than we wait; our service waits longer and is served."""
        waited = all(self.word(probe, "fault") == "timeout" for probe in TWINMIND)
        connects = self.number("network", "connect_ms") is not None and self.word("network", "failed_step") is None
        idle = self.number(METRICS, "transcriptions") == 0
        return waited and connects and (self.transcribes or (idle and self.own_check_passes))

    @property
    def is_page_everywhere(self) -> bool:
        """Each TwinMind probe that got an answer got a web page in TwinMind's place, or a proxy's own status."""
        answered = [probe for probe in TWINMIND if self.word(probe, "answer")]
        pages = bool(answered) and all(self.answered("odd", by=one) and self.flag(one, "page") for one in answered)
        return pages or any(self.number(probe, "http_status") == PROXY_WANTS_PASSWORD for probe in answered)

    @property
    def only_we_are_refused(self) -> bool:
        """Our service's calls succeed, while TwinMind refuses our probes or answers them with what is not its own."""
        words = {self.word(probe, "answer") for probe in WITH_KEY}
        return self.thrives and bool(words & {"refused", "forbidden", "odd"})

    @property
    def standby(self) -> str | None:
        """passing, refused, none, unusable; None if not seen."""
        return self.word("twinmind_standby_key", "standby")

    @property
    def refusal_is_shared(self) -> bool:
        """Another endpoint or our own calls meet it too: one endpoint can be wrong, however often it is asked."""
        others = ("twinmind_health_with_key", "twinmind_rate_limit", "twinmind_transcription", "twinmind_limits")
        elsewhere = any(self.answered("refused", by=probe) for probe in others)
        return elsewhere or self.service_is_refused

    @property
    def traffic_is_in_trouble(self) -> bool:
        """Our own traffic meets the refusal, or was looked at, does not thrive, and no silence explains it."""
        return self.service_is_refused or (self.was_seen_not_to_thrive and not self.gets_no_answer)

    @property
    def gets_no_answer(self) -> bool:
        """No answer reaches our service, by its calls or, without any, its own check: TwinMind's words are not why."""
        checks = not self.counted("transcriptions") and any(self.flag(probe, "twinmind_silent") for probe in CHECKS)
        return checks or self.reaches("unanswered", self.limits.error_ratio_major)

    @property
    def was_seen_not_to_thrive(self) -> bool:
        """Traffic that nobody looked at might thrive."""
        seen = self.findings[METRICS].measurements if METRICS in self.findings else {}
        looked = self.status(METRICS) is not FindingStatus.UNKNOWN or bool(
            {"http_status", "fault", "configured"} & set(seen)
        )
        return looked and not self.thrives

    @property
    def is_limited_here(self) -> bool:
        """Two endpoints answer us 429; or one, which can have its own limit, and our service does not thrive."""
        return self.endpoints_that("limited") >= (1 if self.was_seen_not_to_thrive else 2)

    @property
    def turns_everybody_away(self) -> bool:
        """TwinMind answers each path alike, with a key and without, and our own calls too, from another network."""
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
    def slow_answers(self) -> tuple[str, ...]:
        """Probes whose TwinMind call, or median of several calls, took longer than the threshold."""
        edge = self.limits.latency_p95_seconds * 1000
        single = [p for p in TWINMIND if self.word(p, "answer") not in (None, "silent") and self._took(p) > edge]
        several = (self.number("twinmind_timing", "latency_median_ms") or 0) > edge
        return (*single, *(("twinmind_timing",) if several else ()))

    def _took(self, probe: str) -> float:
        return self.number(probe, "latency_ms") or 0

    @property
    def is_slow(self) -> bool:
        """One slow answer may be chance; two, a slow median, or one that our histogram confirms are not."""
        slow = self.slow_answers
        return len(slow) >= 2 or "twinmind_timing" in slow or (bool(slow) and self.latency_is_high)

    @property
    def is_fast(self) -> bool:
        took = self.number("twinmind_account", "latency_ms")
        return self.works_with_our_key and took is not None and took <= self.limits.latency_p95_seconds * 1000

    # Network

    @property
    def control_is_slow(self) -> bool:
        """The control host takes as long as TwinMind, as far as a connection can: then the way is slow."""
        took = self.number("network", "control_ms") or 0
        theirs = max(self._took("twinmind_account"), self._took("twinmind_health"))
        return took >= SLOW_CONNECTION_MS and took >= theirs / 2

    @property
    def control_is_quick(self) -> bool:
        """Or none is configured; one that was not looked at may be as slow as TwinMind."""
        if self.runbook.endpoints.control_url is None and not self.flag("network", "control_configured"):
            return True
        return self.flag("network", "control_answers") and not self.control_is_slow

    @property
    def line_fails(self) -> bool:
        """A network step fails (DNS, TCP, TLS), or no host can be reached."""
        steps = self.word("network", "failed_step") is not None or self.name_or_tls_fails
        return steps or not self.egress_works

    @property
    def name_or_tls_fails(self) -> bool:
        faults = {fault for probe in (*TWINMIND, "network") if (fault := self.word(probe, "fault"))}
        return bool(faults & {"dns", "tls"})

    @property
    def egress_works(self) -> bool:
        """Another outside host answered, with any status."""
        others = any(self.number(probe, "http_status") is not None for probe in (PAGE, "upstream_incident"))
        return others or self.flag("network", "control_answers")

    @property
    def from_service_network(self) -> bool:
        return any(self.findings[probe].seen_from == "service_network" for probe in TWINMIND if probe in self.findings)

    # Surroundings

    @property
    def may_hold_older_key(self) -> bool:
        """Its own check is refused with the key that it holds, or nothing may have made it load its key anew."""
        return self.service_meets(401) or not (self.was_restarted or self.may_be_deployed)

    @property
    def was_restarted(self) -> bool:
        """The process that answers began after the alert."""
        age = self.number(METRICS, "process_age_seconds")
        return age is not None and self._since_alert(METRICS, age) < timedelta(0)

    def _since_alert(self, probe: str, age: float) -> timedelta:
        """How long before the alert something was that had this age when `probe` saw it."""
        found = self.findings[probe]
        # An age that no calendar can hold is told by a broken clock.
        age = max(-_LONGEST_AGE, min(age, _LONGEST_AGE))
        return (self.alerted_at or found.at) - found.at + timedelta(seconds=age)

    @property
    def may_be_deployed(self) -> bool:
        """A deployment shortly before, or a platform that has some and was not looked at."""
        unseen = self.status("service_workload") is FindingStatus.UNKNOWN
        return self.was_deployed or (unseen and self.runbook.endpoints.service.platform.kind in ("kubernetes", "ecs"))

    @property
    def was_deployed(self) -> bool:
        """Whether a rollout was before the alert, within the time that the runbook calls suspect."""
        age = self.number("service_workload", "rollout_age_seconds")
        suspect = timedelta(minutes=self.runbook.endpoints.service.platform.suspect_deployment_minutes)
        return age is not None and timedelta(0) <= self._since_alert("service_workload", age) <= suspect
