"""Where settings live: what an override needs of a parameter, an autoscaler or whatever comes next."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from responder.domain.overrides import MergeRule


@dataclass(frozen=True)
class TargetFailed:
    """Why a target could not be read or written: the rest of a sentence for people, without any secret."""

    why: str


@dataclass(frozen=True)
class Note:
    """Who switches and why, where a target can keep it: `by` such as `twinmind-responder pd-Q123`."""

    by: str
    reason: str


@dataclass(frozen=True)
class EffectCheck:
    """Whether the setting's reader applies it. `is_missing`: there is no reader that could say so."""

    is_seen: bool
    text: str
    is_missing: bool = False


class Target(Protocol):
    """Values by name; None where a name has none. Nothing here raises for what the other side may answer."""

    kind: str
    """The part of a setting key before the colon: `flag` of `flag:request_queue`."""

    def read(self) -> Mapping[str, Any] | TargetFailed:
        """Every name that can be switched here, as it is now."""

    def write(self, values: Mapping[str, Any], note: Note, /) -> TargetFailed | None:
        """Sets these names and leaves all others alone; None as a value takes the name away. Harmless when repeated."""

    def rule(self, name: str, /) -> MergeRule:
        """How the desired values of several incidents become one."""

    def reached(self, values: Mapping[str, Any], /) -> EffectCheck:
        """Whether their reader applies these values. Reads only."""


def setting_key_of(target: Target, name: str) -> str:
    return f"{target.kind}:{name}"


def name_of(setting_key: str) -> str:
    return setting_key.split(":", 1)[1]
