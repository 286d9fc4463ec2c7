"""Sentences that are added to a rule's own reason: what an engineer must know before acting. Pure."""

from collections.abc import Iterator

from responder.diagnosis.evidence import WITH_KEY, Evidence
from responder.diagnosis.service import METRICS
from responder.domain.diagnosis import Cause, Verdict

_SETTINGS = "check endpoints.twinmind (base_url, the paths, auth_header, auth_scheme) and the key's secret first"
# For each measurement: its name for people, its format, and the least difference that counts.
_TRENDS = (
    ("error_ratio", "Failures", "{:.0%}", 0.05),
    ("rate_limited", "Refusals for the rate limit (429)", "{:.0f}", 1),
    ("latency_p95_seconds", "Slow calls (P95)", "{:.1f} s", 1.0),
)
_BLAMED = (Verdict.THEIRS, Verdict.KEY, Verdict.UNKNOWN)


def decisive(e: Evidence, cause: Cause) -> Iterator[str]:
    if e.was_deployed and cause is not Cause.NO_FAULT:
        yield f"A deployment came shortly before: {e.findings['service_workload'].summary}"
    if e.thrives and cause.verdict in _BLAMED and cause is not Cause.KEY_LEAKED:
        yield from _traffic(e, cause)
    if cause is Cause.KEY_REJECTED and e.standby in ("none", "unusable"):
        yield "No standby key is staged that could be used: a person must bring one."
    seconds = e.number("twinmind_rate_limit", "retry_after_seconds")
    if cause is Cause.RATE_LIMITED and seconds is not None:
        yield f"TwinMind asks us to come back in {seconds:.0f} s (Retry-After)."
    if cause is Cause.UNKNOWN:
        yield from _way(e)
    elif cause is Cause.NO_FAULT:
        yield from _rare(e)
    else:
        yield from _trend(e, cause)


def _traffic(e: Evidence, cause: Cause) -> Iterator[str]:
    """Our service's calls succeed. If only our probes are refused or get another's answer, our settings are wrong."""
    if any(e.answered("refused", "forbidden", "odd", by=probe) for probe in WITH_KEY):
        yield f"TwinMind refuses our probes only, which contradicts our own calls: they succeed. So {_SETTINGS}."
    elif cause is not Cause.UNKNOWN and not e.latency_is_high:
        yield "This contradicts our own calls, which succeed."


def _trend(e: Evidence, cause: Cause) -> Iterator[str]:
    """Says whether a figure spikes or increases, as the runbook's symptoms call it (S-34, S-66)."""
    for name, words, form, least in _TRENDS:
        present, usual, before = (e.number(METRICS, f"{when}{name}") for when in ("", "usual_", "before_"))
        if present is None or (cause is Cause.RATE_LIMITED) is not (name == "rate_limited"):
            continue
        if usual is not None and present >= max(2 * usual, usual + least):
            known = f"{form.format(present)} now, {form.format(usual)} at this hour of earlier days"
            yield f"{words} are spiking: {known}."
        elif usual is not None and least <= present <= usual:
            yield f"{words} are no more than at this hour of earlier days ({form.format(usual)}): it may be no news."
        elif usual is None and before is not None and present >= before + least:
            yield f"{words} are increasing: {form.format(present)} now, {form.format(before)} before."


def _way(e: Evidence) -> Iterator[str]:
    if e.control_is_slow:
        yield "Another host outside is slow too, so the way there may be, and not TwinMind."
    if e.is_silent_everywhere and not e.from_service_network:
        known = {word for probe in ("twinmind_health", "twinmind_account") if (word := e.word(probe, "fault"))}
        faults = ", ".join(sorted(known)) or "no answer"
        yield f"TwinMind cannot be reached from the function ({faults}); that says nothing about our service's network."


def _rare(e: Evidence) -> Iterator[str]:
    if not e.has_odd_errors_only:
        return
    failed, total = e.counted("transcriptions_failed"), e.counted("transcriptions")
    if failed:
        edge = f"below the {e.limits.error_ratio_minor:.0%} that count"
        yield f"Harmless: {failed:.0f} of {total:.0f} transcriptions failed, {edge}."
    if e.is_low(METRICS, "rate_limit_remaining"):
        ours, theirs = e.number(METRICS, "rate_limit_remaining"), e.number("twinmind_rate_limit", "remaining")
        yield f"Our own figure of the rate limit, {ours:.0f} left, is out of date: TwinMind says {theirs:.0f}."
