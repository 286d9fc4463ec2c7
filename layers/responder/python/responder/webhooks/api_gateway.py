"""What the functions behind the API share: the exact bytes that came in, who vouches for them, the answer."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from responder.aws.active_secrets import active_secrets
from responder.aws.clients import SHORT_TIMEOUT
from responder.aws.secrets import CachedSecret
from responder.config.settings import settings
from responder.contracts.source import Authenticity

Response = dict[str, Any]


def raw_body(event: Mapping[str, Any]) -> bytes | None:
    """The exact bytes that were signed; None where there are none."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass") or None
    try:
        return base64.b64decode(text, validate=True) or None
    except ValueError:
        return None


def is_verified(sender: str, check: Callable[[Sequence[str]], Authenticity]) -> Authenticity | None:
    """What `check` says of the sender's active secrets; None where there is none.

    Looks the secret up once more on a mismatch: it may have been rotated since it was cached.
    Raises SecretUnreadable when Secrets Manager cannot be asked.
    """
    found: Authenticity | None = None
    for missed in (False, True):
        active = active_secrets(_secret().value(missed=missed) or "", sender)
        found = check(active) if active else None
        if found not in (None, Authenticity.WRONG):
            break
    return found


@cache
def _secret() -> CachedSecret:
    return CachedSecret(settings().webhook_secret, config=SHORT_TIMEOUT)


def answer(status: int, body: Mapping[str, Any]) -> Response:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
