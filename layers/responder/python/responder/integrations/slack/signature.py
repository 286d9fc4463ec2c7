"""Slack's signature: v0 of version, timestamp and exact body (docs.slack.dev, "Verifying requests")."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from responder.contracts.source import Authenticity, header, matches

SIGNATURE, TIMESTAMP = "X-Slack-Signature", "X-Slack-Request-Timestamp"
WINDOW_SECONDS = 300
_V0 = re.compile(r"v0=([0-9a-f]{64})")
_SECONDS = re.compile(r"[0-9]{1,12}")


def authenticate(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], at: datetime) -> Authenticity:
    """OLD: a right signature, but more than five minutes before or after `at`: a replay."""
    signature, timestamp = header(headers, SIGNATURE), header(headers, TIMESTAMP)
    if not signature or not timestamp:
        return Authenticity.MISSING
    sent, seconds = _V0.fullmatch(signature), _SECONDS.fullmatch(timestamp)
    if sent is None or seconds is None:
        return Authenticity.WRONG
    keys = [secret.encode("utf-8", "surrogatepass") for secret in secrets if secret.strip()]
    signed = b"v0:" + timestamp.encode() + b":" + body
    expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in keys]
    if not matches([bytes.fromhex(sent[1])], expected):
        return Authenticity.WRONG
    return Authenticity.OK if abs(at.timestamp() - int(timestamp)) <= WINDOW_SECONDS else Authenticity.OLD
