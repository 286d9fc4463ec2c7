"""HTTP calls. Expected failures are returned as values, and secrets never reach an exception or a log."""

import logging
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, cast
from urllib.parse import urlsplit

from responder.clients.http_body import ACCEPT_ENCODING, MAX_BODY_BYTES, Body, BodyTooSlow, BodyUnreadable
from responder.domain.json_text import parse_json

if TYPE_CHECKING:
    import httpx

# At INFO, which Lambda's JSON log format enables, httpx logs each URL with its query string.
logging.getLogger("httpx").setLevel(logging.WARNING)

# `unsent`: we sent nothing, so the other side is not to blame.
FaultKind = Literal["dns", "refused", "timeout", "tls", "protocol", "unsent"]


@dataclass(frozen=True)
class Response:
    """A server's answer. `headers`: with lower-case names. `ms`: of the whole exchange. `cut`: the body was longer."""

    status: int
    headers: Mapping[str, str]
    text: str
    ms: int
    cut: bool = False

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """Whether it is a web page, which no API sends. Slack calls plain words HTML too, so the text counts too."""
        return "html" in self.headers.get("content-type", "").lower() and self.text.lstrip().startswith("<")

    @property
    def said(self) -> str:
        """The status as a phrase, which also says if a web page, a redirect or too long a body came."""
        if 300 <= self.status < 400 and (where := self.headers.get("location")):
            return f"HTTP {self.status}, a redirect to {_place(where)}"
        if self.cut:
            return f"HTTP {self.status} and more than {MAX_BODY_BYTES // 1_000_000} MB, where it was cut"
        page = " and a web page, as a proxy, firewall or sign-in page sends it" if self.is_page else ""
        return f"HTTP {self.status}{page}"

    def json(self) -> Any:
        """The body's value; None if it is not JSON or nested too deep."""
        return parse_json(self.text)


@dataclass(frozen=True)
class NoAnswer:
    """No answer came; `kind` says why. The client's own text is left out, because it can hold a URL.

    Code that does not care why can treat it as a Response that failed and is empty.
    """

    kind: FaultKind
    ms: int
    ok: ClassVar[Literal[False]] = False
    status: ClassVar[None] = None
    headers: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.kind]

    @property
    def said(self) -> str:
        return self.sentence

    def json(self) -> None:
        return None


_SENTENCES: dict[FaultKind, str] = {
    "dns": "the name could not be resolved",
    "refused": "the connection was refused or broken",
    "timeout": "no answer within the time limit",
    "tls": "the TLS handshake failed",
    "protocol": "the answer was not HTTP as expected",
    "unsent": "it was never sent, because our credential or address holds a character that HTTP cannot carry",
}
# The header values that a client sends (RFC 9110, "field values", without the obsolete bytes). It refuses all others.
_CARRIED = re.compile(r"[!-~](?:[\t -~]*[!-~])?|")


class Http:
    """The client for channels and actions. `verify`: the trusted certificate authorities, by default certifi's."""

    def __init__(
        self, transport: "httpx.BaseTransport | None" = None, verify: ssl.SSLContext | Literal[True] = True
    ) -> None:
        self._transport, self._verify = transport, verify

    @cached_property
    def _client(self) -> "httpx.Client":
        """Made at the first call, because many functions make no call and httpx is slow to import."""
        import httpx  # noqa: PLC0415

        return httpx.Client(transport=self._transport, follow_redirects=False, verify=self._verify)

    def close(self) -> None:
        if "_client" in vars(self):
            self._client.close()

    def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> Response | NoAnswer:
        """Makes one call of at most `timeout` seconds. `json` may be signed bytes: these are sent unchanged."""
        content, json = (json, None) if isinstance(json, bytes) else (None, json)
        if not _can_carry(headers):
            return NoAnswer("unsent", 0)
        started = time.monotonic()
        try:
            with self._client.stream(
                method, url, headers=_asking(headers), json=json, content=content, params=params, timeout=timeout
            ) as response:
                body = Body(response.headers.get("content-encoding", ""), started + timeout)
                # The bytes as they were sent. httpx would unpack them without a limit, whatever the encoding.
                for chunk in cast("httpx.SyncByteStream", response.stream):
                    if not body.add(chunk):
                        break
            return _answer(response, body, started)
        except _failures() as error:
            return NoAnswer(_kind(error), _since(started))


class AsyncHttp:
    """The client for concurrent probes; an async context manager."""

    def __init__(
        self, transport: "httpx.AsyncBaseTransport | None" = None, verify: ssl.SSLContext | Literal[True] = True
    ) -> None:
        import httpx  # noqa: PLC0415

        self._client = httpx.AsyncClient(transport=transport, follow_redirects=False, verify=verify)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        params: Mapping[str, str] | None = None,
        timeout: float = 5.0,
    ) -> Response | NoAnswer:
        if not _can_carry(headers):
            return NoAnswer("unsent", 0)
        started = time.monotonic()
        try:
            async with self._client.stream(
                method, url, headers=_asking(headers), json=json, params=params, timeout=timeout
            ) as response:
                body = Body(response.headers.get("content-encoding", ""), started + timeout)
                async for chunk in cast("httpx.AsyncByteStream", response.stream):
                    if not body.add(chunk):
                        break
            return _answer(response, body, started)
        except _failures() as error:
            return NoAnswer(_kind(error), _since(started))


def _failures() -> tuple[type[Exception], ...]:
    import httpx  # noqa: PLC0415

    # A body with half a surrogate pair raises UnicodeError.
    return httpx.HTTPError, httpx.InvalidURL, UnicodeError, BodyUnreadable, BodyTooSlow


def _asking(headers: Mapping[str, str] | None) -> dict[str, str]:
    return {"Accept-Encoding": ACCEPT_ENCODING, **(headers or {})}


def _answer(response: "httpx.Response", body: Body, started: float) -> Response:
    text = _text(response, body.bytes())
    return Response(response.status_code, dict(response.headers), text, _since(started), body.is_cut)


def _text(response: "httpx.Response", body: bytes) -> str:
    try:
        return body.decode(response.encoding or "utf-8", errors="replace")
    except (LookupError, UnicodeError):  # some of Python's codecs, such as base64, make no text
        return body.decode("utf-8", errors="replace")


def _can_carry(headers: Mapping[str, str] | None) -> bool:
    return all(_CARRIED.fullmatch(value) for value in (headers or {}).values())


def _place(location: str) -> str:
    """The address without its query, which can hold a token."""
    try:
        parts = urlsplit(location)
    except ValueError:
        return "an address that cannot be read"
    return f"{parts.hostname or ''}{parts.path}"[:80] or "nowhere"


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)


def _kind(error: Exception) -> FaultKind:
    import httpx  # noqa: PLC0415

    if isinstance(error, httpx.TimeoutException | BodyTooSlow):
        return "timeout"
    if isinstance(error, (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError)):
        return "unsent"
    causes = list(_chain(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return "tls"
    # httpcore wraps getaddrinfo's error as ConnectError, but keeps its class name.
    if any(type(cause).__name__ == "gaierror" for cause in causes):
        return "dns"
    if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return "refused"
    return "protocol"


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or error.__context__
    return chain
