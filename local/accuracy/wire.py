"""The line between the probes and the sandbox, without sockets, so that delays cost no time."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from unittest.mock import patch
from urllib.parse import urlsplit

import httpx
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from local.sandbox.faults import DROPPED
from local.sandbox.kubernetes_objects import CONTAINER, NAMESPACE, SERVICE
from responder.clients.connectivity import Connectivity

HOST = "http://sandbox.test"
CONTROL = "http://control.test"
Bad = Literal["unresolvable", "refused", "blackhole", "untrusted_certificate", "expired_certificate"]
_FOR_EVER = 3600.0
_GOOD = Connectivity(resolve_ms=3, connect_ms=12, tls_ms=25)
# What each step reports of such a network (the probes' own tests try the real steps on real connections).
_LINES: dict[Bad, Connectivity] = {
    "unresolvable": Connectivity(failed_step="resolve", fault="dns"),
    "refused": Connectivity(failed_step="connect", fault="refused", resolve_ms=3),
    "blackhole": Connectivity(failed_step="connect", fault="timeout", resolve_ms=3),
    "untrusted_certificate": Connectivity(failed_step="tls", fault="tls", certificate_problem="untrusted"),
    "expired_certificate": Connectivity(failed_step="tls", fault="tls", certificate_problem="expired"),
}


class HeldTime:
    """Adds up how long the sandbox holds the call that it is handling."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds += seconds

    def taken(self) -> float:
        seconds, self.seconds = self.seconds, 0.0
        return seconds


class _Socket:
    """The socket that a fault of the sandbox shuts down; the header next to it tells the wire."""

    def shutdown(self, _: int) -> None:
        return


class Wire(httpx.AsyncBaseTransport):
    """`bad`: what is wrong with the line to TwinMind, for calls under its path."""

    def __init__(self, app: Flask, held: HeldTime, bad: Bad | None) -> None:
        self._app = app
        self._held = held
        self._bad = bad

    def deploy(self) -> None:
        """A new version of our service, as `kubectl set image` asks for it."""
        container = {"name": CONTAINER, "image": "twinmind-service:1.1.0"}
        answer = self._app.test_client().patch(
            f"/kubernetes/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{SERVICE}",
            json={"spec": {"template": {"spec": {"containers": [container]}}}},
            headers={"Authorization": "Bearer anybody"},
            content_type="application/strategic-merge-patch+json",
        )
        if answer.status_code != 200:
            raise RuntimeError(f"the sandbox did not deploy: HTTP {answer.status_code}")

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._bad and request.url.path.startswith("/twinmind/"):
            await _fail(self._bad, request)
        builder = EnvironBuilder(
            method=request.method,
            path=request.url.path,
            query_string=request.url.query.decode(),
            headers=list(request.headers.items()),
            data=await request.aread(),
            environ_overrides={"werkzeug.socket": _Socket()},
        )
        body, status, headers = run_wsgi_app(self._app, builder.get_environ(), buffered=True)
        await asyncio.sleep(self._held.taken())
        if DROPPED in headers:
            raise httpx.RemoteProtocolError("the line went dead", request=request)
        return httpx.Response(int(status.split()[0]), headers=list(headers), content=b"".join(body), request=request)


async def _fail(bad: Bad, request: httpx.Request) -> None:
    if bad == "blackhole":
        await asyncio.sleep(_FOR_EVER)
    causes = {"unresolvable": socket.gaierror("unknown name"), "refused": ConnectionRefusedError()}
    raise httpx.ConnectError("no line", request=request) from causes.get(bad, ssl.SSLError("handshake"))


@contextmanager
def lines(bad: Bad | None, control: bool) -> Iterator[None]:
    """The connectivity to TwinMind and to the control host over a network with this fault."""

    def walk(url: str, _: float) -> Connectivity:
        if urlsplit(url).netloc == urlsplit(CONTROL).netloc:
            return _GOOD if control else _LINES["blackhole"]
        return _LINES[bad] if bad else _GOOD

    with patch("responder.probes.network.check_connectivity", walk):
        yield
