"""The parts of the Kubernetes API that we need: read and patch, for probes (async) and actions.

docs/decisions.md says why there is no client library. Paths follow the API reference, for example
`/apis/apps/v1/namespaces/default/deployments/twinmind-service`.
"""

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from responder.aws import eks
from responder.aws.secrets import SecretUnreadable
from responder.clients.http import Http, NoAnswer, Response
from responder.clients.responses import inner
from responder.config.platforms import Kubernetes

TIMEOUT_SECONDS = 4.0
CREDENTIAL = "kubernetes"  # in the vendor credentials: a bearer token
PatchKind = Literal["strategic-merge", "merge", "json"]
# Kubernetes API reference: "core" has no group in its path.
_ROOTS = {
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
    "podmetrics": "/apis/metrics.k8s.io/v1beta1",
}
# Kinds of operators: their group, and the versions that we can read, the best first. External Secrets Operator serves
# v1 from 0.16 on, and v1beta1 before that (external-secrets.io, "Stability and Support").
VERSIONS = {"externalsecrets": ("external-secrets.io", ("v1", "v1beta1"))}


@dataclass(frozen=True)
class Unconnected:
    """Why there is no connection: `why` ends a sentence for people."""

    why: str


@dataclass(frozen=True)
class Connection:
    """`verify`: the cluster's certificate authority; True trusts the public ones."""

    base_url: str
    namespace: str
    token: str = field(repr=False)
    verify: ssl.SSLContext | Literal[True] = True

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def url(self, plural: str, name: str = "", part: str = "", version: str = "") -> str:
        """Of a collection, an object, or a part of it (`log`); `podmetrics` are the pods' usage.

        `version`: of an operator's kind.
        """
        root = f"/apis/{VERSIONS[plural][0]}/{version}" if version else _ROOTS.get(plural, "/api/v1")
        kind = "pods" if plural == "podmetrics" else plural
        return "/".join(filter(None, [f"{self.base_url}{root}/namespaces/{self.namespace}", kind, name, part]))


def connect(config: Kubernetes, credential_of: Callable[[str], str | None]) -> Connection | Unconnected:
    """Address, authority and token by `config`. May block (calls AWS): use a thread in async code.

    Use a connection for one invocation only: EKS's token lives a minute.
    """
    try:
        base_url, ca_data, token = _means(config, credential_of)
    except eks.EksSilent as error:
        return Unconnected(f"EKS cluster {config.eks_cluster} is out of reach: {error}")
    except SecretUnreadable as error:
        return Unconnected(f"the vendor credentials cannot be read: {error}")
    if not base_url or not token:
        return Unconnected(f"the vendor credentials have no entry {CREDENTIAL}")
    if not (token.isascii() and token.isprintable()):
        return Unconnected(f"the entry {CREDENTIAL} of the vendor credentials is no token that a header can carry")
    try:
        verify = _trust(ca_data)
    except (ssl.SSLError, ValueError):
        return Unconnected("its certificate authority (ca_data) is not a PEM certificate in base64")
    return Connection(base_url, config.namespace, token.strip(), verify)


def _means(config: Kubernetes, credential_of: Callable[[str], str | None]) -> tuple[str | None, str | None, str | None]:
    if config.eks_cluster is None:
        return config.api_url, config.ca_data, credential_of(CREDENTIAL)
    if config.api_url:
        return config.api_url, config.ca_data, eks.token(config.eks_cluster)
    found = eks.endpoint(config.eks_cluster)
    return found.url, config.ca_data or found.ca_data, eks.token(config.eks_cluster)


def _trust(ca_data: str | None) -> ssl.SSLContext | Literal[True]:
    if ca_data is None:
        return True
    return ssl.create_default_context(cadata=base64.b64decode(ca_data).decode("ascii"))


class Cluster:
    """For actions. A context manager. `versions`: of operators' kinds, as the cluster said."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.versions: dict[str, str] = {}
        self._http = Http(verify=connection.verify)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def read(
        self, plural: str, name: str = "", *, part: str = "", params: Mapping[str, str] | None = None
    ) -> Response | NoAnswer:
        """One object, or a list without `name` (`labelSelector`, `limit` in `params`)."""
        url = self.connection.url(plural, name, part, self.versions.get(plural, ""))
        return self._http.call("GET", url, headers=self.connection.headers, params=params, timeout=TIMEOUT_SECONDS)

    def discover(self, group: str) -> Response | NoAnswer:
        """The group's APIGroup; 404 where nothing serves it."""
        url = f"{self.connection.base_url}/apis/{group}"
        return self._http.call("GET", url, headers=self.connection.headers, timeout=TIMEOUT_SECONDS)

    def patch(
        self,
        plural: str,
        name: str,
        change: Mapping[str, Any] | list[Any],
        kind: PatchKind = "strategic-merge",
        params: Mapping[str, str] | None = None,
    ) -> Response | NoAnswer:
        """`strategic-merge` for built-in kinds; `merge` for operators' kinds, which support no other (API Concepts).

        `json` is a list of operations (RFC 6902); a failed `test` changes nothing: 422.
        """
        headers = self.connection.headers | {"Content-Type": f"application/{kind}-patch+json"}
        url = self.connection.url(plural, name, version=self.versions.get(plural, ""))
        return self._http.call("PATCH", url, headers=headers, json=change, params=params, timeout=TIMEOUT_SECONDS)


def trouble(answer: Response | NoAnswer) -> str | None:
    """The error for people, or None. The API's own message contains no secret value."""
    if isinstance(answer, NoAnswer):
        return f"the Kubernetes API: {answer.sentence}"
    if answer.ok and isinstance(answer.json(), dict):
        return None
    said = inner(answer.json(), "message")
    return f"the Kubernetes API answers {answer.status}{f' ({said})' if isinstance(said, str) else ''}"
