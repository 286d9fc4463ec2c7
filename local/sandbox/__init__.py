"""The outside world, faked at the HTTP boundary: TwinMind, its status page, our service and the vendors."""

from local.sandbox.app import Sandbox, create_app
from local.sandbox.keys import SecretKey
from local.sandbox.world import World, WorldError

__all__ = ["Sandbox", "SecretKey", "World", "WorldError", "create_app"]
