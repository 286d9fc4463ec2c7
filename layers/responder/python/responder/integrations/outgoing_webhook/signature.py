"""Standard Webhooks 1.0.0: `webhook-id`, `webhook-timestamp` and `webhook-signature` (standardwebhooks.com). Pure."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

PREFIX = "whsec_"
_SIZES = range(24, 65)  # bytes of a key


def keys_of(secret: str) -> tuple[bytes, ...]:
    """The keys of one or more `whsec_<base64>`, separated by blanks, for rotation. None if one is invalid."""
    try:
        keys = [base64.b64decode(one.removeprefix(PREFIX), validate=True) for one in secret.split()]
    except binascii.Error:
        return ()
    is_good = all(one.startswith(PREFIX) for one in secret.split()) and all(len(key) in _SIZES for key in keys)
    return tuple(keys) if is_good else ()


def headers_of(message_id: str, at: datetime, body: bytes, keys: tuple[bytes, ...]) -> dict[str, str]:
    """HMAC-SHA256 of id, timestamp (Unix seconds) and the exact body, once per key."""
    timestamp = str(int(at.timestamp()))
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
    return {
        "content-type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
