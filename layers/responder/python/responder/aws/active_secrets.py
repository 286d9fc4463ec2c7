"""The active secrets inside one stored secret string."""

import json


def active_secrets(secret_string: str) -> tuple[str, ...]:
    """Secrets of a plain string or of `{"active": ["…", "…"]}`; empty when there is nothing usable (HTTP 503).

    An object without `active` is empty too: guessing a field would accept a signature made with the wrong value.
    """
    plain = secret_string.strip()
    try:
        stored = json.loads(plain)
    except (ValueError, RecursionError):
        stored = plain
    if not isinstance(stored, dict):
        return (plain,) if plain else ()
    active = stored.get("active")
    listed = [active] if isinstance(active, str) else active if isinstance(active, list) else []
    stripped = (secret.strip() for secret in listed if isinstance(secret, str))
    return tuple(dict.fromkeys(secret for secret in stripped if secret))
