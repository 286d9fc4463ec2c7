"""A document as one HTML page that needs nothing else: no script, no request, its style inside. Pure.

Every text goes through `escaped`; if one is ever missed, the policy still runs and loads nothing.
"""

import base64
import hashlib
import html as standard
import itertools
import math
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from responder.domain.update import is_link
from responder.domain.zone import zone_text
from responder.notifications.messages.parts import duration
from responder.report.render import document as doc


@cache
def style() -> str:
    return Path(__file__).with_name("style.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """Content-Security-Policy: this page's own style by its hash, an empty icon, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def html(document: doc.Document, *, note: str, refresh_seconds: int | None = None) -> str:
    """The whole page; `note` is its last line. With `refresh_seconds` the page reloads itself, without a script."""
    again = f'<meta http-equiv="refresh" content="{int(refresh_seconds)}">' if refresh_seconds else ""
    # A browser heeds frame-ancestors only in the header.
    meta_policy = policy().removesuffix("; frame-ancestors 'none'")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escaped(meta_policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="robots" content="noindex, nofollow"><meta name="referrer" content="no-referrer">'
        f'<link rel="icon" href="data:,">{again}<title>{escaped(document.title)}</title>'
        f"<style>{style()}</style></head>\n<body><main>\n{_header(document)}\n"
        + "\n".join(_section(section) for section in document.sections)
        + f"\n<footer>{escaped(note)}</footer>\n</main></body></html>\n"
    )


def escaped(text: str) -> str:
    """Safe between tags and inside a quoted attribute."""
    return standard.escape(doc.flat(text), quote=True)


def _header(document: doc.Document) -> str:
    facts = "".join(f"<dt>{escaped(name)}</dt><dd>{_line(line)}</dd>" for name, line in document.facts)
    return f'<header class="{document.tone}"><h1>{escaped(document.title)}</h1><dl>{facts}</dl></header>'


def _section(section: doc.Section) -> str:
    title, blocks = f"<h2>{escaped(section.title)}</h2>", "\n".join(map(_block, section.blocks))
    if section.folded:
        return f"<section><details><summary>{title}</summary>\n{blocks}</details></section>"
    return f"<section>{title}\n{blocks}</section>"


def _block(block: doc.Block) -> str:
    match block:
        case doc.Paragraph():
            return f"<p>{_line(block.line)}</p>"
        case doc.Bullets():
            return f"<ul>{''.join(f'<li>{_line(item)}</li>' for item in block.items)}</ul>"
        case doc.Commands():
            return f"<pre><code>{chr(10).join(map(escaped, block.lines))}</code></pre>"
        case doc.Checklist():
            boxes = (f'<li class="{"done" if one.done else "open"}">{_line(one.line)}</li>' for one in block.items)
            return f'<ul class="checks">{"".join(boxes)}</ul>'
        case doc.Table():
            return _table(block)
        case doc.Picture():
            return f"<figure>{_svg(block)}</figure>"


def _table(table: doc.Table) -> str:
    head = "".join(f"<th>{escaped(cell)}</th>" for cell in table.head)
    rows = ("".join(f"<td>{escaped(cell)}</td>" for cell in row) for row in table.rows)
    return f"<table><tr>{head}</tr>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _line(line: doc.Line) -> str:
    return "".join(map(_inline, line))


def _inline(part: doc.Inline) -> str:
    match part:
        case doc.Code():
            return f"<code>{escaped(part.text)}</code>"
        case doc.Linked() if is_link(part.url):
            return f'<a href="{escaped(part.url)}" rel="noreferrer noopener">{escaped(part.text)}</a>'
        case doc.Linked():
            return escaped(part.text)
    return escaped(part)


# In the picture's own units: 360 wide, whatever the screen.
WIDTH, LINE_X, TOP, LEAST_STEP, MOST_STEP = 360, 92, 22, 34.0, 96.0


def _svg(picture: doc.Picture) -> str:
    """The moments as an inline SVG: time runs down, so that it is as readable on a phone as on a desk."""
    ordered = sorted(picture.moments, key=lambda moment: moment.at)
    if not ordered:
        return ""
    heights = _heights(ordered)
    strokes = [
        f'<line class="{later.tone}" x1="{LINE_X}" x2="{LINE_X}" y1="{top:.1f}" y2="{bottom:.1f}"/>'
        for later, top, bottom in zip(ordered[1:], heights, heights[1:], strict=False)
    ]
    points = [
        f'<circle class="{moment.tone}" cx="{LINE_X}" cy="{y:.1f}" r="6"/>'
        f'<text class="clock" x="{LINE_X - 16}" y="{y + 5:.1f}">{escaped(f"{moment.at:%H:%M}")}</text>'
        f'<text x="{LINE_X + 16}" y="{y + 5:.1f}">{escaped(moment.name)}'
        f'<tspan class="after" dx="6">{_after(ordered[0].at, moment.at)}</tspan></text>'
        for moment, y in zip(ordered, heights, strict=True)
    ]
    label = escaped(
        f"{picture.title}: " + ", ".join(f"{one.name} {one.at:%H:%M} {zone_text(one.at)}" for one in ordered)
    )
    size = f'viewBox="0 0 {WIDTH} {heights[-1] + TOP:.0f}"'
    return f'<svg {size} role="img" aria-label="{label}">{"".join((*strokes, *points))}</svg>'


def _heights(ordered: Sequence[doc.Moment]) -> list[float]:
    """Long gaps are longer, but a night is not a thousand times a minute."""
    heights = [float(TOP)]
    for earlier, later in itertools.pairwise(ordered):
        seconds = (later.at - earlier.at).total_seconds()
        heights.append(heights[-1] + min(MOST_STEP, LEAST_STEP + 6 * math.log1p(seconds / 10)))
    return heights


def _after(first: datetime, moment: datetime) -> str:
    return f"+{duration(first, moment)}" if moment > first else ""
