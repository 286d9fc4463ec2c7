"""The probes, one file each. To add one, write the file and add its line here."""

from collections.abc import Mapping

from responder.contracts.probe import Probe
from responder.integrations.twinmind.probes import account as twinmind_account
from responder.integrations.twinmind.probes import health as twinmind_health
from responder.integrations.twinmind.probes import limits as twinmind_limits
from responder.integrations.twinmind.probes import rate_limit as twinmind_rate_limit
from responder.integrations.twinmind.probes import standby_key as twinmind_standby_key
from responder.integrations.twinmind.probes import status_page as twinmind_status_page
from responder.integrations.twinmind.probes import timing as twinmind_timing
from responder.integrations.twinmind.probes import transcription as twinmind_transcription
from responder.probes import (
    infrastructure_alarms,
    network,
    service_health,
    service_logs,
    service_metrics,
    service_twinmind_health,
    service_usage,
    service_workload,
    upstream_incident,
    upstream_on_call,
)

PROBES: Mapping[str, Probe] = {
    "upstream_incident": Probe(upstream_incident.probe, limit=10, shared=False),
    "upstream_on_call": Probe(upstream_on_call.probe, limit=10, shared=False),
    "twinmind_health": Probe(twinmind_health.probe, limit=10),
    "twinmind_health_with_key": Probe(twinmind_health.probe_with_key, limit=12),
    "twinmind_account": Probe(twinmind_account.probe, limit=12),
    "twinmind_standby_key": Probe(twinmind_standby_key.probe, limit=12),
    "twinmind_rate_limit": Probe(twinmind_rate_limit.probe, limit=10),
    "twinmind_status_page": Probe(twinmind_status_page.probe, limit=9),
    "twinmind_timing": Probe(twinmind_timing.probe, limit=13),
    "twinmind_limits": Probe(twinmind_limits.probe, limit=13),
    "twinmind_transcription": Probe(twinmind_transcription.probe, limit=13),
    "network": Probe(network.probe, limit=9),
    "service_health": Probe(service_health.probe, limit=6),
    "service_twinmind_health": Probe(service_twinmind_health.probe, limit=6),
    "service_metrics": Probe(service_metrics.probe, limit=12),
    "service_workload": Probe(service_workload.probe, limit=12),
    "service_usage": Probe(service_usage.probe, limit=12),
    "service_logs": Probe(service_logs.probe, limit=13),
    "infrastructure_alarms": Probe(infrastructure_alarms.probe, limit=8),
}
