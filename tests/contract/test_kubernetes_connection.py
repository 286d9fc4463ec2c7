"""How the cluster is reached: EKS by a signed token, others by a bearer token, with the authority that is given."""

import base64
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from moto import mock_aws
from werkzeug.serving import make_server
from werkzeug.wrappers import Response

from responder.aws import eks
from responder.aws.clients import client
from responder.clients.http import NoAnswer
from responder.clients.kubernetes import Cluster, Connection, connect, trouble
from responder.config.runbook import packaged
from tests.support.inprocess import reset_caches

ROLE = "arn:aws:iam::123456789012:role/cluster"
SUBNETS = ["subnet-12345678", "subnet-87654321"]


@pytest.fixture(autouse=True)
def _aws() -> Iterator[None]:
    with mock_aws():
        reset_caches()
        yield
    reset_caches()


def kubernetes(**changes: Any) -> Any:
    plain = packaged().endpoints.service.platform.kubernetes.model_dump()
    return type(packaged().endpoints.service.platform.kubernetes).model_validate(plain | changes)


def connected(**changes: Any) -> Connection:
    found = connect(kubernetes(**changes), lambda _: "a-bearer-token")
    assert isinstance(found, Connection), found
    return found


def refused(given: str | None = "a-bearer-token", **changes: Any) -> str:
    found = connect(kubernetes(**changes), lambda _: given)
    assert isinstance(found, str)
    return found


def test_a_token_for_eks_is_a_signed_question_who_we_are() -> None:
    token = eks.token("production")
    prefix, _, encoded = token.partition(".")
    url = urlsplit(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode())
    asked = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert (prefix, "=" in token) == ("k8s-aws-v1", False)
    assert (url.scheme, url.hostname, url.path) == ("https", "sts.us-east-1.amazonaws.com", "/")
    assert (asked["Action"], asked["X-Amz-Expires"]) == ("GetCallerIdentity", "60")
    assert asked["X-Amz-SignedHeaders"] == "host;x-k8s-aws-id"
    assert "production" not in url.query
    assert token != eks.token("staging")


def test_an_eks_cluster_is_found_by_its_name(tmp_path: Path) -> None:
    client("eks").create_cluster(name="production", roleArn=ROLE, resourcesVpcConfig={"subnetIds": SUBNETS})
    described = client("eks").describe_cluster(name="production")["cluster"]
    # moto's authority is no certificate, so one is given.
    _, authority = certificate(tmp_path)
    found = connected(eks_cluster="production", ca_data=authority)
    assert found.base_url == described["endpoint"]
    assert found.token.startswith("k8s-aws-v1.")
    assert found.token not in repr(found)


def test_what_does_not_lead_to_a_cluster_is_said() -> None:
    assert "ResourceNotFoundException" in refused(eks_cluster="nobody-made-it")
    assert "have no entry kubernetes" in refused(None, api_url="https://cluster.example.com")
    assert "no token that a header can carry" in refused("a\nb", api_url="https://cluster.example.com")
    broken = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nnone\n-----END CERTIFICATE-----\n").decode()
    assert "certificate authority" in refused(api_url="https://cluster.example.com", ca_data=broken)


def test_an_authority_that_is_none_is_refused_with_the_runbook() -> None:
    for text, why in (("not base64!", "is not base64"), (base64.b64encode(b"text").decode(), "no PEM certificate")):
        with pytest.raises(ValueError, match=why):
            kubernetes(ca_data=text)


def certificate(folder: Path) -> tuple[tuple[str, str], str]:
    """A server's certificate and key for 127.0.0.1, and its authority as a kubeconfig has it."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    today = datetime.now(UTC)
    made = made.not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
    made = made.add_extension(address, critical=False)
    signed = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, SHA256())
    pem = signed.public_bytes(Encoding.PEM)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return (str(folder / "cert.pem"), str(folder / "key.pem")), base64.b64encode(pem).decode()


@pytest.fixture
def api(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """An API server with a certificate of its own: its URL and its authority."""
    files, authority = certificate(tmp_path)

    def app(environ: Any, start: Any) -> Any:
        return Response(f'{{"path": "{environ["PATH_INFO"]}"}}', mimetype="application/json")(environ, start)

    server = make_server("127.0.0.1", 0, app, ssl_context=files, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", authority
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_clusters_own_authority_is_trusted_and_no_other(api: tuple[str, str]) -> None:
    url, authority = api
    with Cluster(connected(api_url=url, ca_data=authority)) as cluster:
        answer = cluster.read("deployments", "twinmind-service")
    assert trouble(answer) is None
    assert not isinstance(answer, NoAnswer)
    assert answer.json() == {"path": "/apis/apps/v1/namespaces/default/deployments/twinmind-service"}
    with Cluster(connected(api_url=url)) as cluster:
        answer = cluster.read("deployments")
    assert isinstance(answer, NoAnswer)
    assert answer.kind == "tls"
    assert trouble(answer) == "the Kubernetes API: the TLS handshake failed"
