"""The incident report by the runbook's template (S-117 to S-127), filled from what was recorded. Pure."""

import html
import re
from datetime import datetime

from responder.messages.update import clock_time
from responder.messages.wording import FAULT, SYMPTOM, VERDICT
from responder.telling.report_items import Story, action_items
from responder.words import Cause, Finding, FindingStatus, Scenario, TimelineEntry

# What went out on each channel is in the API's timeline; the report keeps what did not.
_ROUTINE = re.compile(r"^(sent|skipped|unconfigured|public|not-acknowledged|checks)-(?!statuspage)")

_LESSONS = (
    "_For the team to write, at the post-mortem within a week: what went well, what was luck, what would have helped._"
)

_WORST_FIRST = (FindingStatus.FAILED, FindingStatus.DEGRADED, FindingStatus.UNKNOWN, FindingStatus.OK)


def report(story: Story) -> str:
    """Markdown with every section of the template; what only people know is marked as theirs."""
    incident = story.situation.incident
    sections = (
        f"# Incident Report: {_md(incident.title)}",
        _head(story),
        f"## Summary\n\n{_summary(story)}",
        f"## Timeline\n\n{_timeline(story)}",
        f"## Root Cause\n\n{_root_cause(story)}",
        f"## Resolution\n\n{_resolution(story)}",
        "## Action Items\n\n" + "\n".join(f"- [ ] {_md(item)}" for item in action_items(story)),
        f"## Lessons Learned\n\n{_LESSONS}",
    )
    return "\n\n".join(sections) + "\n"


def _head(story: Story) -> str:
    incident = story.situation.incident
    return "\n".join(
        (
            f"**Date:** {incident.started_at:%Y-%m-%d}  ",
            f"**Duration:** {_duration(incident.started_at, story.ended_at)}  ",
            f"**Severity:** {incident.severity.value if incident.severity else 'not classified'}  ",
            f"**Impact:** {_impact(story)}",
        )
    )


def _duration(start: datetime, end: datetime) -> str:
    """`14:02 - 14:09 UTC (0 hours 7 minutes)`; the end carries its date where it is another day."""
    hours, minutes = divmod(max(0, round((end - start).total_seconds() / 60)), 60)
    until = f"{end:%H:%M}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M}"
    return f"{start:%H:%M} - {until} UTC ({_count(hours, 'hour')} {_count(minutes, 'minute')})"


def _impact(story: Story) -> str:
    incident = story.situation.incident
    if incident.impact:
        return _md(incident.impact)
    if incident.user_impact:
        return "Users were affected; how many is not measured (to be added by people)."
    return "No finding shows that users were affected."


def _summary(story: Story) -> str:
    incident, cause = story.situation.incident, story.situation.cause
    confidence = f", with a confidence of {incident.confidence:.0%}" if incident.confidence is not None else ""
    related = ", ".join(_md(other) for other in incident.related)
    sentences = (
        f"{SYMPTOM[incident.scenario or Scenario.OTHER]}: {FAULT[cause]}.",
        f"The fault was {VERDICT[cause.verdict]}{confidence}.",
        _outcome(story),
        f"Open at the same time: {related}." if related else "",
        f"Incident `{_md(incident.id)}`.",
    )
    return " ".join(sentence for sentence in sentences if sentence) + "\n\n" + _figures(story)


def _figures(story: Story) -> str:
    incident = story.situation.incident
    known = (
        ("first message to people", incident.announced_at),
        ("acknowledged by a person", incident.acknowledged_at),
        ("mitigated", incident.mitigated_at),
        ("over", incident.resolved_at),
    )
    lines = [f"| {name} | {_after(incident.started_at, at)} |" for name, at in known]
    return "\n".join(("| After the alert | |", "|---|---|", *lines))


def _after(start: datetime, at: datetime | None) -> str:
    if at is None:
        return "never"
    minutes, seconds = divmod(max(0, round((at - start).total_seconds())), 60)
    return f"{_count(minutes, 'minute')} {seconds} s" if minutes else f"{seconds} s"


def _timeline(story: Story) -> str:
    lines = [_line(entry, story) for entry in story.timeline if not _ROUTINE.match(entry.key)]
    return "\n".join(lines) + "\n\nAll times UTC."


def _line(entry: TimelineEntry, story: Story) -> str:
    """The clock time, with the date where the day is not that of the alert."""
    same_day = entry.at.date() == story.situation.incident.started_at.date()
    who = "" if entry.actor == "workflow" else f" ({_md(entry.actor)})"
    return f"- {entry.at:%H:%M}{'' if same_day else f' ({entry.at:%Y-%m-%d})'} - {_md(entry.text)}{who}"


def _root_cause(story: Story) -> str:
    incident, cause = story.situation.incident, story.situation.cause
    if cause is Cause.UNKNOWN:
        head = "Not known: the findings are missing or contradict each other. For people to find."
    elif cause is Cause.NO_FAULT:
        head = "No fault was found."
    else:
        head = f"{FAULT[cause][0].upper()}{FAULT[cause][1:]}."
    reasons = "\n".join(f"- {_md(reason)}" for reason in incident.reasons)
    evidence = "\n".join(_evidence(finding) for finding in _sorted(story.findings))
    parts = (head, f"Why we say so:\n\n{reasons}" if reasons else "", f"Evidence:\n\n{evidence}" if evidence else "")
    return "\n\n".join(part for part in parts if part)


def _sorted(findings: tuple[Finding, ...]) -> list[Finding]:
    """What failed first: it is what the reader looks for."""
    return sorted(findings, key=lambda finding: (_WORST_FIRST.index(finding.status), finding.probe))


def _evidence(finding: Finding) -> str:
    when = f"{finding.status.value}, {clock_time(finding.at)}, from the {finding.seen_from}"
    return f"- `{finding.probe}` ({when}): {_md(finding.summary)}"


def _resolution(story: Story) -> str:
    done = [f"- {clock_time(one.at)}: {_md(str(one.data.get('text') or one.outcome))}" for one in story.actions]
    left = "The workflow changed nothing." if not done else "What the workflow did:\n\n" + "\n".join(done)
    return f"{_outcome(story)}\n\n{left}"


def _outcome(story: Story) -> str:
    incident = story.situation.incident
    if incident.resolved_at is None:
        return "It is not over yet."
    if not incident.is_over_upstream:
        return f"The checks were good again and stayed so; closed at {clock_time(incident.resolved_at)}."
    by = incident.upstream.by.name or incident.upstream.by.id if incident.upstream else None
    who = f" by {_md(by)}" if by else ""
    but = ", although our last look still found the fault" if incident.checks_agree is False else ""
    return f"Resolved upstream{who} at {clock_time(incident.resolved_at)}{but}."


def _md(text: str) -> str:
    """Text from outside stays text: no markup, no HTML, no line of its own."""
    flat = html.escape(" ".join(text.split()), quote=False)
    return re.sub(r"([\\`*\[\]|])", r"\\\1", flat)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
