"""The active secrets in one stored secret string."""

import re
import unicodedata

from responder.domain.json_text import parse_json
from responder.domain.secret_shape import hidden, is_plain

# Words for "no value", also in quotes: people paste a value with its quotes.
_NONE = re.compile(
    r"""["'`]{0,2}\s*(?:[0.]+|null|none|nil|undefined|true|false|nan|n/a|-*)\s*["'`]{0,2}""", re.IGNORECASE
)


def active_secrets(secret_string: str, sender: str | None = None) -> tuple[str, ...]:
    """The secrets in a plain string or in `{"active": ["…", "…"]}`; empty if none is usable (HTTP 503).

    With `sender`: those of its entry in `{"pagerduty": …, "slack": …}`, in one of these forms. A string without entries
    counts for every sender. An object without `active` gives none: a guessed field could accept a wrong signature. A
    value of another form (a bare list, null, cut JSON, invisible characters) gives none either: no sender signs with
    it, and a 401 would blame the sender.
    """
    plain = secret_string.strip()
    stored = parse_json(plain)
    if not isinstance(stored, dict):
        inner = stored if isinstance(stored, str) else plain
        return (plain,) if is_plain(plain) and _is_secret(plain) and _is_secret(inner.strip()) else ()
    entry = stored.get(sender, stored) if sender else stored
    active = entry.get("active") if isinstance(entry, dict) else entry
    listed = [active] if isinstance(active, str) else active if isinstance(active, list) else []
    stripped = (secret.strip() for secret in listed if isinstance(secret, str))
    return tuple(dict.fromkeys(secret for secret in stripped if _is_secret(secret)))


def _is_secret(text: str) -> bool:
    """False for what a program writes if it has no value, such as `null`: anybody could guess that."""
    return not hidden(text) and not _NONE.fullmatch(unicodedata.normalize("NFKC", text))
