"""The door for containers: which address it opens, and that bytes go through it both ways."""

import asyncio
import contextlib

import pytest

from local.bridge_proxy import gateway_of, serve
from local.paths import LocalCloudError
from local.process import free_port
from local.sam_local import _moved

ADDRESS = "127.0.0.2"


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ([{"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.9"}], "172.17.0.9"),
        ([{"Subnet": "172.17.0.0/16"}], "172.17.0.1"),
        ([{"Subnet": "fd00::/64"}, {"Subnet": "172.18.0.0/16", "Gateway": ""}], "172.18.0.1"),
    ],
)
def test_the_address_is_that_of_the_bridge(config: list[dict[str, str]], address: str) -> None:
    assert gateway_of(config) == address


@pytest.mark.parametrize("config", [[], [{"Subnet": "fd00::/64"}]])
def test_no_address_opens_no_door(config: list[dict[str, str]]) -> None:
    with pytest.raises(LocalCloudError):
        gateway_of(config)


def test_bytes_go_through_both_ways() -> None:
    assert asyncio.run(_through_the_door(b"ping" * 50_000)) == b"ping" * 50_000


def test_a_closed_service_closes_the_connection() -> None:
    assert asyncio.run(_through_the_door(b"ping", is_open=False)) == b""


async def _through_the_door(sent: bytes, *, is_open: bool = True) -> bytes:
    port = free_port()
    async with contextlib.AsyncExitStack() as running:
        if is_open:
            await running.enter_async_context(await asyncio.start_server(_echo, "127.0.0.1", port))
        door = asyncio.create_task(serve(ADDRESS, [port]))
        reader, writer = await _connected(port)
        writer.write(sent)
        writer.write_eof()
        received = await asyncio.wait_for(reader.read(-1), timeout=5)
        writer.close()
        door.cancel()
        return received


async def _connected(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            return await asyncio.open_connection(ADDRESS, port)
        await asyncio.sleep(0.02)
    raise AssertionError("the door did not open")


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize(
    ("value", "moved"),
    [
        ("http://127.0.0.1:4566", "http://172.17.0.1:4566"),
        ("http://localhost:4566/000000000000/ingest.fifo", "http://172.17.0.1:4566/000000000000/ingest.fifo"),
        ("arn:aws:sns:us-east-1:000000000000:people", "arn:aws:sns:us-east-1:000000000000:people"),
    ],
)
def test_only_loopback_addresses_move(value: str, moved: str) -> None:
    assert _moved(value, "172.17.0.1") == moved
