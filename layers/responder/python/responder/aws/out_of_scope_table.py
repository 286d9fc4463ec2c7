"""The senders whose authentic alerts the scope dropped. A wrong scope loses every alert, so people can list them."""

import json
from dataclasses import dataclass
from datetime import timedelta

from responder.aws.clients import client
from responder.aws.dynamodb_items import Items, key
from responder.domain.alert import Alert
from responder.domain.clock import iso, now

PK, LIFE = "out-of-scope", timedelta(days=30)


@dataclass(frozen=True)
class Dropped:
    """`sender`: the fields of the alert that a scope could name. `deliveries`: how many came; kept 30 days."""

    source: str
    sender: dict[str, str | list[str]]
    deliveries: int
    last_at: str


class OutOfScope(Items):
    def note(self, alert: Alert) -> bool:
        """Counts the alert for its sender. True if the sender is new."""
        sender = {
            "services": [alert.service_id] if alert.service_id else [],
            "service_name": alert.service_name,
            "integrations": [alert.integration_id] if alert.integration_id else [],
            "teams": list(alert.teams[:5]),
            "tags": list(alert.tags[:5]),
        }
        answer = client("dynamodb").update_item(
            TableName=self._name,
            Key=key(PK, f"{alert.source}#{alert.service_id or alert.integration_id or ','.join(alert.teams)[:200]}"),
            UpdateExpression="SET body = :body, last_at = :now, expires_at = :end ADD deliveries :one",
            ExpressionAttributeValues={
                ":body": {"S": json.dumps({"source": alert.source, "sender": {k: v for k, v in sender.items() if v}})},
                ":now": {"S": iso(now())},
                ":end": {"N": str(int((now() + LIFE).timestamp()))},
                ":one": {"N": "1"},
            },
            ReturnValues="UPDATED_NEW",
        )
        return bool(answer["Attributes"]["deliveries"]["N"] == "1")

    def listed(self) -> list[Dropped]:
        found = self._query(KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": PK}})
        return [
            Dropped(**json.loads(item["body"]), deliveries=int(item["deliveries"]), last_at=item["last_at"])
            for item in found
        ]
