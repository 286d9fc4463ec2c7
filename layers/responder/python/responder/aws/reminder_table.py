"""What people are to be reminded of later: rows of the incident table by the day on which they fall due.

| pk                     | sk                          | what                                       |
|------------------------|-----------------------------|--------------------------------------------|
| reminder#<YYYY-MM-DD>  | <due>#<incident id>#<hours> | one reminder; deleted when handled         |
"""

import json
from datetime import datetime, timedelta

from pydantic import AwareDatetime

from responder.aws.clients import client
from responder.aws.dynamodb_items import Items, body
from responder.domain.clock import iso
from responder.domain.model import Model

# An alarm reports an audit that did not run for days; older reminders are not sent.
LOOKED_BACK_DAYS, AT_ONCE = 3, 10
LIFE = timedelta(days=30)


class Reminder(Model):
    """`closed`: the closing it belongs to, in Unix seconds; after a reopening it no longer applies."""

    due_at: AwareDatetime
    incident_id: str
    hours: int
    closed: int

    @property
    def sort_key(self) -> tuple[str, str]:
        return f"reminder#{iso(self.due_at)[:10]}", f"{iso(self.due_at)}#{self.incident_id}#{self.hours}"


class Reminders(Items):
    def plan(self, reminder: Reminder) -> None:
        """Planning it again changes nothing."""
        expires_at = int((reminder.due_at + LIFE).timestamp())
        self._put(*reminder.sort_key, body(reminder) | {"expires_at": expires_at})

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
            found += [Reminder.load(json.loads(item["body"]["S"])) for item in answer["Items"]]
        return found[:AT_ONCE]

    def done(self, reminder: Reminder) -> None:
        self._delete(*reminder.sort_key)
