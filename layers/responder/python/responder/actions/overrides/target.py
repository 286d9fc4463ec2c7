"""The contract of a target: a place that holds settings, such as a parameter or an autoscaler."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from responder.domain.overrides import MergeRule


@dataclass(frozen=True)
class EffectCheck:
    """`is_seen`: the setting's reader applies it. `is_missing`: there is no reader that could say so."""

    is_seen: bool
    text: str
    is_missing: bool = False


class Target(Protocol):
    """A place that holds values by name; a name without a value has None. `read` and `write` raise PlatformRefused."""

    kind: str
    """The part of a setting key before the colon: `flag` of `flag:request_queue`."""
    patience: timedelta
    """How long the reader of the settings may take to apply them, before verifying gives up."""

    def read(self) -> Mapping[str, Any]:
        """The present value of every name that can be set here."""

    def write(self, values: Mapping[str, Any], by: str, reason: str, /) -> None:
        """Sets these names and leaves all others alone; the value None removes a name. Harmless when repeated.

        `by` and `reason`: who changes them (such as `twinmind-responder pd-Q123`) and why, for targets that store it.
        """

    def rule(self, name: str, /) -> MergeRule:
        """How the values that several incidents want become one value."""

    def reached(self, values: Mapping[str, Any], /) -> EffectCheck:
        """Whether the reader of these settings applies these values. It only reads."""


def setting_key_of(target: Target, name: str) -> str:
    return f"{target.kind}:{name}"


def name_of(setting_key: str) -> str:
    return setting_key.split(":", 1)[1]
