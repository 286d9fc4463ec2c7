"""Details of PagerDuty's other events (notes, responders, tasks, …), and what makes each unique."""

from responder.domain.incident import names
from responder.webhooks.json_reader import JsonReader
from responder.webhooks.text import NOTE


def note(data: JsonReader) -> str | None:
    """One line for the timeline, for example `Ada, accepted: looking at it` or `Incident commander: Ada`."""
    said = data.text("content", NOTE) or data.text("message", NOTE)
    about = ", ".join(_about(data))
    return f"{about}: {said}"[:NOTE] if about and said else (said or about or None)


def assigned(data: JsonReader, *, by_policy: bool) -> str | None:
    """The new assignees, for example `to Ada and Bob`; `by_policy`: another escalation policy."""
    people = [name for one in data.children("assignees") if (name := one.text("summary"))]
    policy = data.child("escalation_policy").text("summary") if by_policy else None
    whom = [*([names(people)] if people else []), *([f"escalation policy {policy}"] if policy else [])]
    return f"to {', '.join(whom)}"[:NOTE] if whom else None


def _about(data: JsonReader) -> list[str]:
    found = [
        data.text("name"),
        data.child("user").text("summary"),
        data.child("incident_workflow").text("summary"),
        data.child("action").text("summary"),
        data.url("conference_url"),
        *[_role(assignment) for assignment in data.children("incident_role_assignments")],
        *[changed.text("name") for changed in data.children("changed_custom_fields")],
        data.text("state"),
        data.text("status"),
    ]
    return [text for text in found if text]


def _role(assignment: JsonReader) -> str | None:
    role, assignee = assignment.child("role").text("summary"), assignment.child("assignee").text("summary")
    return f"{role}: {assignee or 'nobody'}" if role else None


def distinction(data: JsonReader) -> list[str | None]:
    """What tells apart events of one kind in one millisecond, such as the tasks of one template."""
    assignments = data.children("incident_role_assignments")
    return [
        data.ident("id"),
        data.child("user").ident("id"),
        data.child("escalation_policy").ident("id"),
        data.ident("state"),
        data.ident("status"),
        *[assignment.ident("id") for assignment in assignments],
    ]
