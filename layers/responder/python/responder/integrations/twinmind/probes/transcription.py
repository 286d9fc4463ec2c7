"""Whether a simple transcription works; only if enabled, because it costs money (S-37; docs/twinmind.md#transcribe)."""

from responder.clients.responses import mapping
from responder.contracts.probe import ProbeContext, seconds
from responder.domain.finding import Finding, FindingStatus
from responder.integrations.twinmind.client import Reply, call_twinmind, finding_of
from responder.integrations.twinmind.spare_calls import SKIPPED, take_calls

NAME = "twinmind_transcription"
# Statuses that refuse the audio, not the caller.
_ABOUT_THE_AUDIO = (400, 404, 413, 415, 422)


async def probe(ctx: ProbeContext) -> Finding:
    """Measures `configured`, `model`, `accepted` (a transcription began), `answer`; or `skipped_for`."""
    request = ctx.runbook.endpoints.twinmind.test_transcription
    if not request.enabled:
        return ctx.saw(NAME, FindingStatus.OK, "A test transcription is not configured.", configured=False)
    granted, key = await take_calls(ctx, 1), await ctx.key()
    if isinstance(granted, str):
        summary = f"No transcription was tried: {SKIPPED[granted]}."
        return ctx.saw(NAME, FindingStatus.OK, summary, configured=True, skipped_for=granted)
    if key is None:
        summary = "No transcription was tried: there is no current key."
        return ctx.saw(NAME, FindingStatus.UNKNOWN, summary, configured=True)
    body = {"audio_url": request.audio_url, "model": request.model, "async": True, "title": "probe"}
    reply = await call_twinmind(ctx, ctx.runbook.endpoints.twinmind.transcribe_path, key=key, method="POST", json=body)
    status, summary, accepted = _judged(ctx, reply)
    return ctx.saw(
        NAME, status, summary, configured=True, model=request.model[:20], accepted=accepted, **reply.measurements
    )


def _judged(ctx: ProbeContext, reply: Reply) -> tuple[FindingStatus, str, bool | None]:
    who, took = "TwinMind's transcription", seconds(reply.answer.ms)
    if reply.word == "accepted":
        body = mapping(reply.answer.json())
        if body.get("id") or body.get("transcript_id"):
            return FindingStatus.OK, f"{who} takes a test recording in {took}.", True
        return FindingStatus.UNKNOWN, f"{who} answers {reply.answer.said}, but names no transcript.", False
    if reply.word == "refused":
        return FindingStatus.FAILED, f"{who} refuses our key (HTTP 401) in {took}.", False
    if reply.answer.status in _ABOUT_THE_AUDIO:
        summary = f"TwinMind accepts our key and refuses the test audio ({reply.answer.said}, {took}): it is up."
        return FindingStatus.OK, summary, False
    return *finding_of(ctx, reply, who), False
