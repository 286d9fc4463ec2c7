"""Answers and bodies that are small to send and large to read: packed, packed twice, endless, deep, of many lines."""

import asyncio
import gzip
import io
import json
import threading
import tracemalloc
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

from responder.clients import exposition
from responder.clients.http import AsyncHttp, Http, NoAnswer, Response
from responder.clients.http_body import MAX_BODY_BYTES
from responder.config.runbook import packaged
from responder.contracts.source import Malformed
from responder.domain.json_text import MAX_DEPTH, parse_json
from responder.integrations.slack.interaction import interaction
from responder.integrations.sources import SOURCES
from responder.probes.logs_reading import entry
from responder.webhooks.accept_alert import accept

ZEROS = 100 * MAX_BODY_BYTES


def _bomb() -> bytes:
    """200 MB of zeros in about 200 KB, which no reader may unpack whole."""
    packer, out = zlib.compressobj(9, zlib.DEFLATED, 31), io.BytesIO()
    for _ in range(ZEROS // 1_000_000):
        out.write(packer.compress(b"\0" * 1_000_000))
    return out.getvalue() + packer.flush()


GZIP = gzip.compress(b'{"fine": true}')
BOMB = _bomb()
# Content-Encoding as sent, and the body.
PACKED: dict[str, tuple[list[str], bytes]] = {
    "bomb": (["gzip"], BOMB),
    "bomb in a bomb": (["gzip, gzip"], gzip.compress(BOMB)),
    "two headers": (["gzip", "gzip"], gzip.compress(BOMB)),
    "twice deflate": (["deflate, deflate"], zlib.compress(zlib.compress(b"\0" * 10_000_000, 9), 9)),
    "ten times": ([", ".join(["gzip"] * 10)], GZIP),
    "deflate": (["deflate"], zlib.compress(b"{}")),
    "brotli": (["br"], b"\x0b\x02\x80{}\x03"),
    "zstd": (["zstd"], b"\x28\xb5\x2f\xfd"),
    "cut": (["gzip"], GZIP[:-6]),
    "not packed": (["gzip"], b'{"fine": true}'),
    "fine": (["gzip"], GZIP),
    "fine in capitals": (["GZip"], GZIP),
    "plain": ([], b'{"fine": true}'),
    "identity": (["identity"], b'{"fine": true}'),
    "nothing": (["gzip"], b""),
    "empty blocks": (["gzip"], GZIP[:10] + b"\x00\x00\x00\xff\xff" * MAX_BODY_BYTES),
}
FINE = ("fine", "fine in capitals", "plain", "identity")


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        encodings, body = PACKED[self.headers["X-Case"]]
        self.send_response(200)
        for encoding in encodings:
            self.send_header("Content-Encoding", encoding)
        self.send_header("X-Asked", self.headers.get("Accept-Encoding", ""))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def _by_channel(url: str, case: str) -> Response | NoAnswer:
    http = Http()
    try:
        return http.call("GET", url, headers={"X-Case": case}, timeout=20)
    finally:
        http.close()


def _by_probe(url: str, case: str) -> Response | NoAnswer:
    async def call() -> Response | NoAnswer:
        async with AsyncHttp() as http:
            return await http.call("GET", url, headers={"X-Case": case}, timeout=20)

    return asyncio.run(call())


@pytest.mark.parametrize("ask", [_by_channel, _by_probe])
@pytest.mark.parametrize("case", PACKED)
def test_a_packed_answer_costs_no_more_than_its_limit(url: str, case: str, ask: type) -> None:
    ask(url, "plain")  # imports the HTTP client
    tracemalloc.start()
    try:
        answer = ask(url, case)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # The server's own copies lie in this process too; the bomb is 100 times the limit.
    assert peak < 10 * MAX_BODY_BYTES + 2 * len(PACKED[case][1])
    if case in FINE:
        assert answer.json() == {"fine": True}
        assert answer.headers["x-asked"] == "gzip"
    elif case == "nothing":
        assert (answer.text, answer.cut) == ("", False)
    elif case in ("bomb", "empty blocks"):
        assert answer.cut
        assert len(answer.text) <= MAX_BODY_BYTES
    else:
        assert isinstance(answer, NoAnswer)
        assert answer.kind == "protocol"


def test_an_answer_that_drips_in_ends_for_a_probe_too() -> None:
    class Drip(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not done.wait(0.05):
                self.wfile.write(b"x")

        def log_message(self, *_: object) -> None:
            return

    async def call(url: str) -> Response | NoAnswer:
        async with AsyncHttp() as http:
            return await http.call("GET", url, timeout=0.3)

    done = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Drip)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        answer = asyncio.run(call(f"http://127.0.0.1:{server.server_port}"))
    finally:
        done.set()
        server.shutdown()
        server.server_close()
    assert isinstance(answer, NoAnswer)
    assert answer.kind == "timeout"


# Named as in nst/JSONTestSuite (test_parsing), which makes each by repetition too.
DEEP = {
    "n_structure_100000_opening_arrays": "[" * 100_000,
    "n_structure_open_array_object": '[{"":' * 50_000,
    "i_structure_500_nested_arrays": "[" * 500 + "]" * 500,
    "objects": '{"a":' * 900 + "1" + "}" * 900,
    "one level too many": "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
    "a number of many digits": "9" * 100_000,
}


@pytest.mark.parametrize("name", DEEP)
def test_deep_json_is_refused_at_every_door(name: str) -> None:
    text = DEEP[name]
    assert parse_json(text) is None
    assert Response(200, {}, text, 1).json() is None
    wrapped = f'{{"event": {text}}}'
    assert accept(SOURCES["pagerduty"], wrapped.encode(), {})["statusCode"] == 400
    assert accept(SOURCES["opsgenie"], wrapped.encode(), {})["statusCode"] == 400
    assert isinstance(interaction(f"payload={quote(wrapped)}".encode()), Malformed)
    assert entry(wrapped).consumer is None


def test_what_vendors_send_is_not_too_deep() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse_json(deep) == json.loads(deep)


@pytest.mark.parametrize("line", ["{name} 1", '{name}{{a="b"}} 1', "{name} x"])
def test_a_page_of_too_many_lines_is_not_parsed(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """100,000 lines that the parsers would take a second for each 20,000 of."""
    monkeypatch.setattr(exposition, "_read", lambda *_, **__: pytest.fail("it was parsed"))
    names = packaged().endpoints.service.metrics.names
    text = "\n".join([line.format(name=next(iter(names.types)))] * 100_000)
    found = exposition.read_page(Response(200, {"content-type": "text/plain"}, text, 1), names, 0.0)
    assert isinstance(found, exposition.Unreadable)
    assert "more than 20000 lines" in found.why


def test_a_form_of_many_fields_is_refused() -> None:
    assert isinstance(interaction(b"payload=%7B%7D" + b"&a=1" * 60_000), Malformed)
