"""A document as Markdown. Text from outside stays text: no markup, no HTML, no line of its own. Pure."""

import html
import re
from urllib.parse import quote

from responder.domain.update import is_link
from responder.report.render import document as doc

# The only HTML in it, each on a line of its own.
FOLD, FOLD_END = "<details><summary>Show all of it</summary>", "</details>"


def markdown(document: doc.Document) -> str:
    facts = "\n".join(f"**{escaped(name)}:** {_line(line)}  " for name, line in document.facts)
    sections = map(_section, document.sections)
    return "\n\n".join((f"# {escaped(document.title).strip()}", facts.removesuffix("  "), *sections)) + "\n"


def _section(section: doc.Section) -> str:
    blocks = "\n\n".join(filter(None, map(_block, section.blocks)))
    if section.folded:
        blocks = f"{FOLD}\n\n{blocks}\n\n{FOLD_END}"
    return f"## {escaped(section.title).strip()}\n\n{blocks}"


def _block(block: doc.Block) -> str:
    match block:
        case doc.Paragraph():
            return _line(block.line)
        case doc.Bullets():
            return "\n".join(f"- {_line(item)}" for item in block.items)
        case doc.Commands():
            lines = [doc.flat(line) for line in block.lines]
            # The fence is longer than any inside, so that no line can close it.
            fence = "`" * (3 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
            return "\n".join((fence, *lines, fence))
        case doc.Checklist():
            return "\n".join(f"- [{'x' if item.done else ' '}] {_line(item.line)}" for item in block.items)
        case doc.Table():
            rows = (f"| {' | '.join(map(escaped, row))} |" for row in (block.head, *block.rows))
            first, *others = rows
            return "\n".join((first, "|---" * len(block.head) + "|", *others))
    return ""  # a picture; the table next to it has its figures


def _line(line: doc.Line) -> str:
    """Escapes a sign at the line's beginning that would make a heading, a quote or a list."""
    text = "".join(map(_inline, line)).lstrip()
    return re.sub(r"^(\d*)([#>+.)-])(?=\s|$|[#>])", r"\1\\\2", text)


def _inline(part: doc.Inline) -> str:
    match part:
        case doc.Code():
            # Inside a code span nothing can be escaped, so what would end it is replaced.
            code = html.escape(doc.flat(part.text).replace("`", "ˋ"), quote=False)
            return f"`{code}`" if code.strip() else ""
        case doc.Linked():
            return f"[{escaped(part.text)}]({_address(part.url)})" if is_link(part.url) else escaped(part.text)
    return escaped(part)


def _address(url: str) -> str:
    """The URL without the signs that would end the link."""
    return quote(url, safe=":/?#@!$&'*+,;=%~")


def escaped(text: str) -> str:
    return re.sub(r"([\\`*\[\]|])", r"\\\1", html.escape(doc.flat(text), quote=False))
