"""The leaked keys of each integration. They are kept forever, because none may become current again."""

import hashlib
import hmac
import secrets
from functools import cached_property

from responder.aws.dynamodb_items import Items, body
from responder.domain.leaked_key import LeakedKey


class LeakedKeyTable(Items):
    """Items of the incident table. The incident whose `note` comes first owns the leak; then review_leak changes it."""

    def __init__(self, table_name: str, integration: str) -> None:
        super().__init__(table_name)
        self._pk = f"leaks#{integration}"

    def fingerprint(self, key: str) -> str:
        """An HMAC of the key as 64 hex digits. It never changes while the table exists; people see the first 8."""
        return hmac.new(self._hmac_key, key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

    @cached_property
    def _hmac_key(self) -> bytes:
        """It is made once for the integration, and stored beside the fingerprints: one is useless without the other."""
        while (item := self._get(self._pk, "hmac-key")) is None:
            self._create(self._pk, "hmac-key", {"body": secrets.token_hex(32)})
        return bytes.fromhex(item["body"])

    def all(self) -> list[LeakedKey]:
        return self._load_all(self._pk, "leak#", LeakedKey)

    def find(self, key: str | None) -> LeakedKey | None:
        """The leak of this very key; None if it is not known to have leaked."""
        return self._load(self._pk, f"leak#{self.fingerprint(key)}", LeakedKey) if key else None

    def note(self, leak: LeakedKey) -> bool:
        """Stores a new leak; False, with nothing changed, if the key's leak is known already."""
        return self._create(self._pk, f"leak#{leak.fingerprint}", body(leak))

    def keep(self, leak: LeakedKey) -> None:
        """Stores the leak, and keeps the versions and incidents that others added to it meanwhile."""
        if known := self._load(self._pk, f"leak#{leak.fingerprint}", LeakedKey):
            leak = leak.after(known)
        self._put(self._pk, f"leak#{leak.fingerprint}", body(leak))
