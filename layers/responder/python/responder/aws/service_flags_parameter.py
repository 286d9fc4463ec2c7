"""The SSM parameter with the service flags."""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client, error_code
from responder.domain.service_flags import ServiceFlags, ServiceFlagsError, read


@dataclass(frozen=True)
class StoredFlags:
    """`revision`: SSM's version of the parameter. Every write adds 1 to it, also a person's."""

    flags: ServiceFlags
    revision: int


class ServiceFlagsParameter:
    """Reads and writes the parameter. Both raise ServiceFlagsError.

    SSM has no conditional write, so only one writer at a time is allowed (responder.actions.overrides.apply).
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def read(self) -> StoredFlags:
        try:
            found = client("ssm").get_parameter(Name=self.name)["Parameter"]
        except (ClientError, BotoCoreError) as error:
            raise self._failed("read", error) from error
        try:
            return StoredFlags(read(found["Value"]), int(found["Version"]))
        except ServiceFlagsError as error:
            why = f"{error} in the parameter {self.name}, which is left as it is: correct it, or put {{}}"
            raise ServiceFlagsError(why) from error

    def write(self, text: str) -> None:
        """Overwrites the text. A parameter that was deleted is not created again outside its template."""
        try:
            client("ssm").put_parameter(Name=self.name, Value=text, Type="String", Overwrite=True)
        except (ClientError, BotoCoreError) as error:
            raise self._failed("written", error) from error

    def _failed(self, done: str, error: Exception) -> ServiceFlagsError:
        name = error_code(error) or type(error).__name__
        return ServiceFlagsError(f"the parameter {self.name} could not be {done} ({name})")
