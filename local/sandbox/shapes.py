"""The type of every JSON object in the sandbox."""

from typing import Any

Json = dict[str, Any]
