"""The reminders for people: items of the incident table, with the key `reminder`, `<due>#<incident id>#<hours>`.

Each is deleted when it is handled.
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
        return "reminder", f"{iso(self.due_at)}#{self.incident_id}#{self.hours}"


class Reminders(Items):
    def plan(self, reminder: Reminder) -> None:
        """Stores the reminder. To plan it again changes nothing."""
        expires_at = int((reminder.due_at + LIFE).timestamp())
        self._put(*reminder.sort_key, body(reminder) | {"expires_at": expires_at})

    def due(self, now: datetime) -> list[Reminder]:
        """The oldest reminders that are due, at most AT_ONCE."""
        first_day = iso(now - timedelta(days=LOOKED_BACK_DAYS - 1))[:10]
        answer = client("dynamodb").query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first_day AND :now",
            ExpressionAttributeValues={
                ":pk": {"S": "reminder"},
                ":first_day": {"S": first_day},
                ":now": {"S": f"{iso(now)}~"},
            },
            Limit=AT_ONCE,
        )
        return [Reminder.load(json.loads(item["body"]["S"])) for item in answer["Items"]]

    def done(self, reminder: Reminder) -> None:
        self._delete(*reminder.sort_key)
