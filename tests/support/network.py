"""Tests reach this machine only: any other address ends the test with its name."""

import ipaddress
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest
from httpx import create_ssl_context

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


# Names that are looked up in vain for a while, as in a network without a way out.
_not_found: set[str] = set()


class RealNetworkError(BaseException):
    """Not an Exception: what turns network failures into findings must not swallow it."""


def block() -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(socket.socket, "connect", _guarded_connect)
    patch.setattr(socket.socket, "connect_ex", _guarded_connect_ex)
    patch.setattr(socket, "getaddrinfo", _guarded_getaddrinfo)
    # httpcore looks for it at each step of a request, in vain, in every folder of packages.
    if find_spec("sniffio") is None:
        patch.setitem(sys.modules, "sniffio", None)


def share_certificates() -> None:
    """Reading the authorities that everybody trusts takes longer than most tests; other trust stays a client's own."""
    usual = cache(create_ssl_context)

    def made(verify: Any = True, cert: Any = None, trust_env: bool = True) -> Any:
        return (usual if verify is True and cert is None else create_ssl_context)(
            verify=verify, cert=cert, trust_env=trust_env
        )

    pytest.MonkeyPatch().setattr("httpx._transports.default.create_ssl_context", made)


@contextmanager
def not_found(*names: str) -> Iterator[None]:
    """For tests in which the product falls back to the packaged addresses because its configuration cannot be read."""
    new = set(names) - _not_found
    _not_found.update(new)
    try:
        yield
    finally:
        _not_found.difference_update(new)


def _guarded_connect(sock: socket.socket, address: Any) -> None:
    _only_this_machine(sock, address)
    _connect(sock, address)


def _guarded_connect_ex(sock: socket.socket, address: Any) -> int:
    _only_this_machine(sock, address)
    return _connect_ex(sock, address)


def _guarded_getaddrinfo(host: Any, *rest: Any, **named: Any) -> Any:
    name = host.decode() if isinstance(host, bytes) else host
    if isinstance(name, str) and (name.endswith(".invalid") or name in _not_found):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    if name is not None and not _is_this_machine(name):
        raise RealNetworkError(f"a test looked up {name}")
    return _getaddrinfo(host, *rest, **named)


def _only_this_machine(sock: socket.socket, address: Any) -> None:
    if sock.family in {socket.AF_INET, socket.AF_INET6} and not _is_this_machine(address[0]):
        raise RealNetworkError(f"a test connected to {address[0]}")


@cache
def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
