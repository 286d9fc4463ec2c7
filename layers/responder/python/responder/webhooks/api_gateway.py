"""Common code of the functions behind the API: the exact request bytes, their verification, the response."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.active_secrets import active_secrets
from responder.aws.clients import SHORT_TIMEOUT
from responder.aws.metrics import count
from responder.aws.secrets import CachedSecret, SecretUnreadable
from responder.config.settings import settings
from responder.contracts.source import Authenticity

ProxyResponse = dict[str, Any]
# Takes headers, the exact body and the active secrets.
Verifier = Callable[[Mapping[str, str], bytes, Sequence[str]], Authenticity]
MAX_BODY_BYTES = 256 * 1024

logger = Logger()


@dataclass(frozen=True)
class Sender:
    """Whose requests a function takes, and the metrics for refused requests.

    `addresses`: the sender's published ones. A wrong signature from there means a wrong secret here, and counts as
    `wrong`. Without published addresses, any wrong credential does. Other refused requests count as `anybody`.
    """

    name: str
    anybody: str
    wrong: str = ""
    addresses: frozenset[str] = frozenset()

    def count_refused(self, event: Mapping[str, Any], found: Authenticity | None) -> None:
        identity = (event.get("requestContext") or {}).get("identity") or {}
        is_theirs = identity.get("sourceIp") in self.addresses if self.addresses else found is not Authenticity.MISSING
        count(self.wrong if self.wrong and is_theirs else self.anybody)


def checked_body(event: Mapping[str, Any], check: Verifier, sender: Sender, *, again: str) -> bytes | ProxyResponse:
    """The exact bytes that `sender` signed, or the refusal.

    413 and 400: no body of a valid size. 401: not the sender's signature. 503: temporary; `again` says how to repeat.
    """
    body = raw_body(event)
    if body is None or len(body) > MAX_BODY_BYTES:
        return answer(413 if body else 400, {"error": f"the body must have 1 to {MAX_BODY_BYTES} bytes"})
    headers = event.get("headers") or {}
    try:
        found = is_verified(sender.name, lambda active: check(headers, body, active))
    except SecretUnreadable as error:
        count("WebhookNotStored")
        logger.error("the secret for signatures could not be read", extra={"error": str(error)})
        return answer(503, {"error": f"cannot verify the request now; {again}"})
    if found is None:
        sender.count_refused(event, found)
        logger.error("the secret for signatures has no value that can be used; see docs/deploy.md#2-configure")
        return answer(503, {"error": f"this stack has no secret of {sender.name} that it can use; {again}"})
    if found is Authenticity.OK:
        return body
    if found is not Authenticity.OLD:
        sender.count_refused(event, found)
    logger.warning("refused: not signed by the sender just now", extra={"signature": found.value})
    # Only signatures have a time; a token is never old.
    what = "signature" if found is Authenticity.OLD else "signature or token"
    return answer(401, {"error": f"the {what} is {found.value}"})


def raw_body(event: Mapping[str, Any]) -> bytes | None:
    """The exact signed bytes; None if there are none."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return text.encode("utf-8", "surrogatepass") or None
    try:
        return base64.b64decode(text, validate=True) or None
    except ValueError:
        return None


def is_verified(sender: str, check: Callable[[Sequence[str]], Authenticity]) -> Authenticity | None:
    """The result of `check` with the sender's active secrets; None if there is none.

    After a mismatch it reads the secret again, since it may have been rotated. Raises SecretUnreadable if Secrets
    Manager fails.
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


def html_answer(status: int, page: str, policy: str) -> ProxyResponse:
    """A page that is not cached, framed or indexed; `policy` is its Content-Security-Policy."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
        "Strict-Transport-Security": "max-age=31536000",
    }
    return {"statusCode": status, "headers": headers, "body": page, "isBase64Encoded": False}


def answer(status: int, body: Mapping[str, Any]) -> ProxyResponse:
    return {"statusCode": status, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
