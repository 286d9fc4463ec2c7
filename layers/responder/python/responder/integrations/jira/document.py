"""The ticket's text: its description, which follows the incident, and its comments. Pure."""

import json
from collections.abc import Collection, Iterator
from dataclasses import replace

from responder.domain.redact import redact
from responder.domain.update import Kind, Update, shortened
from responder.integrations.jira.adf import Node, adf
from responder.notifications.messages.notification import NotificationContext
from responder.notifications.messages.plain import reference
from responder.report import page, sections
from responder.report.action_items import first_five_minutes, follow_ups
from responder.report.render.document import (
    Bullets,
    Checkbox,
    Checklist,
    Commands,
    Document,
    Line,
    Linked,
    Section,
    flat,
    listed,
    said,
    with_texts,
)

SUMMARY_LIMIT = 200
# Jira allows 32,767 characters in a text field, its own markup included.
TEXT_LIMIT = 30_000


def summary(history: NotificationContext) -> str:
    severity = f"{history.incident.severity}: " if history.incident.severity else ""
    return shortened(redact(flat(f"{severity}{history.incident.title}")).strip(), SUMMARY_LIMIT)


def description(history: NotificationContext, ticked: Collection[str] = ()) -> Node:
    """`ticked`: the boxes that people ticked; they stay ticked."""
    page_url = history.incident.page_url
    link = Linked("Incident page", page_url) if page_url else None
    return _fitting(with_texts(_description(history, ticked), redact), link)


def _description(history: NotificationContext, ticked: Collection[str]) -> Document:
    is_over = not history.incident.status.is_open
    found = (
        Section("What we need from you", page.needed(history)),
        Section("Diagnosis", sections.why(history) if history.incident.cause else ()),
        Section("Actions", sections.actions(history)),
        Section("First five minutes", (Checklist(_kept(first_five_minutes(history), ticked)),)),
        # Boxes, not sub-tasks: they need no issue type, no permission and send no ten mails.
        Section("Follow-ups", (Checklist(_kept((*follow_ups(history), LESSONS), ticked)),) if is_over else ()),
        sections.evidence(history),
    )
    whole = page.incident_page(history)
    # The ticket gets no progress, so a promised update time would not be kept here.
    facts = tuple(fact for fact in whole.facts if fact[0] != page.PROMISE)
    return Document(title=whole.title, facts=facts, sections=tuple(one for one in found if one.blocks))


def box_names(history: NotificationContext) -> set[str]:
    return {check.name for check in (*first_five_minutes(history), *follow_ups(history), LESSONS)}


LESSONS = Checkbox("todo-lessons", ("Write the lessons learned into the report, and share them.",))


def _kept(checks: tuple[Checkbox, ...], ticked: Collection[str]) -> tuple[Checkbox, ...]:
    return tuple(replace(check, done=check.done or check.name in ticked) for check in checks)


def comment(update: Update) -> Node:
    """An update; the last one links the report. Its reference identifies it later."""
    links: list[Line] = [(Linked(link.text, link.url),) for link in update.links] if update.kind is Kind.REPORT else []
    last = Section("Reference", (*([Bullets(tuple(links))] if links else []), said(f"ref {reference(update)}")))
    safe = with_texts(_spoken(update), redact)
    return _fitting(replace(safe, sections=(*safe.sections, last)), None)


def _spoken(update: Update) -> Document:
    parts = {
        "What we know": update.known,
        "What we do": update.doing,
        "What we need from you": update.need_from_people,
    }
    found = [Section(title, (listed(*lines),)) for title, lines in parts.items() if lines]
    found += [Section("Commands", (Commands(update.commands),))] if update.commands else []
    return Document(title=update.headline, facts=(), sections=tuple(found))


def _fitting(document: Document, link: Linked | None) -> Node:
    """Removes the middle of the longest list until it fits Jira's limit. The link is added last, unredacted."""
    with_link = replace(document, facts=(*document.facts, ("More", (link,)))) if link else document
    while True:
        node = adf(with_link, with_title=True)
        if len(json.dumps(node)) <= TEXT_LIMIT:
            return node
        shorter = replace(with_link, sections=tuple(_shortened(with_link.sections)))
        if shorter == with_link:
            return adf(replace(with_link, sections=()))
        with_link = shorter


def _shortened(found: tuple[Section, ...]) -> Iterator[Section]:
    lists = [block for section in found for block in section.blocks if isinstance(block, Bullets)]
    longest = max(lists, key=lambda block: len(str(block.items)), default=None)
    for section in found:
        yield replace(
            section,
            blocks=tuple(
                _halved(block) if block is longest and isinstance(block, Bullets) else block for block in section.blocks
            ),
        )


def _halved(block: Bullets) -> Bullets:
    quarter = len(block.items) // 4
    if quarter == 0:
        return Bullets(((f"{len(block.items)} entries, too long for a ticket; the report has them.",),))
    left_out: Line = ("… some entries are left out here; the report has them.",)
    return Bullets((*block.items[:quarter], left_out, *block.items[-quarter:]))
