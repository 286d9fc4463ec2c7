"""Authentication by a shared token in a custom header, for vendors without signatures."""

from collections.abc import Mapping, Sequence

from responder.contracts.source import Authenticity, header, matches

HEADER = "X-Webhook-Token"


def authenticate(headers: Mapping[str, str], body: bytes, secrets: Sequence[str]) -> Authenticity:
    del body  # a token proves the sender, not the bytes
    sent = header(headers, HEADER).encode("utf-8", "surrogatepass")
    if not sent:
        return Authenticity.MISSING
    active = [secret.strip().encode("utf-8", "surrogatepass") for secret in secrets]
    return Authenticity.OK if matches([sent], active) else Authenticity.WRONG
