"""An incident's moments as an inline SVG: time runs down, so that it is as readable on a phone as on a desk. Pure."""

import itertools
import math
from collections.abc import Callable, Sequence
from datetime import timedelta

from responder.domain.zone import zone_text
from responder.report.render.document import Moment

# In the picture's own units: 360 wide, whatever the screen.
WIDTH, LINE_X, TOP, LEAST_STEP, MOST_STEP = 360, 92, 22, 34.0, 96.0


def svg(title: str, moments: Sequence[Moment], escaped: Callable[[str], str]) -> str:
    """`escaped` makes text safe where it is put; every word in the picture goes through it."""
    ordered = sorted(moments, key=lambda moment: moment.at)
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
        f'<tspan class="after" dx="6">{escaped(_after(moment.at - ordered[0].at))}</tspan></text>'
        for moment, y in zip(ordered, heights, strict=True)
    ]
    label = escaped(f"{title}: " + ", ".join(f"{one.name} {one.at:%H:%M} {zone_text(one.at)}" for one in ordered))
    size = f'viewBox="0 0 {WIDTH} {heights[-1] + TOP:.0f}"'
    return f'<svg {size} role="img" aria-label="{label}">{"".join((*strokes, *points))}</svg>'


def _heights(ordered: Sequence[Moment]) -> list[float]:
    """Long gaps are longer, but a night is not a thousand times a minute."""
    heights = [float(TOP)]
    for earlier, later in itertools.pairwise(ordered):
        seconds = (later.at - earlier.at).total_seconds()
        heights.append(heights[-1] + min(MOST_STEP, LEAST_STEP + 6 * math.log1p(seconds / 10)))
    return heights


def _after(passed: timedelta) -> str:
    seconds = round(passed.total_seconds())
    if seconds <= 0:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, left = divmod(minutes, 60)
    return f"+{hours} h {left:02d} min" if hours else f"+{minutes} min {rest:02d} s" if minutes else f"+{rest} s"
