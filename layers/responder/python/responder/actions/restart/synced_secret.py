"""Whether the Secret that the pods read holds the current key, and what would bring the key there. Pure.

A new value in AWS Secrets Manager alone does not reach a pod (docs/twinmind.md#names). External Secrets Operator copies
it when the ExternalSecret is changed (external-secrets.io, "FAQ": "Can I manually trigger a secret refresh?").
"""

import base64
import binascii
import hmac

from responder.clients.kubernetes_rollout import annotations
from responder.clients.responses import Json
from responder.domain.redact import remember

FORCE_SYNC = "force-sync"


def carries(secret: Json, field: str, key: str) -> bool | None:
    """Whether the Secret's `field` holds `key`; None if it has no such field. The value is redacted from now on."""
    held = (secret.get("data") or {}).get(field)
    if not isinstance(held, str):
        return None
    try:
        text = base64.b64decode(held, validate=True).strip()
    except binascii.Error:
        return False
    remember(text.decode(errors="replace"))
    return hmac.compare_digest(text, key.strip().encode())


def never_refreshes(external: Json) -> str | None:
    """Why the operator never updates an existing Secret, or None (its documentation, "Update behavior with 3 different
    refresh policies")."""
    spec = external.get("spec") or {}
    policy, interval = spec.get("refreshPolicy") or "Periodic", str(spec.get("refreshInterval", "1h"))
    if policy == "CreatedOnce":
        return "its refreshPolicy is CreatedOnce"
    return "its refreshInterval is 0" if policy == "Periodic" and interval.rstrip("hms") == "0" else None


def is_forced(external: Json, stamp: str) -> bool:
    return annotations(external).get(FORCE_SYNC) == stamp


def last_refresh(external: Json) -> str:
    """A clause with the operator's own words on the last refresh."""
    status = external.get("status") or {}
    ready: Json = next((one for one in status.get("conditions") or [] if one.get("type") == "Ready"), {})
    word = ready.get("reason") or "it says nothing of its state"
    message = f": {ready['message']}" if ready.get("status") == "False" and ready.get("message") else ""
    return f"{word}{message}; last refresh {status.get('refreshTime') or 'unknown'}"
