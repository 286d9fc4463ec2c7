"""How much of the rate limit is left? Headers of a HEAD on the health endpoint (runbook S-31, S-69)."""

from responder.adapters.http import Answer
from responder.probes.look import BRISK, Look
from responder.probes.twinmind import Reply, ask
from responder.words import Finding, FindingStatus

NAME = "twinmind_rate_limit"


async def probe(look: Look) -> Finding:
    """Measures `limit`, `remaining`, `reset_in_seconds`, `retry_after_seconds`, `answer`; no header, no figure."""
    key = await look.key.get()
    reply = await ask(look, look.runbook.endpoints.twinmind.health_path, key=key, method="HEAD", limit=BRISK)
    figures = _figures(look, reply)
    status, summary = _judged(look, reply, figures)
    return look.saw(NAME, status, summary, **reply.measurements, **figures)


def _figures(look: Look, reply: Reply) -> dict[str, int | None]:
    headers = reply.answer.headers if isinstance(reply.answer, Answer) else {}
    prefix = look.runbook.endpoints.twinmind.rate_limit_header_prefix.lower()
    reset = _whole(headers.get(f"{prefix}reset"))
    return {
        "limit": _whole(headers.get(f"{prefix}limit")),
        "remaining": _whole(headers.get(f"{prefix}remaining")),
        "reset_in_seconds": None if reset is None else max(0, reset - int(look.now.timestamp())),
        "retry_after_seconds": _whole(headers.get("retry-after")),
    }


def _judged(look: Look, reply: Reply, figures: dict[str, int | None]) -> tuple[FindingStatus, str]:
    remaining, limit = figures["remaining"], figures["limit"]
    left = f"{remaining} of {'an unknown number' if limit is None else limit} requests are left in this minute"
    if reply.word == "limited" or remaining == 0:
        return FindingStatus.FAILED, "TwinMind's rate limit is used up" + ("." if remaining is None else f": {left}.")
    if remaining is None:
        # The pack assumes 60 where the header is missing; nothing says that there are 60.
        return FindingStatus.UNKNOWN, f"TwinMind did not say how much of the rate limit is left ({reply.status_text})."
    if remaining < look.runbook.thresholds.rate_limit_remaining_low:
        return FindingStatus.DEGRADED, f"Only {left}."
    return FindingStatus.OK, f"{left[0].upper()}{left[1:]}."


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.strip().isdecimal() and len(text) < 16 else None
