"""What belongs to an incident or to the integration, beside the incident itself: see the table of table.py."""

import json
from datetime import datetime, timedelta
from typing import TypeVar

from pydantic import AwareDatetime, ConfigDict

from responder.aws.dynamodb_items import Items, as_seen
from responder.config.runbook import Runbook
from responder.domain.clock import now
from responder.domain.finding import Finding
from responder.domain.incident import ActionRecord
from responder.domain.model import Model
from responder.domain.timeline import TimelineEntry

# PagerDuty retries for 48 h and deliveries older than 72 h are ignored: records must outlive both.
DELIVERY_LIFE = timedelta(days=7)


# When anything was last done, by whichever incident.
ACTED = "acted"


M = TypeVar("M", bound=Model)


class LastAction(Model):
    at: AwareDatetime


class AnyRecord(Model):
    """For asking whether a record is there, whatever it holds."""

    model_config = ConfigDict(extra="ignore")


class IncidentRecords(Items):
    """Timeline, findings, actions, deliveries, marks: written by key, so that a repeat writes the same."""

    # What was seen and done

    def record(self, incident_id: str, entry: TimelineEntry) -> bool:
        """Appends to the timeline; False where an entry of this key is there already, which stays as it was."""
        item = {"body": json.dumps(entry.dump())}
        return self._create(f"incident#{incident_id}", f"entry#{entry.key}", item)

    def pin_runbook(self, incident_id: str, runbook: Runbook) -> None:
        """From now on this incident is worked by `runbook`; the first pin stays."""
        self._create(f"incident#{incident_id}", "runbook", {"body": runbook.model_dump_json()})

    def pinned_runbook(self, incident_id: str) -> Runbook | None:
        item = self._get(f"incident#{incident_id}", "runbook")
        return Runbook.model_validate_json(item["body"]) if item else None

    def timeline(self, incident_id: str) -> list[TimelineEntry]:
        """All entries in the order of their times."""
        entries = [TimelineEntry.load(body) for body in self._bodies(f"incident#{incident_id}", "entry#")]
        return sorted(entries, key=lambda entry: (entry.at, entry.key))

    def keep_findings(self, incident_id: str, run_name: str, findings: list[Finding]) -> None:
        for finding in findings:
            self._put(
                f"incident#{incident_id}",
                f"finding#{run_name}#{finding.probe}",
                {"body": json.dumps(finding.dump())},
            )

    def findings(self, incident_id: str, run_name: str) -> list[Finding]:
        return [Finding.load(body) for body in self._bodies(f"incident#{incident_id}", f"finding#{run_name}#")]

    def finding(self, incident_id: str, run_name: str, probe: str) -> Finding | None:
        item = self._get(f"incident#{incident_id}", f"finding#{run_name}#{probe}")
        return Finding.load(json.loads(item["body"])) if item else None

    def last_action_at(self) -> datetime | None:
        stored = self.get_record(ACTED, LastAction)
        return stored.at if stored else None

    def keep_action(self, incident_id: str, key: str, action: ActionRecord) -> None:
        self._put(f"incident#{incident_id}", f"action#{key}", {"body": json.dumps(action.dump())})
        # Whatever was seen before is old now, for every incident (diagnosis.sharing).
        self.put_record(ACTED, LastAction(at=now()))

    def action(self, incident_id: str, key: str) -> ActionRecord | None:
        item = self._get(f"incident#{incident_id}", f"action#{key}")
        return ActionRecord.load(json.loads(item["body"])) if item else None

    def actions(self, incident_id: str) -> list[ActionRecord]:
        return [ActionRecord.load(body) for body in self._bodies(f"incident#{incident_id}", "action#")]

    # Deliveries and marks

    def delivery_is_done(self, fingerprint: str) -> bool:
        item = self._get(f"delivery#{fingerprint}", "delivery")
        return item is not None and item.get("state") == "done" and int(item["expires_at"]) > now().timestamp()

    def keep_delivery(self, fingerprint: str, state: str) -> None:
        expires = int((now() + DELIVERY_LIFE).timestamp())
        self._put(f"delivery#{fingerprint}", "delivery", {"state": state, "expires_at": expires})

    def get_record(self, name: str, model: type[M]) -> M | None:
        """None where there is none, or its life is over."""
        item = self._get(f"mark#{name}", "mark")
        is_alive = item is not None and int(item.get("expires_at", 0)) > now().timestamp()
        return model.load(json.loads(item["body"])) if item and is_alive else None

    def has_record(self, name: str) -> bool:
        return self.get_record(name, AnyRecord) is not None

    def put_record(self, name: str, record: Model, life: timedelta = timedelta(days=90)) -> None:
        self._put(f"mark#{name}", "mark", _mark(record, now() + life))

    def acquire(self, name: str, record: Model, life: timedelta) -> bool:
        """Stores the record unless an unexpired one is there: of two at once, one gets True."""
        return self._create(f"mark#{name}", "mark", _mark(record, now() + life), unless_alive=True)

    def delete_record(self, name: str) -> None:
        self._delete(f"mark#{name}", "mark")

    # Records that several incidents change together

    def versioned(self, name: str, model: type[M]) -> tuple[M | None, int]:
        """The record and its version, 0 where there is none; consistent."""
        item = self._get(f"mark#{name}", "versioned")
        return (model.load(json.loads(item["body"])), int(item["version"])) if item else (None, 0)

    def set_versioned(self, name: str, record: Model, seen: int) -> bool:
        """Stores it as version `seen` + 1; False where somebody was faster. It never expires."""
        condition, values = as_seen(seen)
        values |= {":body": json.dumps(record.dump()), ":next": seen + 1}
        expression = "SET body = :body, version = :next"
        return self._update(f"mark#{name}", "versioned", expression, values, condition=condition)


def _mark(record: Model, expires: datetime) -> dict[str, str | int]:
    return {"body": json.dumps(record.dump()), "expires_at": int(expires.timestamp())}
