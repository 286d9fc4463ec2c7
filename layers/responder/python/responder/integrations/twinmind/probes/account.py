"""Whether TwinMind accepts our current key: `/v1/me`, the runbook's key test (S-84, S-85)."""

from responder.contracts.probe import ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.domain.secret_shape import unsendable
from responder.integrations.twinmind.client import Reply, call_account, finding_of, is_slow, plan_of


async def probe(ctx: ProbeContext) -> Finding:
    key = await ctx.key()
    if key is None:
        summary = "The secret has no current key, so the account cannot be read. "
        summary += f"Looked for: {_wanted(ctx.runbook.endpoints.twinmind.key_json_field)}. "
        summary += f"Found: {await ctx.flaw('key') or 'no value'}."
        return ctx.saw(FindingStatus.FAILED, summary, key_present=False)
    twinmind = ctx.runbook.endpoints.twinmind
    reply = await call_account(ctx, key)
    status, summary = _judged(ctx, reply, key)
    about = {"key_present": True, "key_format_ok": key.startswith(twinmind.key_prefix)}
    plan = plan_of(reply.answer.json()) if reply.word == "accepted" else None
    return ctx.saw(status, summary, plan=plan, **about, **reply.measurements)


def _wanted(field: str | None) -> str:
    if field is None:
        return "plain text (where it is JSON, endpoints.twinmind.key_json_field says which field holds the key)"
    return f"JSON with the key under {field} (endpoints.twinmind.key_json_field)"


def _judged(ctx: ProbeContext, reply: Reply, key: str) -> tuple[FindingStatus, str]:
    if reply.word == "unsent":
        why = unsendable(key) or "an address or header that HTTP cannot carry"
        return FindingStatus.FAILED, f"TwinMind was not asked: our current key holds {why}."
    if reply.word == "refused":
        return FindingStatus.FAILED, f"TwinMind refuses our current key: HTTP 401 from /v1/me in {reply.took}."
    if reply.word == "forbidden":
        return FindingStatus.FAILED, f"TwinMind knows our key but forbids the account: HTTP 403 in {reply.took}."
    if reply.word == "accepted" and not is_slow(ctx, reply):
        return FindingStatus.OK, f"TwinMind accepts our current key ({reply.took})."
    return finding_of(ctx, reply, "TwinMind's /v1/me")
