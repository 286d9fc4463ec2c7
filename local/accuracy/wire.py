"""The line between the probes and the sandbox, without sockets, so that delays cost no time."""

import asyncio
import socket
from typing import cast

import httpx
from flask import Flask
from werkzeug.test import EnvironBuilder

from local.sandbox.faults import DROPPED

HOST = "http://sandbox.test"


class Held:
    """Adds up how long the sandbox holds the call that it is handling."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self, seconds: float) -> None:
        self.seconds += seconds

    def taken(self) -> float:
        seconds, self.seconds = self.seconds, 0.0
        return seconds


class _Line:
    """The socket that a fault of the sandbox shuts down."""

    def shutdown(self, how: int) -> None:
        """The header beside it tells the wire."""


class Wire(httpx.AsyncBaseTransport):
    def __init__(self, app: Flask, held: Held) -> None:
        self._client = app.test_client()
        self._held = held

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        builder = EnvironBuilder(
            method=request.method,
            path=request.url.path,
            query_string=request.url.query.decode(),
            headers=dict(request.headers),
            data=await request.aread(),
            environ_overrides={"werkzeug.socket": cast("socket.socket", _Line())},
        )
        answer = self._client.open(builder)
        await asyncio.sleep(self._held.taken())
        if DROPPED in answer.headers:
            raise httpx.RemoteProtocolError("the line went dead", request=request)
        return httpx.Response(answer.status_code, headers=list(answer.headers), content=answer.data, request=request)
