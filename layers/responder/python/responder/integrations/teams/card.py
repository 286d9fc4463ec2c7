"""An update as an Adaptive Card for a Teams workflow. Pure.

Text runs do not support Markdown, so an alert cannot create links or headings; rich text needs version 1.2
(adaptivecards.io/explorer). Teams allows about 28 KB a message and six buttons (learn.microsoft.com, "Create and send
messages", "Card actions").
"""

import json
from collections.abc import Iterator
from typing import Any

from responder.clients.responses import Json
from responder.domain.diagnosis import Severity
from responder.domain.update import Kind, Link, Update, clock_time, shortened

SIZE_LIMIT = 28_000  # bytes
MOST_BUTTONS = 6
_COLOUR = {Severity.P1: "Attention", Severity.P2: "Attention", Severity.P3: "Warning", Severity.P4: "Warning"}
_CALM = (Kind.MITIGATED, Kind.RESOLVED, Kind.REPORT)
# Characters per text and texts per section, tried in order until it fits; the last always does.
_LIMITS = ((4000, 40), (1000, 20), (400, 12), (150, 8))


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
