"""The parts of the Kubernetes API that we need: read and patch, for probes (async) and for actions.

docs/decisions.md says why we use no client library. A path is, for example (API reference)
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
CREDENTIAL = "kubernetes"  # the entry with a bearer token in the vendor credentials
PatchKind = Literal["strategic-merge", "merge", "json"]
# The API group of each kind. Kinds that are not listed are "core", which has no group in its path (API reference).
_ROOTS = {
    "deployments": "/apis/apps/v1",
    "replicasets": "/apis/apps/v1",
    "horizontalpodautoscalers": "/apis/autoscaling/v2",
    "podmetrics": "/apis/metrics.k8s.io/v1beta1",
}
# Kinds of operators: their group, and the versions that we can read, the best one first. External Secrets Operator
# serves v1 from 0.16 on, and v1beta1 before that (external-secrets.io, "Stability and Support").
VERSIONS = {"externalsecrets": ("external-secrets.io", ("v1", "v1beta1"))}


@dataclass(frozen=True)
class Connection:
    """How to reach a cluster. `verify`: its certificate authority, or True for the public ones."""

    base_url: str
    namespace: str
    token: str = field(repr=False)
    verify: ssl.SSLContext | Literal[True] = True

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    def url(self, plural: str, name: str = "", part: str = "", version: str = "") -> str:
        """The URL of a collection, of an object, or of a `part` of it, such as `log`. `podmetrics` is the pods' usage.

        `version`: for an operator's kind.
        """
        root = f"/apis/{VERSIONS[plural][0]}/{version}" if version else _ROOTS.get(plural, "/api/v1")
        kind = "pods" if plural == "podmetrics" else plural
        return "/".join(filter(None, [f"{self.base_url}{root}/namespaces/{self.namespace}", kind, name, part]))


def connect(config: Kubernetes, credential_of: Callable[[str], str | None]) -> Connection | str:
    """Finds address, certificate authority and token by `config`, or says why not. It may block: it calls AWS.

    Use a connection for one invocation only, because EKS's token lives a minute.
    """
    try:
        base_url, ca_data, token = _means(config, credential_of)
    except eks.EksSilent as error:
        return f"EKS cluster {config.eks_cluster} is out of reach: {error}"
    except SecretUnreadable as error:
        return f"the vendor credentials cannot be read: {error}"
    if not base_url or not token:
        return f"the vendor credentials have no entry {CREDENTIAL}"
    if not (token.isascii() and token.isprintable()):
        return f"the entry {CREDENTIAL} of the vendor credentials is no token that a header can carry"
    verify: ssl.SSLContext | Literal[True] = True
    try:
        if ca_data is not None:
            verify = ssl.create_default_context(cadata=base64.b64decode(ca_data).decode("ascii"))
    except (ssl.SSLError, ValueError):
        return "its certificate authority (ca_data) is not a PEM certificate in base64"
    return Connection(base_url, config.namespace, token.strip(), verify)


def _means(config: Kubernetes, credential_of: Callable[[str], str | None]) -> tuple[str | None, str | None, str | None]:
    if config.eks_cluster is None:
        return config.api_url, config.ca_data, credential_of(CREDENTIAL)
    if config.api_url:
        return config.api_url, config.ca_data, eks.token(config.eks_cluster)
    found = eks.endpoint(config.eks_cluster)
    return found.url, config.ca_data or found.ca_data, eks.token(config.eks_cluster)


class Cluster:
    """The client for actions; a context manager. `versions`: the version of each operator's kind in this cluster."""

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
        """Reads one object or, without `name`, a list (`params` may have `labelSelector` and `limit`)."""
        url = self.connection.url(plural, name, part, self.versions.get(plural, ""))
        return self._http.call("GET", url, headers=self.connection.headers, params=params, timeout=TIMEOUT_SECONDS)

    def discover(self, group: str) -> Response | NoAnswer:
        """Reads the group's APIGroup, which lists its versions; 404 if the cluster does not serve the group."""
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
        """Changes one object. `kind`: `merge` for operators' kinds, which allow no `strategic-merge` (API Concepts).

        With `json`, `change` is a list of operations (RFC 6902). If its `test` fails, nothing changes: 422.
        """
        headers = self.connection.headers | {"Content-Type": f"application/{kind}-patch+json"}
        url = self.connection.url(plural, name, version=self.versions.get(plural, ""))
        return self._http.call("PATCH", url, headers=headers, json=change, params=params, timeout=TIMEOUT_SECONDS)


def trouble(answer: Response | NoAnswer) -> str | None:
    """What is wrong with the answer, as a clause for people, or None. The API's own message holds no secret value."""
    if isinstance(answer, NoAnswer):
        return f"the Kubernetes API: {answer.sentence}"
    if answer.ok and isinstance(answer.json(), dict):
        return None
    said = inner(answer.json(), "message")
    return f"the Kubernetes API answers {answer.status}{f' ({said})' if isinstance(said, str) else ''}"
