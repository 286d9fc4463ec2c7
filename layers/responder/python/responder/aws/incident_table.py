"""The incident table: one DynamoDB table, keyed by `pk` and `sk`.

| pk                  | sk                      | what                                                     |
|---------------------|-------------------------|----------------------------------------------------------|
| incident#<id>       | meta                    | the Incident, its version, events, execution no., token   |
| incident#<id>       | runbook                 | the configuration pinned when the incident opened         |
| incident#<id>       | entry#<key>             | one timeline entry, append-only                           |
| incident#<id>       | finding#<run>#<probe>   | one finding                                               |
| incident#<id>       | action#<key>            | one action                                                |
| delivery#<print>    | delivery                | a webhook event: received or done                         |
| mark#<name>         | mark                    | records of the integration: leases, threads, notices      |
| mark#<name>         | versioned               | records that several incidents change: overrides          |
| leaks#<integration> | leak#<fingerprint>      | a leaked key (leaked_key_table.py)                        |
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from responder.aws.clients import client
from responder.aws.dynamodb_items import as_seen, is_seen, key
from responder.aws.incident_records import IncidentRecords
from responder.config.settings import settings
from responder.domain.clock import iso
from responder.domain.incident import Incident
from responder.domain.monitoring_state import MonitoringState

# DynamoDB's ExclusiveStartKey.
Cursor = Mapping[str, Mapping[str, str]]


class WriteConflict(RuntimeError):
    """The incident kept changing during several tries. The caller must start again from the beginning."""


@dataclass(frozen=True)
class StoredIncident:
    """An incident, and what is stored beside it. `event_seq`: how many events came. `version`: for safe writes."""

    incident: Incident
    event_seq: int
    execution_number: int
    version: int
    monitoring: MonitoringState


class IncidentTable(IncidentRecords):
    # The incident itself

    def find(self, incident_id: str) -> StoredIncident | None:
        item = self._get(f"incident#{incident_id}", "meta")
        if item is None or "body" not in item:
            return None
        return StoredIncident(
            Incident.load(json.loads(item["body"])),
            int(item.get("event_seq", 0)),
            int(item.get("execution_number", 0)),
            int(item["version"]),
            MonitoringState.load(json.loads(item.get("monitoring", "{}"))),
        )

    def get(self, incident_id: str) -> StoredIncident:
        """Raises LookupError for an unknown incident."""
        stored = self.find(incident_id)
        if stored is None:
            raise LookupError(f"no incident {incident_id} in table {self._name}")
        return stored

    def change(self, incident_id: str, decide: Callable[[Incident | None], Incident]) -> Incident:
        """Stores `decide(present)`. Tries again after a concurrent write, so `decide` is pure. Raises WriteConflict."""
        for attempt in range(8):
            stored = self.find(incident_id)
            before = stored.incident if stored else None
            after = decide(before)
            if after == before or self._store(after, stored.version if stored else 0):
                return after
            time.sleep(random.uniform(0, 0.05 * (attempt + 1)))  # noqa: S311 - spreads retries, keeps no secret
        raise WriteConflict(f"incident {incident_id} changed on each of 8 tries")

    def edit(self, incident_id: str, decide: Callable[[Incident], Incident]) -> Incident:
        """As `change`, for an incident that exists. Raises LookupError if there is none."""

        def decide_present(present: Incident | None) -> Incident:
            if present is None:
                raise LookupError(f"no incident {incident_id} in table {self._name}")
            return decide(present)

        return self.change(incident_id, decide_present)

    def amend(self, incident_id: str, **changes: Any) -> Incident:
        return self.edit(incident_id, lambda present: present.model_copy(update=changes))

    def amend_open(self, incident_id: str, **changes: Any) -> Incident:
        """As `amend`, but leaves an ended incident as it is: a late step must not reopen it."""
        return self.edit(
            incident_id,
            lambda present: present.model_copy(update=changes) if present.status.is_open else present,
        )

    def change_if_quiet(
        self, incident_id: str, seen_seq: int, decide: Callable[[Incident], Incident]
    ) -> Incident | None:
        """Stores and returns `decide(present)`; None, with nothing stored, if an event came after `seen_seq`."""
        stored = self.get(incident_id)
        if stored.event_seq != seen_seq:
            return None
        after = decide(stored.incident)
        return after if self._store(after, stored.version, seen_seq) else None

    def _store(self, incident: Incident, seen_version: int, seen_seq: int | None = None) -> bool:
        condition, values = as_seen(seen_version)
        values |= {
            ":body": json.dumps(incident.dump()),
            ":next": seen_version + 1,
            ":standing": "open" if incident.status.is_open else "resolved",
            ":started": iso(incident.started_at),
        }
        if seen_seq is not None:
            values[":seq"] = seen_seq
            condition += f" AND {is_seen('event_seq', seen_seq, ':seq')}"
        return self._update(
            f"incident#{incident.id}",
            "meta",
            "SET body = :body, version = :next, standing = :standing, started_at = :started",
            values,
            condition=condition,
        )

    def listed(self, standing: str, limit: int, cursor: Cursor | None) -> tuple[list[Incident], Cursor | None]:
        """One page of incidents that are `open` or `resolved`, newest first, and the next page's cursor."""
        more = {"ExclusiveStartKey": dict(cursor)} if cursor else {}
        answer = client("dynamodb").query(
            TableName=self._name,
            IndexName="by_standing",
            KeyConditionExpression="standing = :standing",
            ExpressionAttributeValues={":standing": {"S": standing}},
            ScanIndexForward=False,
            Limit=limit,
            **more,
        )
        found = [Incident.load(json.loads(item["body"]["S"])) for item in answer["Items"]]
        return found, answer.get("LastEvaluatedKey")

    def open_ids(self) -> list[str]:
        found = self._query(
            IndexName="by_standing",
            KeyConditionExpression="standing = :standing",
            ExpressionAttributeValues={":standing": {"S": "open"}},
            ProjectionExpression="pk",
            ScanIndexForward=False,
        )
        return [item["pk"].removeprefix("incident#") for item in found]

    # Events, wait tokens and execution numbers. Together they make sure that no event is lost.

    def count_event(self, incident_id: str) -> str | None:
        """Counts one event and removes the wait token, in one update. Returns the token if there was one."""
        old = client("dynamodb").update_item(
            TableName=self._name,
            Key=key(f"incident#{incident_id}", "meta"),
            UpdateExpression="ADD event_seq :one REMOVE wake_token",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="ALL_OLD",
        )
        token = old.get("Attributes", {}).get("wake_token", {}).get("S")
        return str(token) if token else None

    def store_wait_token(self, incident_id: str, token: str, seen_seq: int) -> bool:
        """Stores the wait token; False if an event came after `seen_seq`: then do not wait."""
        return self._update(
            f"incident#{incident_id}",
            "meta",
            "SET wake_token = :token",
            {":token": token, ":seen": seen_seq},
            condition=is_seen("event_seq", seen_seq),
        )

    def keep_monitoring(self, incident_id: str, monitoring: MonitoringState) -> None:
        """Stores the monitoring state for the next iteration: a waiting state that times out cannot pass it on."""
        values = {":monitoring": json.dumps(monitoring.dump())}
        self._update(
            f"incident#{incident_id}", "meta", "SET monitoring = :monitoring", values, condition="attribute_exists(pk)"
        )

    def next_execution(self, incident_id: str, execution_number: int) -> bool:
        """Adds 1 to `execution_number`; False if somebody else did so first."""
        return self._update(
            f"incident#{incident_id}",
            "meta",
            "SET execution_number = :next",
            {":next": execution_number + 1, ":seen": execution_number},
            condition=is_seen("execution_number", execution_number),
        )


@cache
def incident_table() -> IncidentTable:
    """The table of this deployment."""
    return IncidentTable(settings().table_name)
