"""Checks the connection to a host in steps (name resolution, TCP, TLS), to show why the host does not answer."""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
# The numbers of OpenSSL's X509_V_ERR_* ("openssl-verification-options", "Diagnostics").
PROBLEMS = {9: "not_yet_valid", 10: "expired"}
PROBLEMS |= dict.fromkeys((18, 19, 20), "untrusted") | dict.fromkeys((62, 64), "other_name")
MOST_ADDRESSES = 2


@dataclass
class Connectivity:
    """`fault`: as in clients.http. `…_ms`: how long each step took that succeeded. `certificate_ends`: Unix seconds."""

    failed_step: Literal["resolve", "connect", "tls"] | None = None
    fault: Literal["dns", "refused", "timeout", "tls"] | None = None
    resolve_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    certificate_ends: float | None = None
    certificate_problem: str | None = None

    @property
    def is_up(self) -> bool:
        return self.failed_step is None


def check_connectivity(url: str, seconds: float) -> Connectivity:
    """Blocks for at most `seconds` in each step. Name resolution has the limit of the system's resolver instead."""
    parts = urlsplit(url)
    host, tls = parts.hostname or "", parts.scheme == "https"
    line, port = Connectivity(), parts.port or (443 if tls else 80)
    try:
        found, line.resolve_ms = _time(lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except (OSError, UnicodeError):
        line.failed_step, line.fault = "resolve", "dns"
        return line
    try:
        connection, line.connect_ms = _time(lambda: _connect([entry[4] for entry in found], seconds))
    except OSError as error:
        line.failed_step, line.fault = "connect", "timeout" if isinstance(error, TimeoutError) else "refused"
        return line
    with connection:
        if tls:
            _secure(line, connection, host)
    return line


def _connect(addresses: list[tuple[object, ...]], seconds: float) -> socket.socket:
    """Connects to the first address that accepts, as clients do. Raises the last error if none does."""
    for address in addresses[:MOST_ADDRESSES]:
        try:
            return socket.create_connection((str(address[0]), int(str(address[1]))), timeout=seconds / MOST_ADDRESSES)
        except OSError as error:
            last = error
    raise last


def _secure(line: Connectivity, connection: socket.socket, host: str) -> None:
    # It uses the certificate authorities of the HTTP client, so that both agree.
    import httpx  # noqa: PLC0415

    context = httpx.create_ssl_context()
    try:
        secured, line.tls_ms = _time(lambda: context.wrap_socket(connection, server_hostname=host))
    except OSError as error:
        line.failed_step, line.fault = "tls", "timeout" if isinstance(error, TimeoutError) else "tls"
        if isinstance(error, ssl.SSLCertVerificationError):
            line.certificate_problem = PROBLEMS.get(error.verify_code, "invalid")
        return
    with secured:
        ends = (secured.getpeercert() or {}).get("notAfter")
        line.certificate_ends = ssl.cert_time_to_seconds(str(ends)) if ends else None


def _time(step: Callable[[], T]) -> tuple[T, int]:
    started = time.monotonic()
    return step(), round((time.monotonic() - started) * 1000)
