"""PagerDuty's signature of webhooks v3 (source: developer-docs, Verifying Signatures)."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from responder.contracts.source import Authenticity, header, matches

HEADER = "X-PagerDuty-Signature"
_V1 = re.compile(r"v1=([0-9a-fA-F]{64})")


def authenticate(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Authenticity:
    """HMAC-SHA256 of the exact bytes; any `v1=` entry of the header may match any secret."""
    sent = header(headers, HEADER)
    if not sent:
        return Authenticity.MISSING
    entries = (_V1.fullmatch(entry.strip()) for entry in sent.split(","))
    signatures = [bytes.fromhex(entry[1]) for entry in entries if entry]
    keys = [secret.encode("utf-8", "surrogatepass") for secret in secrets if secret.strip()]
    expected = [hmac.new(key, body, hashlib.sha256).digest() for key in keys]
    return Authenticity.OK if matches(signatures, expected) else Authenticity.WRONG
