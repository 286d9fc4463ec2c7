"""The same cloud for a file of attacks as for a file of contracts."""

from tests.contract.conftest import cloud, world

__all__ = ["cloud", "world"]
