"""An incident as the read API shows it. Pure."""

from collections.abc import Sequence
from typing import Any

from responder.domain.clock import iso
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, Incident
from responder.domain.timeline import TimelineEntry


def short_view(incident: Incident) -> dict[str, Any]:
    return {
        "id": incident.id,
        "source": incident.source,
        "title": incident.title,
        "url": incident.url,
        "status": incident.status.value,
        "severity": incident.severity.value if incident.severity else None,
        "scenario": incident.scenario.value if incident.scenario else None,
        "cause": incident.cause.value if incident.cause else None,
        "verdict": incident.verdict.value if incident.verdict else None,
        "confidence": incident.confidence,
        "started_at": iso(incident.started_at),
        "acknowledged_at": iso(incident.acknowledged_at) if incident.acknowledged_at else None,
        "machine_acknowledged_at": _time(incident.machine_acknowledged_at),
        "resolved_at": _time(incident.resolved_at),
    }


def full_view(
    incident: Incident, findings: Sequence[Finding], actions: Sequence[ActionRecord], timeline: Sequence[TimelineEntry]
) -> dict[str, Any]:
    return short_view(incident) | {
        "reasons": list(incident.reasons),
        "impact": incident.impact,
        "findings": [finding.dump() for finding in findings],
        "human_tasks": [task.dump() for task in incident.human_tasks],
        "actions": [action.dump() for action in actions],
        "related": list(incident.related),
        "merged_into": incident.merged_into,
        "execution_arns": list(incident.execution_arns),
        "report": incident.report_key,
        "ticket": incident.ticket.dump() if incident.ticket else None,
        "page": incident.page_url,
        "timeline": [
            {"at": iso(entry.at), "kind": entry.kind, "actor": entry.actor, "text": entry.text, "data": entry.data}
            for entry in timeline
        ],
    }


def _time(moment: Any) -> str | None:
    return iso(moment) if moment else None
