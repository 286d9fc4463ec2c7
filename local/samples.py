"""The two incidents of events/<function>.json, in a state where every function has something to do."""

import json
from datetime import UTC, datetime
from typing import Any

from local.paths import ROOT

Json = dict[str, Any]

# Stopped, as by a person's StopExecution: neither audit nor alerts start the workflow, so only you change anything.
MAIN, OTHER = "pd-QSAMLOCAL00001", "og-sam-local-00001"
INCIDENTS: dict[str, Json] = {
    MAIN: {
        "source": "pagerduty",
        "upstream_id": "QSAMLOCAL00001",
        "title": "TwinMindHighErrorRate: transcription requests fail with 401",
    },
    OTHER: {
        "source": "opsgenie",
        "upstream_id": "sam-local-00001",
        "title": "TwinMindTranscriptionFailures: no transcription succeeds",
    },
}
# The production key was revoked: the case in which most happens.
WORLD: Json = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}
# The token of the sample delivery; only local clouds accept it.
TOKEN = "token-of-the-sample-delivery"
FIRST_STEPS = ("open_incident", "run_diagnostics", "classify_incident")
# The records of actions stay, because the versions of the secret stay too.
KEPT_MARKS = "mark#twinmind:rotation:"


def event(function: str) -> Json:
    found: Json = json.loads((ROOT / "events" / f"{function}.json").read_text(encoding="utf-8"))
    return found


def logical_id(function: str) -> str:
    return "".join(word.capitalize() for word in function.split("_")) + "Function"


def put_incidents(dynamodb: Any, table: str) -> None:
    """Both incidents as after a new alert, with nothing left of an earlier try."""
    forget(dynamodb, table)
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    for incident_id, about in INCIDENTS.items():
        upstream = {"at": at, "value": "triggered"}
        body = about | {"id": incident_id, "started_at": at, "upstream": upstream, "stopped": True}
        item = {"pk": f"incident#{incident_id}", "sk": "meta", "body": json.dumps(body)}
        item |= {"standing": "open", "started_at": at}
        texts = {name: {"S": value} for name, value in item.items()}
        dynamodb.put_item(TableName=table, Item=texts | {"version": {"N": "1"}, "execution_number": {"N": "1"}})


def forget(dynamodb: Any, table: str) -> None:
    """Removes both, and what they left for the integration: a started rotation, a public notice, a thread, budgets."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ProjectionExpression="pk, sk")
    keys: list[Json] = [item for page in pages for item in page["Items"]]
    samples = [key for key in keys if key["pk"]["S"] in {f"incident#{incident_id}" for incident_id in INCIDENTS}]
    marks = [key for key in keys if _is_mark(key["pk"]["S"])]
    for key in samples + marks if samples else []:
        dynamodb.delete_item(TableName=table, Key=key)


def _is_mark(pk: str) -> bool:
    return pk.startswith("mark#") and not pk.startswith(KEPT_MARKS)


def accept_token(secretsmanager: Any, secret_id: str) -> None:
    """Adds the sample delivery's token to those that the Opsgenie webhook accepts, as in a rotation of the token."""
    present = secretsmanager.get_secret_value(SecretId=secret_id)["SecretString"]
    stored = json.loads(present) if present.startswith("{") else {"active": [present]}
    entry = stored.get("opsgenie", stored)
    active = entry["active"] if isinstance(entry, dict) else [entry]
    if TOKEN not in active:
        changed = {"active": [*active, TOKEN]}
        stored = stored | {"opsgenie": changed} if "opsgenie" in stored else changed
        secretsmanager.put_secret_value(SecretId=secret_id, SecretString=json.dumps(stored))
