"""Tests reach this machine only: any other address ends the test with its name."""

import ipaddress
import socket
from typing import Any

import pytest

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


class RealNetworkError(BaseException):
    """Not an Exception: what turns network failures into findings must not swallow it."""


def block() -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _guarded_connect)
    patch.setattr(socket.socket, "connect_ex", _guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", _guarded_getaddrinfo)


def _guarded_connect(sock: socket.socket, address: Any) -> None:
    _only_this_machine(sock, address)
    _connect(sock, address)


def _guarded_connect_ex(sock: socket.socket, address: Any) -> int:
    _only_this_machine(sock, address)
    return _connect_ex(sock, address)


def _guarded_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and name.endswith(".invalid"):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if name is not None and not _is_this_machine(name):
        raise RealNetworkError(f"a test looked up {name}")
    return _getaddrinfo(host, *rest, **named)


def _only_this_machine(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not _is_this_machine(address[0]):
        raise RealNetworkError(f"a test connected to {address[0]}")


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
