"""AWS clients: one of each kind per process, with short time-outs so that a slow service leaves time for the rest.

They are botocore's own. boto3 would only wrap them, and a cold start is a tenth of a second shorter without it.
"""

import gzip
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import JSONFileLoader, Loader
from botocore.session import Session, get_session
from pydantic_core import from_json

from responder.config.settings import refuse_aws_from_sam_local
from responder.domain.platform_refused import PlatformRefused

T = TypeVar("T")

_LONG_TIMEOUT = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
# receive_webhook must answer within 4 s, so it makes one attempt. PagerDuty sends again what we cannot store.
SHORT_TIMEOUT = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 1})

# Writes that a retry would do twice. After a lost answer we read the state instead.
ONCE = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1})
READING = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})

# A session must not make two clients at once. Many threads may use the same client (boto3, "Multithreading").
_MAKING = Lock()


class _Files(JSONFileLoader):
    """Reads JSON with pydantic, in a third of the time. The first client reads two megabytes of JSON."""

    def load_file(self, file_path: str) -> dict[str, object] | None:
        for ending, unpacked in ((".json", bytes), (".json.gz", gzip.decompress)):
            if (file := Path(file_path + ending)).is_file():
                found: dict[str, object] = from_json(unpacked(file.read_bytes()))
                return found
        return None


class _Everything(list[str]):
    def __contains__(self, name: object) -> bool:
        return True


class _Loader(Loader):
    """Opens a service's model without listing the folders of all 400 services. That list took a third of the time."""

    FILE_LOADER_CLASS = _Files

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - as botocore calls it
        return _Everything()


@cache
def session() -> Session:
    made = get_session()
    made.register_component("data_loader", _Loader())
    return made


@cache
def client(service: str, config: Config = _LONG_TIMEOUT) -> Any:
    refuse_aws_from_sam_local()
    with _MAKING:
        return session().create_client(service, config=config)


@cache
def credentials() -> Credentials | None:
    """This function's own, to sign calls for which botocore has no client; None without any. They renew themselves."""
    refuse_aws_from_sam_local()
    found: Credentials | None = session().get_credentials()
    return found


def error_code(error: Exception) -> str:
    """AWS's code, such as `ConditionalCheckFailedException`; "" if the error is not an answer of AWS."""
    response = getattr(error, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""


def call_or_none(call: Callable[[], T], codes: Collection[str]) -> T | None:
    """What `call` returns; None if AWS refuses it with one of the error `codes`. Other errors are raised."""
    try:
        return call()
    except ClientError as error:
        if error_code(error) in codes:
            return None
        raise


@contextmanager
def refusals(service: str, passes: Callable[[str], bool]) -> Iterator[None]:
    """Turns errors of `service` into PlatformRefused. `passes`: whether an error code ("" without one) may pass."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error_code(error)
        why = f"{service} answers {code}" if code else f"{service} gives no answer ({type(error).__name__})"
        raise PlatformRefused(why, passes=passes(code)) from error
