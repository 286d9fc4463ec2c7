"""Each call that a function of ours makes, to AWS or over HTTP, by where in the product it is made; and one that fails.

| fault    | the call                                | then                                                   |
|----------|-----------------------------------------|--------------------------------------------------------|
| once     | is refused, nothing happens             | the next one like it goes through                      |
| for good | is refused, and so is each one like it  | until `heal()`                                         |
| lost     | has its effect, and no answer comes     | the next one like it goes through                      |
| slow     | has its effect                          | Lambda's time is over: the function ends, for good     |
| crash    | has its effect                          | the function's process dies, and Step Functions repeats|
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.support import recording

REFUSED = ("once", "for good")
ON_WRITES = ("once", "lost", "slow", "crash")
_READING = ("Get", "Describe", "List", "Lookup", "Query", "Scan", "BatchGet", "Head")


class Killed(BaseException):
    """Lambda ended the function: out of time. No `except Exception` of the product may see it."""


class LambdaLost(BaseException):
    """Lambda lost the function's process, and says so to Step Functions."""


@dataclass(frozen=True)
class Call:
    """`where`: file:line of the product; `what`: such as `dynamodb:PutItem` or `PATCH /kubernetes/…`."""

    step: str
    where: str
    what: str
    is_write: bool


@dataclass
class FaultyCalls:
    """`watched`: the functions whose calls count. `on_effect` hears of each write to the outside before it is made."""

    watched: tuple[str, ...]
    step: Callable[[], str] = str
    on_effect: Callable[[str], None] = lambda _: None
    met: list[Call] = field(default_factory=list)
    hit: int = 0
    _fault: tuple[Call, str] | None = None
    _dead: bool = False

    def histories(self) -> list[tuple[Call, str]]:
        """What can go wrong in what was met: each place in the product once, and each kind of call for good.

        A read has no effect, so that losing its answer is failing; where it is made from does not matter to it.
        """
        found: dict[tuple[str, ...], tuple[Call, str]] = {}
        for call in self.met:
            found.setdefault((call.what, "for good"), (call, "for good"))
            if not call.is_write:
                found.setdefault((call.what, call.where, "once"), (call, "once"))
            for fault in ON_WRITES if call.is_write else ():
                found.setdefault((call.step, call.what, call.where, fault), (call, fault))
        return list(found.values())

    def plan(self, call: Call, fault: str) -> None:
        self._fault, self.hit = (call, fault), 0

    def heal(self) -> None:
        self._fault, self._dead = None, False

    def fresh(self) -> None:
        self.heal()
        self.met, self.hit = [], 0

    def alive(self) -> None:
        """A new invocation begins."""
        self._dead = False

    def install(self, patch: pytest.MonkeyPatch) -> None:
        real_aws, real_http = BaseClient._make_api_call, httpx.HTTPTransport.handle_request  # type: ignore[attr-defined]

        def aws(client: Any, operation: str, parameters: Any) -> Any:
            label = f" {parameters['VersionStage']}" if operation == "UpdateSecretVersionStage" else ""
            what = f"{client.meta.service_model.service_name}:{operation}{label}"
            is_write = not operation.startswith(_READING)
            return self._made(what, is_write, lambda: real_aws(client, operation, parameters), _AwsErrors(operation))

        def http(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
            what, is_write = f"{request.method} {request.url.path}", request.method not in ("GET", "HEAD")
            send = lambda: _read(real_http(transport, request))  # noqa: E731
            response: httpx.Response = self._made(what, is_write, send, _HttpErrors(request))
            return response

        patch.setattr(BaseClient, "_make_api_call", aws)
        patch.setattr(httpx.HTTPTransport, "handle_request", http)

    def _made(self, what: str, is_write: bool, make: Callable[[], Any], errors: "Errors") -> Any:
        function = recording._function.get()
        if function not in self.watched:
            return make()
        if self._dead:
            raise Killed("the function is over")
        call = Call(self.step(), _where(), what, is_write)
        self.met.append(call)
        fault = self._due(call)
        if fault in REFUSED:
            raise errors.refused()
        if is_write and not what.startswith("dynamodb:"):
            self._note_effect(what)
        answer = make()
        if fault == "lost":
            raise errors.lost()
        if fault in ("slow", "crash"):
            self._dead = True
            raise Killed("out of time") if fault == "slow" else LambdaLost("the process is gone")
        return answer

    def _note_effect(self, what: str) -> None:
        token = recording._function.set(None)
        try:
            self.on_effect(what)
        finally:
            recording._function.reset(token)

    def _due(self, call: Call) -> str | None:
        if self._fault is None:
            return None
        wanted, fault = self._fault
        is_it = call.what == wanted.what if fault == "for good" and self.hit else call == wanted
        if not is_it or (self.hit and fault != "for good"):
            return None
        self.hit += 1
        return fault


class Errors:
    def refused(self) -> Exception:
        raise NotImplementedError

    def lost(self) -> Exception:
        raise NotImplementedError


@dataclass
class _AwsErrors(Errors):
    """As they are when the SDK's own retries are used up."""

    operation: str

    def refused(self) -> Exception:
        error: Any = {"Error": {"Code": "ThrottlingException", "Message": "Rate exceeded"}}
        return ClientError(error, self.operation)

    def lost(self) -> Exception:
        return ReadTimeoutError(endpoint_url="https://aws.example")


@dataclass
class _HttpErrors(Errors):
    request: httpx.Request

    def refused(self) -> Exception:
        return httpx.ConnectError("refused", request=self.request)

    def lost(self) -> Exception:
        return httpx.ReadTimeout("no answer", request=self.request)


def _read(response: httpx.Response) -> httpx.Response:
    """The answer has come whole; the product reads it as it was sent."""
    assert isinstance(response.stream, httpx.SyncByteStream)
    sent = b"".join(response.stream)
    response.stream.close()
    response.stream = httpx.ByteStream(sent)
    return response


ROOMS = (
    "/functions/",
    *(f"/responder/{room}/" for room in ("actions", "approvals", "integrations", "notifications", "report")),
)


def _where() -> str:
    """The innermost frame that belongs to an action, to its function, or to what they use."""
    frame = sys._getframe(2)
    found = ""
    while frame.f_back:
        path = frame.f_code.co_filename
        if any(room in path for room in ROOMS):
            return f"{path.rsplit('/', 1)[-1]}:{frame.f_lineno}"
        if "/responder/" in path and not found:
            found = f"{path.rsplit('/', 1)[-1]}:{frame.f_lineno}"
        frame = frame.f_back
    return found
