"""Levels with a topic of their own, called by the watch and by the audit."""

from datetime import timedelta
from typing import Any

from moto.sns.models import sns_backends

from responder.context import IncidentContext
from responder.domain.clock import now
from responder.domain.diagnosis import Severity
from tests.support.inprocess import ACCOUNT, REGION, SETTINGS, STACK, Cloud, create_topic
from tests.support.notifications import context_at, recent

LEAD_TOPIC = SETTINGS["TOPIC_ARN"].rpartition(":")[0] + f":{STACK}-escalation-lead"
ID = "pd-PABC123"


def with_a_topic(cloud: Cloud, **more: Any) -> None:
    """Level 2 has a topic of its own; `more` is added to that level."""
    create_topic(cloud, LEAD_TOPIC)
    cloud.change_runbook({"escalation": {2: {"who": "Team lead", "topic_arn": LEAD_TOPIC} | more}})


def calls_to_the_lead() -> list[str]:
    """The texts that the level's topic sent."""
    return [sent[1] for sent in sns_backends[ACCOUNT][REGION].topics[LEAD_TOPIC].sent_notifications]


def overdue(incident_id: str = ID, *, minutes: float = 16, **changes: Any) -> IncidentContext:
    """A P1 whose alert is that old; nobody has acknowledged, and no execution was ever started."""
    started = now() - timedelta(minutes=minutes)
    return context_at(recent(incident_id, severity=Severity.P1, started_at=started, **changes))


def call_by_watch_and_audit(cloud: Cloud) -> None:
    with_a_topic(cloud)
    overdue()
    cloud.invoke("publish_update", {"incident_id": ID, "execution_number": 1, "kind": "escalation", "level": 2})
    overdue("pd-PDEF456", stopped=True)
    cloud.invoke("audit", {})
