"""The PagerDuty v3 event types that carry an incident; all others are ignored."""

from responder.domain.alert import AlertEvent

ON_INCIDENT = {
    "incident.triggered": AlertEvent.TRIGGERED,
    "incident.acknowledged": AlertEvent.ACKNOWLEDGED,
    "incident.unacknowledged": AlertEvent.UNACKNOWLEDGED,
    "incident.resolved": AlertEvent.RESOLVED,
    "incident.reopened": AlertEvent.REOPENED,
    "incident.priority_updated": AlertEvent.PRIORITY_CHANGED,
    "incident.escalated": AlertEvent.ESCALATED,
    "incident.reassigned": AlertEvent.REASSIGNED,
    "incident.delegated": AlertEvent.REASSIGNED,
    "incident.service_updated": AlertEvent.UPDATED,
    "incident.incident_type.changed": AlertEvent.UPDATED,
}
ABOUT_INCIDENT = {
    "incident.annotated": AlertEvent.ANNOTATED,
    "incident.status_update_published": AlertEvent.ANNOTATED,
    # Responders, conference bridges, tasks and automations: one timeline shows all, and they start or end nothing, so
    # they are updates.
    "incident.responder.added": AlertEvent.UPDATED,
    "incident.responder.replied": AlertEvent.UPDATED,
    "incident.conference_bridge.updated": AlertEvent.UPDATED,
    "incident.custom_field_values.updated": AlertEvent.UPDATED,
    "incident.role.assigned": AlertEvent.UPDATED,
    "incident.task.created": AlertEvent.UPDATED,
    "incident.task.updated": AlertEvent.UPDATED,
    "incident.task.completed": AlertEvent.UPDATED,
    "incident.action_invocation.created": AlertEvent.UPDATED,
    "incident.action_invocation.updated": AlertEvent.UPDATED,
    "incident.action_invocation.terminated": AlertEvent.UPDATED,
    "incident.workflow.started": AlertEvent.UPDATED,
    "incident.workflow.completed": AlertEvent.UPDATED,
}
EVENTS = ON_INCIDENT | ABOUT_INCIDENT
