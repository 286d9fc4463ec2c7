"""An upstream incident as read, and alert rules and leak markers in its alerts. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.config.runbook import Alerts

NAME = "upstream_incident"
RULE_KEYS = ("alertname", "alert_name", "rule", "rule_name")
# Alertmanager's default template sends PagerDuty the labels as text lines in `firing`.
_LABEL_LINE = re.compile(r"(?m)^\s*-?\s*alertname\s*=\s*(\S+)\s*$")
_TOKEN = re.compile(r"[A-Za-z][A-Za-z0-9_]+")


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


def rule_names(details: Any) -> set[str]:
    """The alert rules in structured details, at any depth, and in Alertmanager's label lines."""
    return set(_names(details))


def _names(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _names(inner, str(name).lower())
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner, key)
    elif isinstance(value, str):
        yield from _LABEL_LINE.findall(value.partition("Annotations:")[0])
        if key in RULE_KEYS:
            yield value.strip()


def known_rules(config: Alerts, named: set[str], titles: Iterable[str]) -> tuple[str, ...]:
    """Configured rules in `named`, and in words of titles, where Alertmanager writes them too."""
    tokens = {token for title in titles for token in _TOKEN.findall(title)}
    return tuple(sorted((named | tokens) & set(config.scenarios)))


def leak_markers(config: Alerts, named: set[str], tags: Iterable[str], incident_type: str | None) -> tuple[str, ...]:
    """Exact names in structured fields only: free text can hold anything (S-91)."""
    leaked = config.leaked
    found = (named & set(leaked.alert_rules)) | (set(tags) & set(leaked.tags))
    return tuple(sorted(found | ({incident_type or ""} & set(leaked.incident_types))))


def objects(body: Any, name: str) -> list[dict[str, Any]]:
    found = body.get(name) if isinstance(body, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def child(body: Any, name: str) -> dict[str, Any]:
    found = body.get(name) if isinstance(body, dict) else None
    return found if isinstance(found, dict) else {}
