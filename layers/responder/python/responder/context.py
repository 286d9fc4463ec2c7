"""The context of a workflow step: the incident, the pinned runbook, the table and clients."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import IncidentTable, incident_table
from responder.aws.leaked_key_table import LeakedKeyTable
from responder.aws.metrics import count
from responder.aws.parameters import runbook_in_force
from responder.aws.secrets import Credentials, SecretUnreadable
from responder.clients.http import Http, NoAnswer, Response
from responder.config.base import Mode
from responder.config.credential_hosts import refused_address, refused_secret_address
from responder.config.runbook import Runbook
from responder.config.settings import Settings, settings
from responder.domain.clock import now
from responder.domain.human_task import HumanTasks
from responder.domain.incident import ActionRecord, Incident, TimelineEntry
from responder.domain.monitoring_state import MonitoringState
from responder.domain.redact import redact

logger = Logger()


@dataclass(frozen=True)
class IncidentContext:
    """Built once per invocation from the event's incident id."""

    settings: Settings
    table: IncidentTable
    runbook: Runbook
    incident: Incident
    execution_number: int
    event_seq: int
    monitoring: MonitoringState
    http: Http
    credentials: Credentials

    @cached_property
    def leaks(self) -> LeakedKeyTable:
        return LeakedKeyTable(self.settings.table_name, self.runbook.integration)

    def record(
        self, kind: str, text: str, *, key: str, at: datetime | None = None, actor: str = "workflow", **data: Any
    ) -> bool:
        """Adds a timeline entry once per `key`, even if the step repeats; False if it exists."""
        entry = TimelineEntry(at=at or now(), kind=kind, actor=actor, text=redact(text), key=key, data=data)
        return self.table.record(self.incident.id, entry)

    def edit_tasks(self, change: Callable[[HumanTasks], HumanTasks]) -> Incident:
        """Changes the human tasks as they are stored now. → The incident afterwards."""

        def edited(present: Incident) -> Incident:
            return present.model_copy(update={"human_tasks": change(present.human_tasks)})

        return self.table.edit(self.incident.id, edited)

    def call_as(
        self,
        vendor: str,
        call: Callable[[str], Response | NoAnswer],
        is_refused: Callable[[Response], bool] = lambda answer: answer.status in (401, 403),
    ) -> Response | NoAnswer:
        """`call` with the vendor's credential; once more if it was refused and has been replaced meanwhile."""
        credential = str(self.credentials.of(vendor))
        answer = call(credential)
        if isinstance(answer, Response) and is_refused(answer):
            fresh = self.credentials.of(vendor, refused=True)
            return call(fresh) if fresh and fresh != credential else answer
        return answer

    def secret_address(self, name: str, vendors_hosts: Iterable[str]) -> str:
        """An address from the vendor credentials that is a secret itself. Raises SecretUnreadable for another host."""
        address = str(self.credentials.of(name))
        if problem := refused_secret_address(name, address, self.settings.credential_hosts, vendors_hosts):
            raise SecretUnreadable(problem)
        return address

    def keep_action(self, key: str, name: str, mode: Mode, plan: str, outcome: str, data: Mapping[str, Any]) -> None:
        """Stores an action's outcome so far; a later one with the same `key` replaces it."""
        action = ActionRecord(name=name, mode=mode.value, plan=plan, outcome=outcome, at=now(), data=dict(data))
        self.table.keep_action(self.incident.id, key, action)


@cache
def _http() -> Http:
    return Http()


@cache
def _credentials() -> Credentials:
    return Credentials(settings().vendor_credentials_secret)


def open_context(event: Mapping[str, Any]) -> IncidentContext:
    """The context for `{"incident_id": …}`; raises LookupError for an unknown incident."""
    stored = incident_table().get(event["incident_id"])
    return IncidentContext(
        settings=settings(),
        table=incident_table(),
        runbook=_runbook(stored.incident.id),
        incident=stored.incident,
        execution_number=int(event.get("execution_number") or stored.execution_number),
        event_seq=stored.event_seq,
        monitoring=stored.monitoring,
        http=_http(),
        credentials=_credentials(),
    )


def _runbook(incident_id: str) -> Runbook:
    """The pinned runbook, unless it would send a credential to a host that the deployment does not list."""
    pinned = incident_table().pinned_runbook(incident_id)
    in_force = settings().runbook_parameter
    if pinned is None:
        return runbook_in_force(in_force).runbook
    problem = refused_address(pinned, settings().credential_hosts)
    if problem is None:
        return pinned
    count("RunbookOverrideBad")
    logger.error("the pinned runbook is not used", extra={"incident_id": incident_id, "problem": problem})
    return runbook_in_force(in_force).runbook.observing()
