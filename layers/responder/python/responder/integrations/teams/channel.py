"""Microsoft Teams, by a workflow that starts "when a Teams webhook request is received"; an update is an Adaptive Card.

The URL is the secret. Messages cannot be edited or found: no progress, and at-least-once delivery.

Text runs do not support Markdown, so an alert cannot create links or headings; rich text needs version 1.2
(adaptivecards.io/explorer). Teams allows about 28 KB a message and six buttons (learn.microsoft.com, "Create and send
messages", "Card actions").
"""

import json
from collections.abc import Iterator
from typing import Any

from responder.clients.responses import NOT_ITS_OWN, Json, refused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, SendResult, Sent, failed
from responder.domain.diagnosis import Severity
from responder.domain.update import Kind, Link, Update, clock_time, shortened
from responder.notifications.concurrent_incidents import TOO_LATE, is_too_late

TIME_LIMIT = 3.0
CREDENTIAL = "teams"
# Hosts of Power Automate, and of Azure Logic Apps, whose addresses Microsoft replaces by Power Automate's.
HOSTS = (".environment.api.powerplatform.com", ".logic.azure.com")
# A workflow's default answer: it posts the message later.
TAKEN = 202
_JSON = {"Content-Type": "application/json; charset=utf-8"}
SIZE_LIMIT = 28_000  # bytes
MOST_BUTTONS = 6
_COLOUR = {Severity.P1: "Attention", Severity.P2: "Attention", Severity.P3: "Warning", Severity.P4: "Warning"}
_CALM = (Kind.MITIGATED, Kind.RESOLVED, Kind.REPORT)
# Characters per text and texts per section, tried in order until it fits; the last always does.
_LIMITS = ((4000, 40), (1000, 20), (400, 12), (150, 8))


class TeamsChannel(Channel):
    name = "teams"
    title = "Microsoft Teams"
    kinds = frozenset(Kind) - {Kind.OPENED, Kind.PROGRESS}

    def missing(self, ctx: IncidentContext) -> str | None:
        has_address = ctx.credentials.of(CREDENTIAL)
        return None if has_address else "Teams has no workflow's address (vendor credentials, teams)"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        if is_too_late(ctx, update):
            return NotSent(TOO_LATE)
        address = ctx.secret_address(CREDENTIAL, HOSTS)
        answer = ctx.http.call("POST", address, json=body_of(update), headers=_JSON, timeout=TIME_LIMIT)
        if not answer.ok:
            return failed(refused(answer))
        return Sent("given to the workflow") if answer.status == TAKEN else Failed(NOT_ITS_OWN)


def body_of(update: Update) -> bytes:
    """The message as UTF-8 JSON, cut to the size limit."""
    for length, most in _LIMITS:
        body = json.dumps(_message(update, length, most), ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) <= SIZE_LIMIT:
            break
    return body


def _message(update: Update, length: int, most: int) -> Json:
    page = [Link(text="Incident page", url=update.page)] if update.page else []
    card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.2",
        "fallbackText": shortened(update.headline, length),
        "body": list(_blocks(update, length, most)),
        "actions": [
            {"type": "Action.OpenUrl", "title": shortened(link.text, 100), "url": link.url}
            for link in [*page, *update.links][:MOST_BUTTONS]
        ],
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _blocks(update: Update, length: int, most: int) -> Iterator[Json]:
    colour = "Good" if update.kind in _CALM else _COLOUR.get(update.severity or Severity.P1, "Attention")
    yield _text(shortened(update.headline, length), size="Large", weight="Bolder", color=colour)
    sections = [("What we know", update.known), ("What we do", update.doing)]
    sections += [(update.question.title, update.question.lines)] if update.question else []
    for title, sentences in [*sections, ("What we need from you", update.need_from_people)]:
        if sentences:
            yield _text(shortened(title, length), weight="Bolder")
        yield from (_text(f"• {shortened(sentence, length)}") for sentence in sentences[:most])
        if len(sentences) > most:
            yield _text(f"… and {len(sentences) - most} more: see the links.")
    yield from (_text(shortened(command, length), fontType="Monospace") for command in update.commands[:most])
    if update.next_update_by:
        yield _text(f"Next update by {clock_time(update.next_update_by)}.", isSubtle=True)


def _text(text: str, **style: Any) -> Json:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text} | style]}
