"""What people are to be reminded of later: rows of the incident table by the day on which they fall due.

| pk                     | sk                          | what                                       |
|------------------------|-----------------------------|--------------------------------------------|
| reminder#<YYYY-MM-DD>  | <due>#<incident id>#<hours> | one reminder; deleted when handled         |
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from responder.aws.clients import client
from responder.aws.dynamodb_items import Items
from responder.domain.clock import iso

# An alarm reports an audit that did not run for days; older reminders are not sent.
LOOKED_BACK_DAYS, AT_ONCE = 3, 10
LIFE = timedelta(days=30)


@dataclass(frozen=True)
class Reminder:
    """`closed`: the closing it belongs to, in Unix seconds; after a reopening it no longer applies."""

    due_at: str
    incident_id: str
    hours: int
    closed: int

    @property
    def sort_key(self) -> tuple[str, str]:
        return f"reminder#{self.due_at[:10]}", f"{self.due_at}#{self.incident_id}#{self.hours}"


class Reminders(Items):
    def plan(self, incident_id: str, hours: int, due_at: datetime, closed_at: datetime) -> None:
        """Planning it again changes nothing."""
        closed = int(closed_at.timestamp())
        one = Reminder(iso(due_at), incident_id, hours, closed)
        body = json.dumps({"due_at": one.due_at, "incident_id": incident_id, "hours": hours, "closed": closed})
        self._put(*one.sort_key, {"body": body, "expires_at": int((due_at + LIFE).timestamp())})

    def due(self, now: datetime) -> list[Reminder]:
        """The oldest few of the last days: one short query per day."""
        found: list[Reminder] = []
        for back in range(LOOKED_BACK_DAYS - 1, -1, -1):
            answer = client("dynamodb").query(
                TableName=self._name,
                KeyConditionExpression="pk = :pk AND sk <= :now",
                ExpressionAttributeValues={
                    ":pk": {"S": f"reminder#{iso(now - timedelta(days=back))[:10]}"},
                    ":now": {"S": f"{iso(now)}~"},
                },
                Limit=AT_ONCE,
            )
            found += [Reminder(**json.loads(item["body"]["S"])) for item in answer["Items"]]
        return found[:AT_ONCE]

    def done(self, reminder: Reminder) -> None:
        self._delete(*reminder.sort_key)
