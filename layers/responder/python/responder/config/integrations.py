"""The section `vendors` of runbook.yaml, collected from the folders of the integrations.

Each folder gives its name to a part of this section; `Settings` in its `settings.py` is the model. So a new integration
needs no change here or in runbook.yaml.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from pydantic import Field, create_model

from responder.config.base import ConfigSection, Mode, Url

T = TypeVar("T", bound="VendorSettings")


class VendorSettings(ConfigSection):
    """The base of all integrations' settings. Each field needs a default: one that is not configured is skipped."""

    # The vendor's name for people.
    title: ClassVar[str]
    # Steps that need permission: name and mode. The runbook lists them among the modes of the actions.
    modes: ClassVar[Mapping[str, Mode]] = {}

    # Published hosts that its URLs may have besides the default ones, such as another region's.
    hosts: ClassVar[tuple[str, ...]] = ()

    # For a source of alerts: the fields of `scope` that its alerts can match.
    scoped_by: ClassVar[tuple[str, ...]] = ()

    @property
    def sends_alerts(self) -> bool:
        """Whether this deployment expects alerts from it."""
        return False

    @property
    def own_user(self) -> str | None:
        """The vendor's user under which our calls appear. Events of this user never count as a person's."""
        return None

    @property
    def approval_flaw(self) -> str | None:
        """What must be set before the people in `approvals` may press buttons there; None if nothing."""
        return None

    @property
    def chat(self) -> str | None:
        """The chat channel of the responders; None if the vendor has no chat."""
        return None


class Vendors(ConfigSection):
    """One field for each folder of `integrations/` with a `settings.py`."""

    def of(self, model: type[T]) -> T:
        """The settings of one integration, by its class `Settings`."""
        found = getattr(self, _name(model))
        assert isinstance(found, model)  # noqa: S101 - the field was made from this very class
        return found

    def named(self, name: str) -> VendorSettings | None:
        found = getattr(self, name, None)
        return found if isinstance(found, VendorSettings) else None

    def own_user(self, name: str) -> str | None:
        """The user of our own calls to `integrations/<name>/`; None if unknown."""
        section = self.named(name)
        return section.own_user if section else None

    def title_of(self, name: str) -> str:
        """The display name of `integrations/<name>/`; the folder's name by default."""
        section = self.named(name)
        return section.title if section else name

    def check_scope(self, named: set[str]) -> None:
        """Raises ValueError if a source's alerts cannot match any of `named`, the fields of `scope` that are set."""
        for section in (self.named(name) for name in type(self).model_fields):
            if section and section.sends_alerts and not named & set(section.scoped_by):
                wanted = ", ".join(section.scoped_by)
                raise ValueError(f"scope would drop every alert of {section.title}: name some of {wanted}, or say any")

    @property
    def chats(self) -> tuple[str, ...]:
        """The chat channels of the responders, such as `C0123 in Slack`."""
        sections = (self.named(name) for name in type(self).model_fields)
        return tuple(f"{one.chat} in {one.title}" for one in sections if one and one.chat)


def _name(model: type[VendorSettings]) -> str:
    return model.__module__.split(".")[-2]


def _models() -> list[type[VendorSettings]]:
    folder = Path(__file__).parent.with_name("integrations")
    names = sorted(path.parent.name for path in folder.glob("*/settings.py"))
    return [import_module(f"responder.integrations.{name}.settings").Settings for name in names]


def modes_of_vendors() -> dict[str, Mode]:
    return {name: mode for model in _models() for name, mode in model.modes.items()}


if not TYPE_CHECKING:
    # A factory, because an instance as the default would build each model at import.
    fields = {_name(model): (model, Field(default_factory=model)) for model in _models()}
    Vendors = create_model("Vendors", __base__=Vendors, **fields)


class Contacts(ConfigSection):
    support_email: str
    enterprise_email: str
    community_url: Url
    support_url: Url
    response_guide_url: Url
