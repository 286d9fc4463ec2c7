"""Our rate limit at TwinMind, from the findings of one probe run. Pure.

Nothing is assumed. A tier's published limit (docs/twinmind.md#tiers) is used only if the tier is known. The client's
default of 60, for a missing header, is never used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from responder.config.runbook import Runbook
from responder.diagnosis.measured import Measured
from responder.domain.finding import Finding


@dataclass(frozen=True)
class Quota:
    """`limit`: in requests a minute. `source`: where the limit is from. Both are None if the limit is unknown.

    `requests_per_minute`, `refused`: from the service's counters over `window_seconds`.
    """

    limit: int | None = None
    source: str | None = None
    tier: str | None = None
    requests_per_minute: int | None = None
    refused: int | None = None
    window_seconds: float | None = None


def quota_of(findings: Sequence[Finding], runbook: Runbook) -> Quota:
    seen = Measured(findings)
    tier = (seen.word("twinmind_limits", "plan") or runbook.service_flags.tier or "").lower() or None
    limit, source = _limit(seen, runbook, tier)
    return Quota(
        limit=limit,
        source=source,
        tier=tier,
        requests_per_minute=_whole(seen.number("service_metrics", "requests_per_minute")),
        refused=_whole(seen.number("service_metrics", "rate_limited")),
        window_seconds=seen.number("service_metrics", "window_seconds"),
    )


def _limit(seen: Measured, runbook: Runbook, tier: str | None) -> tuple[int | None, str | None]:
    header = f"{runbook.endpoints.twinmind.rate_limit_header_prefix}Limit"
    for limit, source in (
        (_whole(seen.number("twinmind_rate_limit", "limit")), f"TwinMind's header {header}"),
        (_whole(seen.number("twinmind_limits", "rate_limit_per_minute")), "TwinMind's /account/limits"),
        (runbook.service_flags.tier_limits.get(tier or ""), f"the published figure of the tier {tier}, not seen by us"),
    ):
        if limit is not None and limit > 0:
            return limit, source
    return None, None


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
