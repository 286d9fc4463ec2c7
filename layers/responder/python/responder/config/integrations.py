"""The section `vendors` of runbook.yaml, collected from the integrations' folders.

The folder's name is the section's name; `Settings` in its `settings.py` is the model. A new integration needs no
change here or in runbook.yaml.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import Field, create_model, model_validator

from responder.config.base import ConfigSection, Url
from responder.domain.mode import Mode

T = TypeVar("T", bound="VendorSettings")


class VendorSettings(ConfigSection):
    """Common to all integrations. Every field needs a default: an integration that is not configured is skipped."""

    # For people.
    title: ClassVar[str]
    # Steps that need permission, by name, with their modes; the runbook lists them with the actions.
    modes: ClassVar[Mapping[str, Mode]] = {}

    # Published hosts that its URLs may name beside the default ones, such as another service region's.
    hosts: ClassVar[tuple[str, ...]] = ()

    # A source of alerts: the entries of `scope` that its alerts can match.
    scoped_by: ClassVar[tuple[str, ...]] = ()

    @property
    def sends_alerts(self) -> bool:
        """Whether this deployment expects alerts from it."""
        return False

    @property
    def own_user(self) -> str | None:
        """The user that our own calls appear as; its events are never a person's."""
        return None

    @property
    def approval_flaw(self) -> str | None:
        """What it lacks before the people in `approvals` may press buttons there."""
        return None

    @property
    def chat(self) -> str | None:
        """The channel where responders talk; None if this is no chat."""
        return None


class Vendors(ConfigSection):
    """One field for each folder of `integrations/` with a `settings.py`."""

    def of(self, model: type[T]) -> T:
        """The section whose `Settings` is `model`."""
        found = getattr(self, _name(model))
        assert isinstance(found, model)  # noqa: S101 - the field was made from this very class
        return found

    def named(self, name: str) -> VendorSettings | None:
        found = getattr(self, name, None)
        return found if isinstance(found, VendorSettings) else None

    def own_user(self, name: str) -> str | None:
        """Our own user in `integrations/<name>/`; None if unknown."""
        section = self.named(name)
        return section.own_user if section else None

    def title_of(self, name: str) -> str:
        """The display name of `integrations/<name>/`; the folder's name by default."""
        section = self.named(name)
        return section.title if section else name

    def check_scope(self, named: set[str]) -> None:
        """Raises ValueError if a source's alerts can match none of `named`, the entries of `scope` that are given."""
        for section in (self.named(name) for name in type(self).model_fields):
            if section and section.sends_alerts and not named & set(section.scoped_by):
                wanted = ", ".join(section.scoped_by)
                raise ValueError(f"scope would drop every alert of {section.title}: name some of {wanted}, or say any")

    @property
    def chats(self) -> tuple[str, ...]:
        """Where responders meet, for example `C0123 in Slack`."""
        sections = (self.named(name) for name in type(self).model_fields)
        return tuple(f"{one.chat} in {one.title}" for one in sections if one and one.chat)

    @model_validator(mode="before")
    @classmethod
    def _known(cls, given: Any) -> Any:
        unknown = sorted(set(given) - set(cls.model_fields)) if isinstance(given, dict) else []
        if unknown:
            names = ", ".join(str(name)[:40] for name in unknown)
            raise ValueError(f"no integration is called {names}; there are {', '.join(cls.model_fields)}")
        return given


def _name(model: type[VendorSettings]) -> str:
    return model.__module__.split(".")[-2]


def _models() -> list[type[VendorSettings]]:
    folder = Path(__file__).parent.with_name("integrations")
    names = sorted(path.parent.name for path in folder.glob("*/settings.py"))
    return [import_module(f"responder.integrations.{name}.settings").Settings for name in names]


def modes_of_vendors() -> dict[str, Mode]:
    return {name: mode for model in _models() for name, mode in model.modes.items()}


if not TYPE_CHECKING:
    # An instance as the default would build each model at import.
    fields = {_name(model): (model, Field(default_factory=model)) for model in _models()}
    Vendors = create_model("Vendors", __base__=Vendors, **fields)


class Contacts(ConfigSection):
    support_email: str
    enterprise_email: str
    community_url: Url
    support_url: Url
    response_guide_url: Url
