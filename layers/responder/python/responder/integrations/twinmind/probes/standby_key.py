"""Whether another key works: each staged key on `/v1/me` until one passes (runbook S-38)."""

from responder.contracts.probe import LONG_TIMEOUT_SECONDS, ProbeContext
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import call_account

MOST = 5


async def probe(ctx: ProbeContext) -> Finding:
    staged, current = await ctx.standby(), await ctx.key()
    others = [place for place, key in enumerate(staged) if key != current]
    places, counts = others[:MOST], {"staged": len(staged), "skipped": len(staged) - len(others)}
    if not staged and (flaw := await ctx.flaw("standby")):
        summary = f"The list of standby keys cannot be used: {flaw}. A rotation needs a person."
        return ctx.saw(FindingStatus.DEGRADED, summary, standby="unusable", tried=0, **counts)
    if not places:
        why = f"{counts['skipped']} of the staged ones is the current key" if counts["skipped"] else "the list is empty"
        summary = f"No standby key is staged ({why}): a rotation needs a person."
        return ctx.saw(FindingStatus.DEGRADED, summary, standby="none", tried=0, **counts)
    words: list[str] = []
    for place in places:
        reply = await call_account(ctx, staged[place], limit=LONG_TIMEOUT_SECONDS)
        words.append(reply.word)
        if reply.word == "accepted":
            summary = f"Standby key {place + 1} of {len(staged)} is accepted by TwinMind."
            index = {"standby": "passing", "passing_index": place, "tried": len(words)}
            return ctx.saw(FindingStatus.OK, summary, **index, **counts)
        if reply.word == "limited":
            break  # the limit is the account's: another key would only spend more of it
    return _none_passes(ctx, words, counts)


def _none_passes(ctx: ProbeContext, words: list[str], counts: dict[str, int]) -> Finding:
    tried = len(words)
    if set(words) == {"unsent"}:
        summary = f"No standby key that was tried ({tried}) can be sent: each holds a character that HTTP cannot carry."
        return ctx.saw(FindingStatus.DEGRADED, summary, standby="unusable", tried=tried, **counts)
    if set(words) <= {"refused", "unsent"}:
        summary = f"TwinMind refuses every standby key that was tried ({tried})."
        return ctx.saw(FindingStatus.FAILED, summary, standby="refused", tried=tried, **counts)
    summary = f"No standby key could be judged: {tried} tried, {words.count('refused')} refused, the rest unanswered."
    return ctx.saw(FindingStatus.UNKNOWN, summary, tried=tried, **counts)
