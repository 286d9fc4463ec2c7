"""An incident in the form in which the read API shows it. Pure."""

from collections.abc import Sequence
from typing import Any

from responder.domain.clock import iso
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, Incident, TimelineEntry

_PLAIN = {"id", "source", "title", "url", "status", "severity", "scenario", "cause", "verdict", "confidence", "is_test"}
_MORE = {"reasons", "impact", "related", "merged_into", "grouped_under", "grouped", "execution_arns"}
_TIMES = ("started_at", "acknowledged_at", "machine_acknowledged_at", "resolved_at")


def short_view(incident: Incident) -> dict[str, Any]:
    times = {name: getattr(incident, name) for name in _TIMES}
    shown = {name: iso(at) if at else None for name, at in times.items()}
    return incident.model_dump(mode="json", include=_PLAIN) | shown


def full_view(
    incident: Incident,
    findings: Sequence[Finding],
    actions: Sequence[ActionRecord],
    timeline: Sequence[TimelineEntry],
    first_findings: Sequence[Finding] = (),
) -> dict[str, Any]:
    """`findings`: those of the present diagnosis. `first_findings`: those of the first diagnosis."""
    return (
        short_view(incident)
        | incident.model_dump(mode="json", include=_MORE)
        | {
            "findings": [_shown(finding) for finding in findings],
            "first_findings": [_shown(finding) for finding in first_findings],
            "human_tasks": [task.dump() for task in incident.human_tasks],
            "actions": [action.dump() for action in actions],
            "report": incident.report_key,
            "ticket": incident.ticket.dump() if incident.ticket else None,
            "page": incident.page_url,
            "timeline": [
                {"at": iso(entry.at), "kind": entry.kind, "actor": entry.actor, "text": entry.text, "data": entry.data}
                for entry in timeline
            ],
        }
    )


def _shown(finding: Finding) -> dict[str, Any]:
    return finding.model_dump(mode="json", exclude_none=True, exclude={"baseline"})
