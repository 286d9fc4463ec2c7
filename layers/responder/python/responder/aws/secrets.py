"""Secret values from Secrets Manager. Each value that is read is redacted from then on, and never printed."""

import time

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from responder.aws.clients import client, error_code
from responder.domain.json_text import parse_json
from responder.domain.redact import is_ordinary, remember
from responder.domain.secret_shape import key_flaw, shape, unsendable

NO_VALUE = "ResourceNotFoundException"
# GetSecretValue answers this if the secret is marked for deletion, or otherwise in a state that cannot be read.
_DELETED = "InvalidRequestException"
# Seconds of a cached secret. The floor keeps many wrong signatures from causing as many GetSecretValue calls.
_MAX_AGE, _FLOOR = 300.0, 10.0


class SecretUnreadable(RuntimeError):
    """Secrets Manager did not answer or refused, or the value has the wrong form. The message says which."""


def read_secret(secret_id: str, *, config: Config | None = None) -> str | None:
    """The current value; None if the secret or its label AWSCURRENT does not exist.

    Raises SecretUnreadable if Secrets Manager fails, the secret is marked for deletion, or the value is binary.
    """
    secrets = client("secretsmanager", config) if config else client("secretsmanager")
    try:
        answer = secrets.get_secret_value(SecretId=secret_id, VersionStage="AWSCURRENT")
    except ClientError as error:
        if error_code(error) == NO_VALUE:
            return None
        if error_code(error) == _DELETED and "delet" in str(error):
            raise SecretUnreadable("it is marked for deletion (aws secretsmanager restore-secret)") from error
        raise SecretUnreadable(error_code(error)) from error
    except BotoCoreError as error:
        raise SecretUnreadable(type(error).__name__) from error
    if answer.get("SecretBinary"):
        raise SecretUnreadable("it holds binary data where text is wanted")
    value = answer.get("SecretString") or ""
    remember_parts(value)
    return value or None


# Fields beside the key in a secret, as in AWS's own templates for databases. Their values are not secret.
_BESIDE = frozenset(
    "username user host hostname engine dbname database environment env stage region name".split()  # noqa: SIM905
)


def remember_parts(value: str) -> None:
    """Redacts the secret's text from now on. Of JSON, each string is redacted too, but no plain user name or stage."""
    remember(value)
    stack = [("", parse_json(value))]
    while stack:
        name, item = stack.pop()
        if isinstance(item, str) and not (name.lower() in _BESIDE and is_ordinary(item)):
            remember(item)
        elif isinstance(item, list | dict):
            stack += item.items() if isinstance(item, dict) else [(name, one) for one in item]


class CachedSecret:
    """A secret that is cached between invocations. It is read again when it is old or did not match."""

    def __init__(self, secret_id: str, *, config: Config | None = None) -> None:
        self._id, self._config = secret_id, config
        self._value: str | None = None
        self._read_at: float | None = None

    def value(self, *, missed: bool = False) -> str | None:
        """The secret's value. `missed`: the known value did not match, so it is read anew, once per _FLOOR seconds."""
        age = None if self._read_at is None else time.monotonic() - self._read_at
        if age is None or age > _MAX_AGE or (missed and age > _FLOOR):
            self._read(keeps_old=not missed)
        return self._value

    def _read(self, *, keeps_old: bool) -> None:
        """Reads the value. `keeps_old`: while Secrets Manager fails, the old value is used."""
        try:
            self._value = read_secret(self._id, config=self._config)
            self._read_at = time.monotonic()
        except SecretUnreadable:
            if self._value is None or not keeps_old:
                raise
            self._read_at = time.monotonic() - _MAX_AGE + _FLOOR


class Credentials:
    """The vendors' API keys, from one JSON secret. A vendor without an entry is not configured."""

    def __init__(self, secret_id: str) -> None:
        self._secret = CachedSecret(secret_id)

    def of(self, vendor: str, *, refused: bool = False, several: bool = False) -> str | None:
        """The vendor's key, or None. `refused`: the vendor refused the known one, so it is read anew. `several`: the
        entry may hold several keys, with blanks or line breaks between them. Raises SecretUnreadable if the secret is
        no JSON object, and for an entry that HTTP cannot carry: that would look like the vendor's fault.
        """
        text = self._secret.value(missed=refused) or "{}"
        value = parse_json(text)
        if not isinstance(value, dict):
            raise SecretUnreadable(f"the vendor credentials are {shape(text)}, where a JSON object is wanted")
        found = value.get(vendor)
        if not isinstance(found, str) or not found.strip():
            return None
        if odd := unsendable(" ".join(found.split()) if several else found.strip()):
            raise SecretUnreadable(f"the vendor credentials' entry {vendor} holds {odd}")
        return found.strip()


def api_key(secret_string: str | None, json_field: str | None) -> str | None:
    """The TwinMind key in a plain secret, or in JSON under `json_field`.

    None if `key_flaw` finds a fault: other values and pieces of JSON must not be sent to TwinMind as a key.
    """
    if secret_string is None or key_flaw(secret_string, json_field):
        return None
    return str(secret_string if json_field is None else parse_json(secret_string)[json_field]).strip()


def standby_keys(secret_string: str | None) -> tuple[str, ...]:
    """The staged keys of `{"keys": ["…"]}`, in order."""
    value = parse_json(secret_string)
    keys = value.get("keys") if isinstance(value, dict) else None
    return tuple(key.strip() for key in keys if isinstance(key, str) and key.strip()) if isinstance(keys, list) else ()
