"""For containers on this machine: makes programs on loopback also answer on the address of Docker's bridge."""

import asyncio
import ipaddress
import json
import subprocess
import sys
from functools import partial

from local.paths import Home, LocalCloudError, environment
from local.process import Service


def service(home: Home) -> Service:
    return Service("door", home.directory, ends_with_us=home.is_temporary)


def open_door(home: Home, address: str, ports: list[int]) -> None:
    """Containers, and this machine, reach `ports` under `address`."""
    door = service(home)
    door.stop()
    door.start(
        [sys.executable, "-m", "local.bridge_proxy", address, *map(str, ports)], environment(PYTHONUNBUFFERED="1")
    )


def bridge_address() -> str:
    """This machine's address on Docker's default bridge. Raises LocalCloudError if no Docker engine answers."""
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    except FileNotFoundError as error:
        raise LocalCloudError("`sam local invoke` needs Docker, and there is no `docker` here.") from error
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise LocalCloudError(f"Docker does not answer; is its engine running? ({error})") from error
    return gateway_of(json.loads(done.stdout))


def gateway_of(config: list[dict[str, str]]) -> str:
    """The configured gateway; without one, the network's first address, as the engine does."""
    for network in config:
        subnet = ipaddress.ip_network(network["Subnet"])
        if subnet.version == 4:
            return str(ipaddress.ip_address(network.get("Gateway") or subnet[1]))
    raise LocalCloudError(f"Docker's bridge has no IPv4 network: {config}")


async def serve(address: str, ports: list[int]) -> None:
    servers = [await asyncio.start_server(partial(_connected, set(), port), address, port) for port in ports]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def _connected(
    running: set[asyncio.Task[None]], port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Keeps the task until it is done: the event loop has no reference, so a quiet connection would be collected."""
    task = asyncio.get_running_loop().create_task(_pass_on(port, reader, writer))
    running.add(task)
    task.add_done_callback(running.discard)


async def _pass_on(port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
    for end in (inner_writer, writer):
        end.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copies until the sender ends; the other direction goes on."""
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()  # one side has hung up, and the other must see that


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], [int(port) for port in sys.argv[2:]]))
