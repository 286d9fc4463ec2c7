"""The reminders for people: items of the incident table, by the day on which they are due.

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

# Older reminders are not sent. If the audit does not run for days, an alarm says so.
LOOKED_BACK_DAYS, AT_ONCE = 3, 10
LIFE = timedelta(days=30)


class Reminder(Model):
    """`hours`: after the closing. `closed`: the time of this closing in Unix seconds; after another one it is void."""

    due_at: AwareDatetime
    incident_id: str
    hours: int
    closed: int

    @property
    def sort_key(self) -> tuple[str, str]:
        return f"reminder#{iso(self.due_at)[:10]}", f"{iso(self.due_at)}#{self.incident_id}#{self.hours}"


class Reminders(Items):
    def plan(self, reminder: Reminder) -> None:
        """Stores the reminder. To plan it again changes nothing."""
        expires_at = int((reminder.due_at + LIFE).timestamp())
        self._put(*reminder.sort_key, body(reminder) | {"expires_at": expires_at})

    def due(self, now: datetime) -> list[Reminder]:
        """The oldest reminders that are due, at most AT_ONCE. It makes one query for each of the last days."""
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
