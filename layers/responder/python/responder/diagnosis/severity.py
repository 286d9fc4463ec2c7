"""Severity and user impact, from what was seen. Pure.

They do not depend on the cause: further bad findings may change the cause, but must never lower the severity.
"""

from datetime import UTC, datetime

from responder.diagnosis.evidence import TWINMIND, WITH_KEY, Evidence
from responder.diagnosis.service import METRICS
from responder.domain.diagnosis import Severity
from responder.domain.finding import FindingStatus

SMALL_SHARE = 0.01


def severity(e: Evidence) -> Severity:
    """Runbook S-6 to S-9: P1 all or most fails, P2 a major part, P3 slow or doubtful, P4 occasional errors."""
    if _stops_all(e) or e.is_marked_leaked or e.mostly_fails:
        return Severity.P1
    theirs = _is_theirs_to_stop(e) or e.answered("forbidden")
    if (theirs and not e.thrives) or e.is_down or _our_check_is_red(e) or _is_major(e) or e.is_blind:
        return Severity.P2
    announced = e.announced != "none" and not (e.announced == "maintenance" and e.thrives)
    by_users = e.is_share("user_errors")
    doubtful = e.bad or e.missing or announced or e.platform_doubts or by_users
    return Severity.P3 if doubtful else Severity.P4


def _stops_all(e: Evidence) -> bool:
    """Something stops every transcription, and no figures show that they work. If some were seen to succeed, their
    share decides instead of the service's own check.
    """
    # One failed call is enough here, because TwinMind's 429 explains it.
    limited = e.answered("limited") and (e.error_ratio or 0) >= 1
    stops = (_is_theirs_to_stop(e) and not _is_contradicted(e)) or e.is_down
    return (stops and not e.thrives) or (_our_check_is_red(e) and not e.succeeds) or limited


def _is_contradicted(e: Evidence) -> bool:
    """TwinMind refuses our key here, but our service is well, and its own check says that TwinMind accepts its key."""
    served = e.service_is(FindingStatus.OK) and e.own_check_passes and not e.service_cannot_use_twinmind
    return served and not _fails(e)


def _fails(e: Evidence) -> bool:
    return any(e.answered("silent", "erring", by=probe) for probe in (*TWINMIND, "twinmind_transcription"))


def _our_check_is_red(e: Evidence) -> bool:
    return e.service_is(FindingStatus.FAILED) or e.service_cannot_use_twinmind


def _is_theirs_to_stop(e: Evidence) -> bool:
    return (_fails(e) and not e.outlasts_us) or any(e.answered("refused", "unsent", by=probe) for probe in WITH_KEY)


def _is_major(e: Evidence) -> bool:
    return (
        e.fails_beyond(e.limits.error_ratio_minor)
        or e.is_share("rate_limited")
        or e.is_limited_here
        or e.denies("twinmind_account", "key_present")
        or (e.announces_outage and not e.thrives)
        or e.summaries_fail
        or e.is_stalled
    )


def affected(e: Evidence) -> tuple[str, ...]:
    """Which functions of ours fail, or must fail: transcriptions, summaries."""
    transcriptions = e.fails_beyond(e.limits.error_ratio_minor) or _stops_all(e)
    names = {"transcriptions": transcriptions, "summaries": e.summaries_fail}
    return tuple(name for name, hurt in names.items() if hurt)


def impact(e: Evidence, since: datetime, *, is_explained: bool = False) -> str | None:
    """A sentence on the user impact; None if no finding shows any. `since`: when the alert came.

    `is_explained`: a cause is known, so even a small share of failures is not chance.
    """
    began = f", since {since.astimezone(UTC):%H:%M} UTC or before"
    failed, total = e.counted("transcriptions_failed"), e.counted("transcriptions")
    if e.fails_beyond(SMALL_SHARE if is_explained else e.limits.error_ratio_minor):
        seen = f"{_share(failed, total)} transcriptions failed while we watched{_rate(e)}{began}."
        return f"{seen}{_in_all(e)}"
    if e.counted("summaries_failed") >= e.limits.failures_for_impact and e.summaries_fail:
        summaries = _share(e.counted("summaries_failed"), e.counted("summaries"))
        return f"{summaries} summaries failed while we watched{began}."
    if e.service_cannot_use_twinmind and not e.thrives:
        return f"Our service says that it cannot use TwinMind{began}: no transcription can be made."
    if e.is_down and not e.is_cut_off:
        return f"Our service does not work at all{began}."
    if "queue" in e.strained and e.latency_is_high:
        waiting, takes = e.number(METRICS, "queue_depth"), e.number(METRICS, "latency_p95_seconds")
        return f"{waiting:.0f} requests wait in our service, and calls take {takes:.1f} s and more{began}."
    return None


def _in_all(e: Evidence) -> str:
    """How many transcriptions failed since the start and, if the service counts them, how many users are affected."""
    start, users = e.word(METRICS, "since"), e.number(METRICS, "users_affected")
    failed, total = e.counted("since_transcriptions_failed"), e.counted("since_transcriptions")
    if start is None or failed <= e.counted("transcriptions_failed"):
        return f" {users:.0f} users are affected." if users else ""
    known = f", {users:.0f} users are affected" if users else ""
    return f" In all {_share(failed, total)} failed since {datetime.fromisoformat(start):%H:%M} UTC{known}."


def _share(failed: float, total: float) -> str:
    return f"{failed:.0f} of {total:.0f} ({failed / total:.0%})" if total else f"{failed:.0f}"


def _rate(e: Evidence) -> str:
    rate = e.number(METRICS, "requests_per_minute")
    return f", at about {rate:.0f} requests a minute" if rate else ""
