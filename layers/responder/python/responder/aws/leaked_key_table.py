"""Leaked versions of the key, by integration: kept forever, because none may become current again."""

from responder.aws.dynamodb_items import Items, body
from responder.domain.leaked_key import LeakedKey


class LeakedKeyTable(Items):
    """Rows of the incident table. `note` decides which incident owns a leak; then only review_leak changes it."""

    def __init__(self, table_name: str, integration: str) -> None:
        super().__init__(table_name)
        self._pk = f"leaks#{integration}"

    def all(self) -> list[LeakedKey]:
        return self._load_all(self._pk, "leak#", LeakedKey)

    def find(self, version_id: str | None) -> LeakedKey | None:
        return self._load(self._pk, f"leak#{version_id}", LeakedKey) if version_id else None

    def note(self, leak: LeakedKey) -> bool:
        """False if the leak is known already; its row stays."""
        return self._create(self._pk, f"leak#{leak.version_id}", body(leak))

    def keep(self, leak: LeakedKey) -> None:
        self._put(self._pk, f"leak#{leak.version_id}", body(leak))
