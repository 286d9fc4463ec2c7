"""Bad connections to TwinMind: addresses behind which the network fails, not the vendor."""

import contextlib
import datetime as dt
import ipaddress
import ssl
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket, timeout

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
DRIP_SECONDS = 0.05


class Lines:
    """`urls`: by what is wrong with the connection; `authority`: PEM file of the authority behind the certificates."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._held: list[socket] = []
        self._servers: list[ThreadingHTTPServer] = []
        self._issuer = _Issuer(Path(self._folder.name))
        self.authority = str(self._issuer.authority)
        self.urls = {
            "ok": self._tls("ok", days=90),
            "ends_soon": self._tls("ends_soon", days=5),
            "expired_certificate": self._tls("expired", days=-1),
            "untrusted_certificate": self._tls("untrusted", days=90, trusted=False),
            "other_name": self._tls("other_name", days=90, address="127.0.0.99"),
            "refused": self._refused(),
            "unresolvable": "https://twinmind.invalid",
            "blackhole": self._blackhole(),
            "dripping": self._dripping(),
        }

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
        for held in self._held:
            held.close()
        self._folder.cleanup()

    def _tls(self, name: str, *, days: int, trusted: bool = True, address: str = LOOPBACK) -> str:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._issuer.issue(name, days, trusted, address))
        return f"https://{LOOPBACK}:{self._serve(_Healthy, context)}"

    def _serve(self, handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None = None) -> int:
        server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        self._servers.append(server)
        return int(server.server_port)

    def _bound(self) -> socket:
        held = socket()
        held.bind((LOOPBACK, 0))
        self._held.append(held)
        return held

    def _refused(self) -> str:
        """The port is bound, so that nobody else takes it, but it does not listen."""
        return f"http://{LOOPBACK}:{self._bound().getsockname()[1]}"

    def _blackhole(self) -> str:
        """A full queue of connections that nobody accepts: Linux drops new ones, so no answer ever comes."""
        full = self._bound()
        full.listen(0)
        for _ in range(4):
            caller = socket()
            caller.setblocking(False)
            self._held.append(caller)
            with contextlib.suppress(BlockingIOError, timeout):
                caller.connect(full.getsockname())
        return f"http://{LOOPBACK}:{full.getsockname()[1]}"

    def _dripping(self) -> str:
        return f"http://{LOOPBACK}:{self._serve(_Dripping)}"


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(b'{"status": "ok"}')

    def log_message(self, *_: object) -> None:
        return


class _Dripping(_Healthy):
    def do_GET(self) -> None:
        """Sends one byte after the other, without end."""
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(b" ")
                time.sleep(DRIP_SECONDS)


class _Issuer:
    """A certificate authority of its own, for as long as the sandbox runs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sandbox authority")])
        made = _builder(self._name, self._name, self._key.public_key(), 365)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.authority = folder / "authority.pem"
        self.authority.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, days: int, trusted: bool, address: str) -> Path:
        """A PEM file with key and certificate; one that is not `trusted` signs for itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        made = _builder(subject, self._name if trusted else subject, key.public_key(), days)
        signed = made.add_extension(alternative, critical=False).sign(self._key if trusted else key, hashes.SHA256())
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, form, plain) + signed.public_bytes(serialization.Encoding.PEM)
        )
        return path


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=30))
        .not_valid_after(now + dt.timedelta(days=days))
    )
