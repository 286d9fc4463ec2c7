"""Our service's own health, and its view of TwinMind with its own key (runbook S-15, S-27, S-28).

Reads `status` and `checks[]` of its answers (docs/twinmind.md#health).
"""

import re
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import inner, listed
from responder.contracts.probe import SHORT_TIMEOUT_SECONDS, ProbeContext, exchange, seconds
from responder.domain.finding import Finding, FindingStatus

_WORDS = (
    dict.fromkeys(("healthy", "ok", "pass", "up"), FindingStatus.OK)
    | dict.fromkeys(("degraded", "warn", "warning"), FindingStatus.DEGRADED)
    | dict.fromkeys(("unhealthy", "fail", "failed", "down", "error", "critical"), FindingStatus.FAILED)
)
_HTTP = re.compile(r"\bHTTP (\d{3})\b")
_REFUSED = re.compile(r"invalid api key|AUTH_FAILED|\bunauthori[sz]ed\b", re.IGNORECASE)
_SILENT = re.compile(
    r"no answer|request failed|fetch failed|timed? ?out|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|CONNECTION_REFUSED",
    re.IGNORECASE,
)


async def own(ctx: ProbeContext) -> Finding:
    return await _check(ctx, ctx.runbook.endpoints.service.health_path)


async def of_twinmind(ctx: ProbeContext) -> Finding:
    return await _check(ctx, ctx.runbook.endpoints.service.twinmind_health_path)


async def _check(ctx: ProbeContext, path: str) -> Finding:
    base = ctx.runbook.endpoints.service.base_url
    if base is None:
        summary = "Our service's address is not configured, so this was skipped."
        return ctx.saw(FindingStatus.UNKNOWN, summary, configured=False)
    answer = await ctx.call("GET", base + path, seconds=SHORT_TIMEOUT_SECONDS)
    if isinstance(answer, NoAnswer):
        return _silent(ctx, path, answer)
    measured = _checks(ctx, answer.json())
    word = _word(answer)
    status = _status(answer, word)
    summary = _sentence(path, answer, status, measured)
    return ctx.saw(status, summary, configured=True, health=word, **measured, **exchange(answer))


def _silent(ctx: ProbeContext, path: str, answer: NoAnswer) -> Finding:
    # A name that does not resolve here shows our location's problem, not the service's; so does what was never sent.
    status = FindingStatus.UNKNOWN if answer.kind in ("dns", "unsent") else FindingStatus.FAILED
    summary = f"Our service did not answer on {path}: {answer.sentence} ({seconds(answer.ms)})."
    return ctx.saw(status, summary, configured=True, **exchange(answer))


def _word(answer: Response) -> str | None:
    word = inner(answer.json(), "status")
    return word.lower() if isinstance(word, str) and word.lower() in _WORDS else None


def _status(answer: Response, word: str | None) -> FindingStatus:
    if answer.status >= 500:  # a failure, even if the body says that all is well
        return FindingStatus.FAILED
    if word:
        return _WORDS[word]
    return FindingStatus.OK if answer.ok and not (answer.is_page or answer.cut) else FindingStatus.UNKNOWN


def _checks(ctx: ProbeContext, body: Any) -> dict[str, Any]:
    checks = listed(body, "checks")
    if not checks:
        return {}
    about_twinmind = [check for check in checks if ctx.runbook.integration in str(check.get("name")).lower()]
    failing = [check for check in checks if check.get("status") == "fail"]
    return {
        "checks_failing": len(failing),
        "checks_warning": len([check for check in checks if check.get("status") == "warn"]),
        "others_failing": len([check for check in failing if check not in about_twinmind]),
        **(_twinmind(about_twinmind[0]) if about_twinmind else {}),
    }


def _twinmind(check: dict[str, Any]) -> dict[str, Any]:
    status, message = check.get("status"), str(check.get("message") or "")
    code = _HTTP.search(message)
    refused = 401 if _REFUSED.search(message) else None
    return {
        "twinmind_check": status if status in ("pass", "warn", "fail") else None,
        "twinmind_http_status": int(code[1]) if code else refused,
        "twinmind_silent": status == "fail" and not code and bool(_SILENT.search(message)),
    }


def _sentence(path: str, answer: Response, status: FindingStatus, measured: dict[str, Any]) -> str:
    said = f"Our service's {path} answers {answer.said} in {seconds(answer.ms)}"
    if status is FindingStatus.OK:
        return f"{said} and calls itself healthy."
    if status is FindingStatus.UNKNOWN:
        return f"{said}, which says nothing about its health."
    about = {"fail": "; its own check of TwinMind fails", "warn": "; its own check of TwinMind warns"}
    checks = {"fail": measured.get("checks_failing"), "warn": measured.get("checks_warning")}
    told = [f"{number} of its checks {word}{'s' if number == 1 else ''}" for word, number in checks.items() if number]
    counts = f": {', '.join(told)}" if told else ""
    trouble = "unhealthy" if status is FindingStatus.FAILED else "degraded"
    twinmind = about.get(str(measured.get("twinmind_check")), "")
    code = f" (HTTP {measured['twinmind_http_status']})" if measured.get("twinmind_http_status") else ""
    return f"{said} and is {trouble}{counts}{twinmind}{code if twinmind else ''}."
