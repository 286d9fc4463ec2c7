"""An upstream incident as read, and alert rules and leak markers in its alerts. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.responses import inner
from responder.config.runbook import Alerts


@dataclass(frozen=True)
class Upstream:
    """`status`: triggered, acknowledged or resolved. Rules and markers: configured names only."""

    status: str
    alerts: int
    alert_rules: tuple[str, ...]
    leak_markers: tuple[str, ...]
    answer: Response
    acknowledgement_timeout_seconds: int | None = None
    merged: bool | None = None


# The answer, and who is on call at the first level; None where the answer does not say.
OnCall = tuple[Response | NoAnswer, list[str] | None]


def named_rules(details: Any, label: str) -> set[str]:
    """The alert rule that the sender itself names, under `label` of an alert's own details; at most one.

    Never from a text or a nested object: those quote what anybody wrote, such as a log line or an annotation.
    """
    name = inner(details, label)
    return {name} if isinstance(name, str) else set()


def known_rules(config: Alerts, named: set[str]) -> tuple[str, ...]:
    return tuple(sorted(named & set(config.scenarios)))


def leak_markers(config: Alerts, named: set[str], tags: Iterable[str], incident_type: str | None) -> tuple[str, ...]:
    """Exact names of a rule, a tag or an incident type (S-91)."""
    leaked = config.leaked
    found = (named & set(leaked.alert_rules)) | (set(tags) & set(leaked.tags))
    return tuple(sorted(found | ({incident_type or ""} & set(leaked.incident_types))))
