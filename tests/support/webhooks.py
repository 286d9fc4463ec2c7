"""Webhook bodies for tests: our own samples in events/, and how they are read."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from responder.contracts.source import Parsed
from responder.domain.alert import Alert
from responder.integrations.sources import SOURCES

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "events" / "webhooks"
RECEIVED_AT = datetime(2026, 6, 1, 12, tzinfo=UTC)


def body_of(path: Path) -> dict[str, Any]:
    body = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(body, dict)
    return body


def sample(source: str, name: str) -> dict[str, Any]:
    return body_of(SAMPLES / source / f"{name}.json")


def sample_names(source: str) -> list[str]:
    return sorted(path.stem for path in (SAMPLES / source).glob("*.json"))


def parse(source: str, body: Mapping[str, Any], *, bot_user: str | None = None) -> Parsed:
    return SOURCES[source].parse(body, received_at=RECEIVED_AT, bot_user=bot_user)


def alert(source: str, body: Mapping[str, Any], *, bot_user: str | None = None) -> Alert:
    parsed = parse(source, body, bot_user=bot_user)
    assert isinstance(parsed, Alert), parsed
    return parsed


def signature(body: bytes, secret: str) -> str:
    """One entry of X-PagerDuty-Signature."""
    return "v1=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
