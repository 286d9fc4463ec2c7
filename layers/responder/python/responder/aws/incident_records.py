"""What the table stores about an incident or integration besides the incident itself (listed in incident_table.py)."""

import json
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from responder.aws.dynamodb_items import Items, M, as_seen, body
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord, TimelineEntry
from responder.domain.model import Model

# Records must outlive PagerDuty's retries (48 h) and the age limit of deliveries (72 h).
DELIVERY_LIFE = timedelta(days=7)
# The name of the record that says when any incident last did an action.
ACTED = "acted"


class LastAction(Model):
    at: AwareDatetime


class IncidentRecords(Items):
    """Timeline, findings, actions, deliveries and leases. Each has a key, so a repeat writes the same item again."""

    # Findings, actions and the timeline

    def record(self, incident_id: str, entry: TimelineEntry) -> bool:
        """Appends to the timeline. If the key exists already, that entry stays and the result is False."""
        return self._create(f"incident#{incident_id}", f"entry#{entry.key}", body(entry))

    def pin_runbook(self, incident_id: str, runbook: Runbook) -> None:
        """From now on the incident uses `runbook`. Only the first call for an incident counts."""
        self._create(f"incident#{incident_id}", "runbook", {"body": runbook.model_dump_json()})

    def pinned_runbook(self, incident_id: str) -> Runbook | None:
        item = self._get(f"incident#{incident_id}", "runbook")
        return Runbook.model_validate_json(item["body"]) if item else None

    def timeline(self, incident_id: str) -> list[TimelineEntry]:
        """All entries, the oldest first."""
        entries = self._load_all(f"incident#{incident_id}", "entry#", TimelineEntry)
        return sorted(entries, key=lambda entry: (entry.at, entry.key))

    def keep_findings(self, incident_id: str, run_name: str, findings: list[Finding]) -> None:
        for finding in findings:
            self._put(f"incident#{incident_id}", f"finding#{run_name}#{finding.probe}", body(finding))

    def findings(self, incident_id: str, run_name: str) -> list[Finding]:
        return self._load_all(f"incident#{incident_id}", f"finding#{run_name}#", Finding)

    def finding(self, incident_id: str, run_name: str, probe: str) -> Finding | None:
        return self._load(f"incident#{incident_id}", f"finding#{run_name}#{probe}", Finding)

    def last_action_at(self) -> datetime | None:
        stored = self.get_record(ACTED, LastAction)
        return stored.at if stored else None

    def keep_action(self, incident_id: str, key: str, action: ActionRecord) -> None:
        self._put(f"incident#{incident_id}", f"action#{key}", body(action))
        # After an action, all earlier findings are out of date, for every incident (probes.shared_runs).
        self.put_record(ACTED, LastAction(at=now()))

    def action(self, incident_id: str, key: str) -> ActionRecord | None:
        return self._load(f"incident#{incident_id}", f"action#{key}", ActionRecord)

    def actions(self, incident_id: str) -> list[ActionRecord]:
        """All actions, the oldest first."""
        found = self._load_all(f"incident#{incident_id}", "action#", ActionRecord)
        return sorted(found, key=lambda action: action.at)

    # Deliveries and leases

    def delivery_is_done(self, fingerprint: str) -> bool:
        item = self._get_alive(f"delivery#{fingerprint}", "delivery")
        return item is not None and item.get("state") == "done"

    def keep_delivery(self, fingerprint: str, state: str) -> None:
        self._put(f"delivery#{fingerprint}", "delivery", {"state": state} | _ends(DELIVERY_LIFE))

    def get_record(self, name: str, model: type[M]) -> M | None:
        """The record; None if there is none or it has expired."""
        item = self._get_alive(f"mark#{name}", "mark")
        return model.load(json.loads(item["body"])) if item else None

    def has_record(self, name: str) -> bool:
        return self._get_alive(f"mark#{name}", "mark") is not None

    def put_record(self, name: str, record: Model, life: timedelta = timedelta(days=90)) -> None:
        self._put(f"mark#{name}", "mark", body(record) | _ends(life))

    def acquire(self, name: str, record: Model, life: timedelta) -> bool:
        """Sets the record, unless one exists that has not expired. Of two callers at once, only one gets True."""
        return self._acquire(f"mark#{name}", "mark", body(record) | _ends(life))

    def delete_record(self, name: str) -> None:
        self._delete(f"mark#{name}", "mark")

    # Records that several incidents change together

    def versioned(self, name: str, model: type[M]) -> tuple[M | None, int]:
        """The record and its version; None and 0 if there is none. It is read consistently."""
        item = self._get(f"mark#{name}", "versioned")
        return (model.load(json.loads(item["body"])), int(item["version"])) if item else (None, 0)

    def set_versioned(self, name: str, record: Model, seen: int) -> bool:
        """Stores the record as version `seen` + 1; False if somebody else did so first. It never expires."""
        condition, values = as_seen(seen)
        values |= {":body": json.dumps(record.dump()), ":next": seen + 1}
        expression = "SET body = :body, version = :next"
        return self._update(f"mark#{name}", "versioned", expression, values, condition=condition)


def _ends(life: timedelta) -> dict[str, str | int]:
    return {"expires_at": int((now() + life).timestamp())}
