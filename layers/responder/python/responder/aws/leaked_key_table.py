"""Leaked keys, by integration: kept forever, because none may become current again."""

import hashlib
import hmac
import secrets
from functools import cached_property

from responder.aws.dynamodb_items import Items, body
from responder.domain.leaked_key import LeakedKey


class LeakedKeyTable(Items):
    """Rows of the incident table. `note` decides which incident owns a leak; then review_leak changes it."""

    def __init__(self, table_name: str, integration: str) -> None:
        super().__init__(table_name)
        self._pk = f"leaks#{integration}"

    def fingerprint(self, key: str) -> str:
        """64 hex digits, the same for the same key for as long as the table lives; people see the first 8."""
        return hmac.new(self._hmac_key, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    @cached_property
    def _hmac_key(self) -> bytes:
        """Made once for the integration; it lies beside what it fingerprints, so neither is lost or restored alone."""
        while (item := self._get(self._pk, "hmac-key")) is None:
            self._create(self._pk, "hmac-key", {"body": secrets.token_hex(32)})
        return bytes.fromhex(item["body"])

    def all(self) -> list[LeakedKey]:
        return self._load_all(self._pk, "leak#", LeakedKey)

    def find(self, key: str | None) -> LeakedKey | None:
        """By the key itself; None for a key that is not known to have leaked."""
        return self._load(self._pk, f"leak#{self.fingerprint(key)}", LeakedKey) if key else None

    def note(self, leak: LeakedKey) -> bool:
        """False if the leak is known already; its row stays."""
        return self._create(self._pk, f"leak#{leak.fingerprint}", body(leak))

    def keep(self, leak: LeakedKey) -> None:
        """Versions and incidents that others have added meanwhile stay."""
        if known := self._load(self._pk, f"leak#{leak.fingerprint}", LeakedKey):
            leak = leak.after(known)
        self._put(self._pk, f"leak#{leak.fingerprint}", body(leak))
