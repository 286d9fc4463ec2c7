"""Slack's Web API: HTTP 200 with `ok: false` is a failure, and so is an answer that is not JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import mapping, retry_after
from responder.context import IncidentContext
from responder.contracts.channel import Failed
from responder.domain.redact import redact
from responder.integrations.slack.settings import Settings

TIME_LIMIT = 3.0
# Slack's temporary errors; a retry does not help for any other.
_PASSING = ("ratelimited", "service_unavailable", "internal_error", "fatal_error", "request_timeout")

# Errors for a token that was replaced or revoked.
_NOT_ACCEPTED = ("invalid_auth", "token_revoked", "token_expired", "not_authed", "account_inactive")


@dataclass(frozen=True)
class Said:
    """Slack's answer with `ok: true`."""

    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def call(
    ctx: IncidentContext, method: str, given: dict[str, Any], *, reads: bool = False, timeout: float | None = None
) -> Said | Failed:
    url = f"{ctx.runbook.vendors.of(Settings).api_url}/{method}"
    limit = timeout or TIME_LIMIT

    def send(token: str) -> Response | NoAnswer:
        headers = {"Authorization": f"Bearer {token}"}
        if reads:
            return ctx.http.call("GET", url, headers=headers, params=given, timeout=limit)
        return ctx.http.call("POST", url, headers=headers, json=given, timeout=limit)

    answer = ctx.call_as("slack", send, lambda found: mapping(found.json()).get("error") in _NOT_ACCEPTED)
    if isinstance(answer, NoAnswer):
        return Failed(answer.sentence)
    if answer.status == 429 or answer.status >= 500:
        return Failed(f"HTTP {answer.status}", pause=retry_after(answer.headers, 1.0))
    body = mapping(answer.json())
    if body.get("ok") is True:
        return Said(body, answer.headers)
    if not body.get("error"):
        # With a success status Slack may have acted: the next attempt looks for the message first.
        return Failed(f"HTTP {answer.status} without Slack's JSON", again=answer.ok)
    error = str(body["error"])
    return Failed(redact(error[:1000])[:80], again=error in _PASSING)
