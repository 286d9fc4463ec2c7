"""Bodies that do not end, against a real server on loopback."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from responder.clients.http import AsyncHttp, Http, NoAnswer, Response
from responder.clients.http_body import MAX_BODY_BYTES
from responder.clients.responses import refused

WHOLE = 64 * MAX_BODY_BYTES
_PIECE = b"x" * 65536


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent = 0
        self.ended, self.released = threading.Event(), threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            (self._drip if self.path == "/drip" else self._pour)()
        self.server.ended.set()

    def _pour(self) -> None:
        while self.server.sent < WHOLE:
            self.wfile.write(_PIECE)
            self.server.sent += len(_PIECE)

    def _drip(self) -> None:
        while not self.server.released.wait(0.1):
            self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        return


@contextmanager
def _serving() -> Iterator[tuple[_Server, str]]:
    with _Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield server, f"http://127.0.0.1:{server.server_port}"
        finally:
            server.released.set()
            server.shutdown()


def test_what_lies_beyond_the_limit_is_never_read() -> None:
    with _serving() as (server, url):
        answer = Http().call("GET", url, timeout=60)
        assert isinstance(answer, Response)
        assert len(answer.text) == MAX_BODY_BYTES
        assert server.ended.wait(30)
        assert server.sent < WHOLE


def test_nor_is_it_by_a_probe() -> None:
    async def looked(url: str) -> Response | NoAnswer:
        async with AsyncHttp() as http:
            return await http.call("GET", url, timeout=60)

    with _serving() as (server, url):
        answer = asyncio.run(looked(url))
        assert isinstance(answer, Response)
        assert len(answer.text) == MAX_BODY_BYTES
        assert server.ended.wait(30)
        assert server.sent < WHOLE


def test_a_body_that_drips_in_is_no_answer() -> None:
    with _serving() as (_, url):
        answer = Http().call("GET", f"{url}/drip", timeout=0.5)
    assert isinstance(answer, NoAnswer)
    assert answer.kind == "timeout"


@pytest.mark.parametrize(
    "value", ["Bearer \ufeffkey", "Bearer key\u200b", "Bearer one\r\nX-Other: two", "Bearer clé", "Bearer "]
)
def test_a_header_that_cannot_be_carried_is_never_sent_nor_tried_again(value: str) -> None:
    with _serving() as (server, url):
        answer = Http().call("GET", url, headers={"Authorization": value}, timeout=5)
        assert not server.ended.is_set()
    assert isinstance(answer, NoAnswer)
    assert answer.kind == "unsent"
    assert not refused(answer).again
