"""The parameter that holds the service flags."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client, error_code
from responder.domain.service_flags import ServiceFlagsError, read


@dataclass(frozen=True)
class Document:
    """`revision` is SSM's own version of the parameter, which grows with every write, by people too."""

    fields: dict[str, Any]
    revision: int


@dataclass(frozen=True)
class FlagsRefused:
    """The rest of a sentence: why it cannot be read or written."""

    why: str


class ServiceFlagsParameter:
    """SSM has no conditional write: who writes must be the only one who does (responder.actions.overrides.apply)."""

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self) -> Document | FlagsRefused:
        try:
            found = client("ssm").get_parameter(Name=self.name)["Parameter"]
        except (ClientError, BotoCoreError) as error:
            return FlagsRefused(f"the parameter {self.name} could not be read ({_named(error)})")
        try:
            return Document(read(found["Value"]), int(found["Version"]))
        except ServiceFlagsError as error:
            return FlagsRefused(
                f"{error} in the parameter {self.name}, which is left as it is: correct it, or put {{}}"
            )

    def write(self, text: str) -> FlagsRefused | None:
        """Only over what is there: a parameter that somebody deleted is not made again without its template."""
        try:
            client("ssm").put_parameter(Name=self.name, Value=text, Type="String", Overwrite=True)
        except (ClientError, BotoCoreError) as error:
            return FlagsRefused(f"the parameter {self.name} could not be written ({_named(error)})")
        return None


def _named(error: Exception) -> str:
    return error_code(error) or type(error).__name__
