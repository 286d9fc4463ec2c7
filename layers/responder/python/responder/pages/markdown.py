"""A document as Markdown. Text from outside stays text: no markup, no HTML, no line of its own. Pure."""

import html
import re
from urllib.parse import quote

from responder.messages.update import is_link
from responder.pages.document import (
    Block,
    Bullets,
    Checks,
    Code,
    Commands,
    Document,
    Inline,
    Line,
    Linked,
    Paragraph,
    Table,
    flat,
)


def markdown(document: Document) -> str:
    facts = "\n".join(f"**{name}:** {_line(line)}  " for name, line in document.facts)
    sections = (
        f"## {section.title}\n\n" + "\n\n".join(filter(None, map(_block, section.blocks)))
        for section in document.sections
    )
    return "\n\n".join((f"# {escaped(document.title).strip()}", facts.removesuffix("  "), *sections)) + "\n"


def _block(block: Block) -> str:
    match block:
        case Paragraph():
            return _line(block.line)
        case Bullets():
            return "\n".join(f"- {_line(item)}" for item in block.items)
        case Commands():
            # Indented, because a fence could be closed from inside.
            return "\n".join(f"    {html.escape(flat(line), quote=False)}" for line in block.lines)
        case Checks():
            return "\n".join(f"- [{'x' if item.done else ' '}] {_line(item.line)}" for item in block.items)
        case Table():
            rows = (f"| {' | '.join(map(escaped, row))} |" for row in (block.head, *block.rows))
            first, *others = rows
            return "\n".join((first, "|---" * len(block.head) + "|", *others))
    return ""  # a picture; its figures are in the table beside it


def _line(line: Line) -> str:
    return "".join(map(_inline, line))


def _inline(part: Inline) -> str:
    match part:
        case Code():
            # Inside a code span nothing can be escaped, so what would end it is replaced.
            return f"`{html.escape(flat(part.text).replace('`', 'ˋ'), quote=False)}`"
        case Linked():
            return f"[{escaped(part.text)}]({_address(part.url)})" if is_link(part.url) else escaped(part.text)
    return escaped(part)


def _address(url: str) -> str:
    """Without the signs that would end the link."""
    return quote(url, safe=":/?#@!$&'*+,;=%~")


def escaped(text: str) -> str:
    return re.sub(r"([\\`*\[\]|])", r"\\\1", html.escape(flat(text), quote=False))
