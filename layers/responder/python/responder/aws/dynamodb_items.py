"""Items of one DynamoDB table: strings and whole numbers, with conditional writes."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from responder.aws.clients import client, error_code
from responder.domain.clock import now

REFUSED = "ConditionalCheckFailedException"


class Items:
    """A conditional write returns False if its condition fails; any other error is raised."""

    def __init__(self, name: str) -> None:
        self._name = name

    def _get(self, pk: str, sk: str) -> dict[str, str] | None:
        answer = client("dynamodb").get_item(TableName=self._name, Key=key(pk, sk), ConsistentRead=True)
        return _plain(answer["Item"]) if "Item" in answer else None

    def _bodies(self, pk: str, prefix: str) -> list[Any]:
        pages = (
            client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self._name,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
                ConsistentRead=True,
            )
        )
        return [json.loads(item["body"]["S"]) for page in pages for item in page["Items"]]

    def _put(self, pk: str, sk: str, item: Mapping[str, str | int]) -> None:
        client("dynamodb").put_item(TableName=self._name, Item=key(pk, sk) | _typed(item))

    def _create(self, pk: str, sk: str, item: Mapping[str, str | int], *, unless_alive: bool = False) -> bool:
        condition = "attribute_not_exists(pk)" + (" OR expires_at <= :now" if unless_alive else "")
        values = {"ExpressionAttributeValues": {":now": _number(now())}} if unless_alive else {}
        return self._unless_refused(
            lambda: client("dynamodb").put_item(
                TableName=self._name, Item=key(pk, sk) | _typed(item), ConditionExpression=condition, **values
            )
        )

    def _update(self, pk: str, sk: str, expression: str, values: Mapping[str, str | int], *, condition: str) -> bool:
        return self._unless_refused(
            lambda: client("dynamodb").update_item(
                TableName=self._name,
                Key=key(pk, sk),
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeValues=_typed(values),
            )
        )

    def _delete(self, pk: str, sk: str) -> None:
        client("dynamodb").delete_item(TableName=self._name, Key=key(pk, sk))

    @staticmethod
    def _unless_refused(write: Callable[[], Any]) -> bool:
        try:
            write()
        except ClientError as error:
            if error_code(error) == REFUSED:
                return False
            raise
        return True


def as_seen(version: int) -> tuple[str, dict[str, str | int]]:
    """Condition and values for "the item still has this version"; 0: "there is no item".

    DynamoDB refuses unused values, and comparing a value with itself.
    """
    return ("version = :seen", {":seen": version}) if version else ("attribute_not_exists(version)", {})


def key(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def _typed(item: Mapping[str, str | int]) -> dict[str, dict[str, str]]:
    return {name: {"N": str(value)} if isinstance(value, int) else {"S": value} for name, value in item.items()}


def _plain(item: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    return {name: next(iter(value.values())) for name, value in item.items()}


def _number(moment: datetime) -> dict[str, str]:
    return {"N": str(int(moment.timestamp()))}
