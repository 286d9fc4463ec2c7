"""A rotation between the model of Secrets Manager, a table on moto and a small TwinMind, where any call can fail."""

import dataclasses
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError
from moto.secretsmanager.models import secretsmanager_backends

from responder.actions.last_rotation import Purpose
from responder.actions.rotate_key.rotation import Rotation
from responder.actions.rotate_key.steps import rotate
from responder.aws.clients import client
from responder.aws.secret_versions import Versions
from responder.clients.http import Http
from responder.context import open_context
from responder.domain.diagnosis import Cause
from responder.domain.incident import Incident
from tests.support import near_aws
from tests.support.inprocess import ACCOUNT, REGION, empty_table
from tests.support.secret_model import CURRENT, PENDING, SecretModel, answer_of
from tests.support.tables import API_KEY_SECRET, RUNBOOK_PARAMETER, STANDBY_SECRET, keep_incident, set_parameter

FIRST = "00000000-0000-4000-8000-00000000000a"
FOREIGN = "00000000-0000-4000-8000-00000000000f"


class CallLost(BotoCoreError):
    """No answer came; botocore does not repeat it, so that one fault is one fault."""

    fmt = "no answer"


# What the function answers, as the machine reads it.
Outcome = dict[str, str | None]


@dataclasses.dataclass
class RotationWorld:
    """`faults`: number of a call → fail (nothing happens), lost (it happens, unheard), repeat (it happens twice).

    `leaked`: this key works, and no version with it must become current again once it was replaced.
    """

    model: SecretModel
    keys: dict[str, bool]
    faults: dict[int, str] = dataclasses.field(default_factory=dict)
    calls: list[str] = dataclasses.field(default_factory=list)
    passed: set[str] = dataclasses.field(default_factory=set)
    promoted: list[str] = dataclasses.field(default_factory=list)
    broken_laws: list[str] = dataclasses.field(default_factory=list)
    leaked: str | None = None
    current_was_revoked: bool = False

    def __post_init__(self) -> None:
        self._old_works = self.works(FIRST)
        self._foreign = self.model.texts.get(FOREIGN)
        self._current = FIRST
        self.model.on_change = self._check_laws

    def works(self, version: str) -> bool:
        return self.keys.get(self.key_in(version), False)

    def key_in(self, version: str) -> str:
        text = self.model.texts[version]
        return str(json.loads(text)["api_key"]) if text.startswith("{") else text

    @property
    def current(self) -> str:
        return self.model.labels[CURRENT]

    @property
    def labelled(self) -> set[str]:
        return set(self.model.labels.values())

    def by_a_person(self, change: Callable[[], object]) -> None:
        """A person moves labels: the laws are ours, not theirs."""
        change()
        self._current = self.current

    def revoke(self, key: str) -> None:
        """A person revokes a key in TwinMind's dashboard; nobody can keep the current one working then."""
        self.keys[key] = False
        if self.key_in(self.current) == key:
            self._old_works, self.current_was_revoked = False, True

    def _check_laws(self) -> None:
        if CURRENT not in self.model.labels:
            self.broken_laws.append("no version is current")
        if self.current != self._current:
            self._current = self.current
            self.promoted.append(self.current)
            if self.key_in(self.current) not in self.passed:
                self.broken_laws.append(f"{self.current} became current without a passing test")
            if not self.works(self.current):
                self.broken_laws.append("a key that does not work became current")
            if self.key_in(self.current) == self.leaked:
                self.broken_laws.append("a leaked key became current")
        if self._foreign and self.model.labels.get(PENDING) != FOREIGN:
            self.broken_laws.append("another's AWSPENDING was touched")
        if self._old_works and not self.works(self.current):
            self.broken_laws.append("the old key worked, and the current one does not")

    def step(self, incident: str, step: str, **ids: str | None) -> Outcome:
        """One invocation of the function: `ids` are version_id and old_version_id."""
        transport = httpx.MockTransport(self._twinmind)
        ctx = dataclasses.replace(open_context({"incident_id": incident, "execution_number": 1}), http=Http(transport))
        purpose: Purpose = "contain" if ids.get("purpose") == "contain" else "rotate"
        rotation = Rotation(ctx, Versions(API_KEY_SECRET), purpose)
        result = rotate(rotation, step, ids.get("version_id"), ids.get("old_version_id"))
        return result.model_dump(mode="json")

    def fault_here(self, call: str) -> str | None:
        self.calls.append(call)
        return self.faults.get(len(self.calls) - 1)

    def _twinmind(self, request: httpx.Request) -> httpx.Response:
        fault = self.fault_here("GET /v1/me")
        if fault == "fail":
            raise httpx.ConnectError("refused")
        key = request.headers["Authorization"].removeprefix("Bearer ")
        if fault == "lost":
            raise httpx.ReadTimeout("late")
        if fault == "repeat":
            return httpx.Response(503)
        if self.keys.get(key):
            self.passed.add(key)
        return httpx.Response(200 if self.keys.get(key) else 401, json={})

    def call(self, real: Any, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Instead of the SDK's own call; `real` is that one."""
        if client.meta.service_model.service_name not in ("secretsmanager", "dynamodb"):
            return real(client, operation, parameters)
        fault = self.fault_here(operation)
        if fault == "fail":
            raise CallLost
        if operation == "PutSecretValue" and parameters["ClientRequestToken"] in self.labelled:
            self.broken_laws.append("a token that was there was put again")
        answer = self._answer(real, client, operation, parameters)
        if fault == "repeat":
            return self._answer(real, client, operation, parameters)
        if fault == "lost":
            raise CallLost
        return answer

    def _answer(self, real: Any, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if parameters.get("SecretId") in (None, STANDBY_SECRET):
            return real(client, operation, parameters)
        return near_aws.answered(client, operation, parameters, self._secret)

    def _secret(self, request: dict[str, Any]) -> tuple[int, dict[str, Any], bytes]:
        status, body = answer_of(self.model, request["headers"]["X-Amz-Target"], request["body"])
        return status, {}, body


def leaked_key_incident(incident_id: str) -> Incident:
    return rejected_key_incident(incident_id).model_copy(update={"cause": Cause.KEY_LEAKED})


def rejected_key_incident(incident_id: str) -> Incident:
    started = datetime(2026, 6, 1, tzinfo=UTC)
    return Incident(
        id=incident_id,
        source="pagerduty",
        upstream_id=incident_id,
        started_at=started,
        cause=Cause.KEY_REJECTED,
        confidence=0.95,
    )


@contextmanager
def rotation_world(
    world: RotationWorld,
    standby: list[str],
    *,
    incidents: tuple[str, ...] = ("pd-1",),
    json_field: str | None = None,
    leaked: bool = False,
) -> Iterator[RotationWorld]:
    """Inside `empty_tables()`: an empty table but for the incidents, the staged keys, and `world` as the rest."""
    empty_table()
    for incident in incidents:
        keep_incident(leaked_key_incident(incident) if leaked else rejected_key_incident(incident))
    service = {"base_url": "http://127.0.0.1", "restart_hook_path": "/restart"}
    endpoints = {"twinmind": {"key_json_field": json_field}, "service": service}
    override = {"modes": {"contain": "auto"}, "endpoints": endpoints}
    set_parameter(RUNBOOK_PARAMETER, json.dumps(override))
    secrets_of_moto = secretsmanager_backends[ACCOUNT][REGION].secrets
    for name in list(secrets_of_moto):
        secrets_of_moto.pop(name)
    staged = json.dumps({"keys": standby})
    client("secretsmanager").create_secret(Name=STANDBY_SECRET, SecretString=staged)
    real = BaseClient._make_api_call  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", lambda *call: world.call(real, *call))
        yield world
