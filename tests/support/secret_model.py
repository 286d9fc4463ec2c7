"""Secrets Manager's version stages as AWS documents them (API reference: PutSecretValue, UpdateSecretVersionStage,
DescribeSecret, GetSecretValue), spoken to over its own protocol. The emulators are laxer."""

import json
import time
from collections.abc import Callable
from typing import Any

# Before the incidents of rotation_world began.
FIRST_MADE = 1_000_000_000.0
CURRENT, PENDING, PREVIOUS = "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"
Json = dict[str, Any]


class Refused(Exception):
    """An error that AWS answers with 400 and this code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SecretModel:
    """One secret. `watch` is called after every change, so that a law can be checked at each moment."""

    def __init__(self, first_version: str, text: str) -> None:
        self.texts = {first_version: text}
        self.made_at = {first_version: FIRST_MADE}
        # One version at most has a label, which is AWS's own rule.
        self.labels = {CURRENT: first_version}
        self.on_change: Callable[[], None] = lambda: None

    def call(self, operation: str, request: Json) -> Json:
        answers: dict[str, Callable[[Json], Json]] = {
            "DescribeSecret": self._describe,
            "GetSecretValue": self._get,
            "PutSecretValue": self._put,
            "UpdateSecretVersionStage": self._update_stage,
        }
        answer = answers[operation](request)
        self.on_change()
        return answer

    def _describe(self, _: Json) -> Json:
        """Only versions that have labels are listed; the others can still be read, for 24 hours at least."""
        stages: dict[str, list[str]] = {}
        for label, version in self.labels.items():
            stages.setdefault(version, []).append(label)
        return {"Name": "twinmind-api-key", "VersionIdsToStages": stages}

    def _get(self, request: Json) -> Json:
        version = request.get("VersionId") or self.labels.get(request.get("VersionStage", CURRENT))
        if version not in self.texts:
            raise Refused("ResourceNotFoundException")
        made = self.made_at.get(version, time.time())
        return {"VersionId": version, "SecretString": self.texts[version], "CreatedDate": made}

    def _put(self, request: Json) -> Json:
        version, text = request["ClientRequestToken"], request["SecretString"]
        if version in self.texts:
            if self.texts[version] != text:
                raise Refused("ResourceExistsException")
            return {"VersionId": version}
        self.texts[version] = text
        self.made_at[version] = time.time()
        for label in request.get("VersionStages", [CURRENT]):
            self.attach(label, version)
        return {"VersionId": version}

    def _update_stage(self, request: Json) -> Json:
        label, target, source = (
            request["VersionStage"],
            request.get("MoveToVersionId"),
            request.get("RemoveFromVersionId"),
        )
        holder = self.labels.get(label)
        if target is not None and target not in self.texts:
            raise Refused("ResourceNotFoundException")
        if holder not in (source, target) or (source is not None and holder != source):
            raise Refused("InvalidParameterException")
        if target is None and label == CURRENT:
            raise Refused("InvalidParameterException")
        if target is None:
            del self.labels[label]
        else:
            self.attach(label, target)
        return {"Name": "twinmind-api-key"}

    def attach(self, label: str, version: str) -> None:
        before = self.labels.get(label)
        self.labels[label] = version
        if label == CURRENT and before not in (None, version):
            self.labels[PREVIOUS] = str(before)


def answer_of(model: SecretModel, target: str, body: bytes) -> tuple[int, bytes]:
    """Status and body for one request in the JSON protocol; `target` is the header X-Amz-Target."""
    try:
        return 200, json.dumps(model.call(target.rsplit(".", maxsplit=1)[-1], json.loads(body))).encode()
    except Refused as refused:
        return 400, json.dumps({"__type": refused.code, "message": refused.code}).encode()
