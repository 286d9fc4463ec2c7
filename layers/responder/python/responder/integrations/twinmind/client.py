"""TwinMind calls for probes, and their answers (docs/twinmind.md#general, #endpoints, #error-codes)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import inner
from responder.contracts.probe import LONG_TIMEOUT_SECONDS, ProbeContext, exchange, seconds
from responder.domain.finding import FindingStatus

PLANS = ("free", "pro", "enterprise")
# Words in the health body, which may contradict the status code.
WELL = {"ok", "healthy", "up", "pass", "operational"}

# TwinMind's support needs it (docs/twinmind.md#support). Another form could be a credential and is dropped.
_REQUEST_ID = re.compile(r"req[_-][A-Za-z0-9-]{4,36}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS = {401: "refused", 403: "forbidden", 429: "limited"}


@dataclass(frozen=True)
class Reply:
    """`word`: accepted, refused, forbidden, limited, erring, silent, unsent (it never left) or odd."""

    answer: Response | NoAnswer
    word: str

    @property
    def measurements(self) -> dict[str, Any]:
        page = True if isinstance(self.answer, Response) and self.answer.is_page else None
        known = _REQUEST_ID.fullmatch(self.answer.headers.get("x-request-id", ""))
        return {"answer": self.word, "page": page, "request_id": known and known[0], **exchange(self.answer)}

    @property
    def took(self) -> str:
        return seconds(self.answer.ms)


async def call_twinmind(
    ctx: ProbeContext,
    path: str,
    *,
    key: str | None = None,
    method: str = "GET",
    json: Mapping[str, Any] | None = None,
    limit: float = LONG_TIMEOUT_SECONDS,
) -> Reply:
    """With `key` if given. Does not follow redirects: they would receive the key."""
    twinmind = ctx.runbook.endpoints.twinmind
    headers = twinmind.headers(key) if key else None
    answer = await ctx.call(method, twinmind.base_url + path, headers=headers, json=json, seconds=limit)
    return Reply(answer, _word(answer))


async def call_account(ctx: ProbeContext, key: str, *, limit: float = LONG_TIMEOUT_SECONDS) -> Reply:
    """`/v1/me` with `key`. Only a JSON object shows that TwinMind checked the key; any proxy can return 200."""
    reply = await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.account_path, key=key, limit=limit)
    if reply.word == "accepted" and not isinstance(reply.answer.json(), dict):
        return Reply(reply.answer, "odd")
    return reply


def plan_of(body: Any) -> str | None:
    """The account's tier in `/me` or `/account/limits` (docs/twinmind.md#tiers), or None."""
    plan = inner(body, "plan")
    return plan.lower() if isinstance(plan, str) and plan.lower() in PLANS else None


def _word(answer: Response | NoAnswer) -> str:
    if isinstance(answer, NoAnswer):
        return "unsent" if answer.kind == "unsent" else "silent"
    if answer.is_page and answer.status < 500:
        return "odd"  # a proxy's or captive portal's page is not TwinMind's answer, whatever its status
    if answer.ok:
        return "accepted"
    return _WORDS.get(answer.status, "erring" if answer.status >= 500 else "odd")


def is_slow(ctx: ProbeContext, reply: Reply) -> bool:
    return reply.answer.ms > ctx.runbook.thresholds.latency_p95_seconds * 1000


def finding_of(ctx: ProbeContext, reply: Reply, who: str) -> tuple[FindingStatus, str]:
    """Status and sentence for an answer where the key does not matter. `who` begins the sentence."""
    if reply.word == "accepted":
        return _judged_well(ctx, reply, who)
    if reply.word == "silent":
        return FindingStatus.FAILED, f"{who} did not answer: {reply.answer.said} ({reply.took})."
    if reply.word == "unsent":
        return FindingStatus.UNKNOWN, f"{who} was not asked: {reply.answer.said}."
    if reply.word == "limited":
        return FindingStatus.DEGRADED, f"{who} limits us: HTTP 429 in {reply.took}."
    if reply.word == "erring":
        return FindingStatus.FAILED, f"{who} fails with {reply.answer.said} in {reply.took}."
    return FindingStatus.UNKNOWN, f"{who} gave an answer that says nothing: {reply.answer.said}."


def _judged_well(ctx: ProbeContext, reply: Reply, who: str) -> tuple[FindingStatus, str]:
    word = inner(reply.answer.json(), "status")
    if isinstance(word, str) and word.lower() not in WELL:
        return FindingStatus.DEGRADED, f"{who} answers {reply.answer.said}, but does not call itself healthy."
    if is_slow(ctx, reply):
        return FindingStatus.DEGRADED, f"{who} answers, but takes {reply.took}."
    return FindingStatus.OK, f"{who} answers in {reply.took}."
