"""Authentication by a shared token in a custom header, for vendors without signatures."""

import hmac
from collections.abc import Mapping, Sequence

from responder.contracts.source import Authenticity, header

HEADER = "X-Webhook-Token"


def authenticate(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Authenticity:
    del body  # a token proves the sender, not the bytes
    sent = header(headers, HEADER).encode("utf-8", "surrogatepass")
    if not sent:
        return Authenticity.MISSING
    active = [secret.strip().encode("utf-8", "surrogatepass") for secret in secrets]
    # A list, not a generator: every token is compared, so time does not tell which one matched.
    matches = [hmac.compare_digest(sent, token) for token in active]
    return Authenticity.OK if any(matches) else Authenticity.WRONG
