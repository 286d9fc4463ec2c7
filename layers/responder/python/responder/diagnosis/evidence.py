"""What a round of findings says, as facts for rules. Pure; reads status and measurements only.

An absent finding and a measurement that is absent or of an unexpected type both mean: not known.
"""

import json
from collections.abc import Sequence

from responder.runbook import Runbook
from responder.words import Finding, FindingStatus, Scenario

ESSENTIAL = ("twinmind_health", "twinmind_account", "service_health", "service_metrics")
WITH_KEY = ("twinmind_health_with_key", "twinmind_account")
TWINMIND = ("twinmind_health", *WITH_KEY)
SERVICE = ("service_health", "service_twinmind_health")
# They look at the pager, at our spare keys and at what is around: trouble there is told, but is not the incident.
ASIDE = ("upstream_incident", "upstream_on_call", "twinmind_standby_key", "infrastructure_alarms")
BAD = (FindingStatus.DEGRADED, FindingStatus.FAILED)


class Evidence:
    def __init__(self, findings: Sequence[Finding], runbook: Runbook) -> None:
        self.runbook = runbook
        self.limits = runbook.thresholds
        self.findings: dict[str, Finding] = {}
        for finding in sorted(findings, key=lambda one: (one.at, json.dumps(one.dump(), sort_keys=True, default=str))):
            self.findings[finding.probe] = finding

    def status(self, probe: str) -> FindingStatus:
        found = self.findings.get(probe)
        return found.status if found else FindingStatus.UNKNOWN

    def word(self, probe: str, name: str) -> str | None:
        value = self._measured(probe, name)
        return value if isinstance(value, str) else None

    def number(self, probe: str, name: str) -> float | None:
        value = self._measured(probe, name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def flag(self, probe: str, name: str) -> bool:
        return self._measured(probe, name) is True

    def denies(self, probe: str, name: str) -> bool:
        return self._measured(probe, name) is False

    def words(self, probe: str, name: str) -> tuple[str, ...]:
        value = self._measured(probe, name)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()

    def _measured(self, probe: str, name: str) -> object:
        found = self.findings.get(probe)
        return found.measurements.get(name) if found else None

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(probe for probe in ESSENTIAL if self.status(probe) is FindingStatus.UNKNOWN)

    @property
    def bad(self) -> tuple[str, ...]:
        return tuple(sorted(name for name, one in self.findings.items() if name not in ASIDE and one.status in BAD))

    @property
    def is_quiet(self) -> bool:
        return not self.bad and all(self.status(probe) is FindingStatus.OK for probe in ESSENTIAL)

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
        heard = {word for probe in TWINMIND if (word := self.word(probe, "answer"))}
        return heard == {"silent"}

    @property
    def faults(self) -> frozenset[str]:
        return frozenset(fault for probe in TWINMIND if (fault := self.word(probe, "fault")))

    @property
    def announced(self) -> str:
        return self.word("twinmind_status_page", "announced") or "none"

    @property
    def announces_outage(self) -> bool:
        return self.announced in ("major", "critical")

    @property
    def egress_works(self) -> bool:
        """Somebody else outside answered, with whatever status."""
        others = ("twinmind_status_page", "upstream_incident")
        return any(self.number(probe, "http_status") is not None for probe in others)

    @property
    def from_service_network(self) -> bool:
        return any(self.findings[probe].seen_from == "service_network" for probe in TWINMIND if probe in self.findings)

    @property
    def standby(self) -> str | None:
        """passing, refused, none; None where that could not be seen."""
        return self.word("twinmind_standby_key", "standby")

    @property
    def slow_answers(self) -> tuple[str, ...]:
        edge = self.limits.latency_p95_seconds * 1000
        return tuple(
            probe
            for probe in TWINMIND
            if self.answered("accepted", by=probe) and (self.number(probe, "latency_ms") or 0) > edge
        )

    @property
    def is_fast(self) -> bool:
        took = self.number("twinmind_account", "latency_ms")
        return self.works_with_our_key and took is not None and not self.slow_answers

    # Our service

    def counted(self, name: str) -> float:
        return self.number("service_metrics", name) or 0

    def is_share(self, name: str) -> bool:
        """At least one call was counted under `name`, and they are more than the odd one."""
        total, amount = self.number("service_metrics", "transcriptions"), self.counted(name)
        return total is not None and amount >= 1 and amount >= total * self.limits.error_ratio_minor

    @property
    def error_ratio(self) -> float | None:
        return self.number("service_metrics", "error_ratio")

    def fails_beyond(self, share: float) -> bool:
        """More than the odd transcription fails, and that share of them: one of three is not yet a third."""
        enough = self.counted("transcriptions_failed") >= self.limits.failures_for_impact
        return enough and (self.error_ratio or 0) >= share

    @property
    def thrives(self) -> bool:
        """Transcriptions were seen to work, and nothing about the service's numbers is wrong."""
        return self.status("service_metrics") is FindingStatus.OK and self.counted("transcriptions") >= 1

    @property
    def latency_is_high(self) -> bool:
        value = self.number("service_metrics", "latency_p95_seconds")
        return value is not None and value > self.limits.latency_p95_seconds

    @property
    def is_strained(self) -> bool:
        return (
            self.least("service_metrics", "cpu_ratio", self.limits.cpu_ratio_high)
            or self.least("service_metrics", "memory_ratio", self.limits.memory_ratio_high)
            or self.least("service_metrics", "queue_depth", self.limits.queue_depth_high)
        )

    @property
    def is_at_ease(self) -> bool:
        """CPU, memory and (where there is one) the queue were seen, and nothing is high."""
        seen = [self.number("service_metrics", name) is not None for name in ("cpu_ratio", "memory_ratio")]
        queue = self.denies("service_metrics", "queue_exposed") or self.least("service_metrics", "queue_depth", 0)
        return all(seen) and queue and not self.is_strained

    def service_is(self, *statuses: FindingStatus) -> bool:
        return self.status("service_health") in statuses

    def service_meets(self, *codes: int) -> bool:
        """Our service's own check of TwinMind fails or warns with one of these HTTP statuses."""
        return any(self.number(probe, "twinmind_http_status") in codes for probe in SERVICE)

    @property
    def service_is_not_answered(self) -> bool:
        return any(self.flag(probe, "twinmind_silent") for probe in SERVICE) or self.is_share("unanswered")

    @property
    def service_cannot_use_twinmind(self) -> bool:
        return any(self.word(probe, "twinmind_check") == "fail" for probe in SERVICE)

    def least(self, probe: str, name: str, edge: float) -> bool:
        value = self.number(probe, name)
        return value is not None and value >= edge

    def is_low(self, probe: str, name: str) -> bool:
        value = self.number(probe, name)
        return value is not None and value < self.limits.rate_limit_remaining_low
