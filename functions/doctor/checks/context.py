"""The present clients and settings, as an IncidentContext that the vendors' code can use."""

from responder.aws.incident_table import incident_table
from responder.aws.parameters import runbook_in_force
from responder.aws.secrets import Credentials
from responder.clients.http import Http
from responder.config.settings import settings
from responder.context import IncidentContext
from responder.domain.alert import MANUAL
from responder.domain.clock import now
from responder.domain.incident import Incident
from responder.domain.monitoring_state import MonitoringState


def context_without_incident() -> IncidentContext:
    """Its incident is stored nowhere. Credentials are read again, because people may have just entered them."""
    return IncidentContext(
        settings=settings(),
        table=incident_table(),
        runbook=runbook_in_force(settings().runbook_parameter).runbook,
        incident=Incident(id="manual-doctor", source=MANUAL, upstream_id="doctor", started_at=now()),
        execution_number=1,
        event_seq=0,
        monitoring=MonitoringState(),
        http=Http(),
        credentials=Credentials(settings().vendor_credentials_secret),
    )
