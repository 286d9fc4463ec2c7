"""The latest probe run of an integration, so that concurrent incidents share one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from responder.aws.clients import client
from responder.aws.dynamodb_items import Items, key
from responder.domain.clock import iso, now
from responder.domain.finding import Finding

# Longer than a probe run: if its owner died, the run expires.
CLAIM_LIFE = timedelta(seconds=40)
KEPT = timedelta(minutes=5)


@dataclass(frozen=True)
class SharedProbeRun:
    """`stamp` identifies the run; `findings` is None while it is in progress."""

    stamp: str
    by: str
    began: datetime
    alive: bool
    findings: tuple[Finding, ...] | None


class ProbeRunTable(Items):
    """One item of the incident table per `name`: `mark#look:<name>`."""

    def last(self, name: str) -> SharedProbeRun | None:
        item = self._get(*_place(name))
        if item is None:
            return None
        body = json.loads(item["body"])
        found = body.get("findings")
        return SharedProbeRun(
            stamp=item["stamp"],
            by=body["by"],
            began=datetime.fromisoformat(body["began"]),
            alive=int(item["expires_at"]) > now().timestamp(),
            findings=None if found is None else tuple(Finding.load(one) for one in found),
        )

    def begin(self, name: str, by: str, seen: SharedProbeRun | None) -> str | None:
        """The new run's stamp; None if somebody else began one since `seen` was read."""
        began = iso(now())
        stamp = f"{by}@{began}"
        condition = "attribute_not_exists(pk) OR stamp = :seen"
        item = _item(stamp, {"by": by, "began": began, "findings": None}, now() + CLAIM_LIFE)
        values = {":seen": {"S": seen.stamp if seen else "-"}}

        def write() -> None:
            client("dynamodb").put_item(
                TableName=self._name,
                Item=key(*_place(name)) | item,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
            )

        return stamp if self._unless_refused(write) else None

    def finish(self, name: str, stamp: str, findings: list[Finding]) -> None:
        """A late write is harmless: readers check when the run began."""
        by, _, began = stamp.rpartition("@")
        body = {"by": by, "began": began, "findings": [one.dump() for one in findings]}
        client("dynamodb").put_item(TableName=self._name, Item=key(*_place(name)) | _item(stamp, body, now() + KEPT))


def _place(name: str) -> tuple[str, str]:
    return f"mark#look:{name}", "mark"


def _item(stamp: str, body: Mapping[str, object], expires: datetime) -> dict[str, dict[str, str]]:
    return {
        "stamp": {"S": stamp},
        "body": {"S": json.dumps(body)},
        "expires_at": {"N": str(int(expires.timestamp()))},
    }
