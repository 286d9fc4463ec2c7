"""The service's Kubernetes objects, for actions. What the cluster does not give is raised as PlatformRefused."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from responder.clients.http import NoAnswer, Response
from responder.clients.kubernetes import CREDENTIAL, VERSIONS, Cluster, PatchKind, connect, trouble
from responder.clients.responses import Json, inner
from responder.config.platforms import Kubernetes
from responder.context import IncidentContext
from responder.domain.platform_refused import PlatformRefused
from responder.domain.redact import redact_short

# The name of a token in the vendor credentials that may patch. Without it the token for reading is used for both.
ACTING = "kubernetes_act"
_PASSES = (429, 409)
_OF_ALL: tuple[tuple[tuple[str, ...], type], ...] = ((("metadata",), dict),)
_REQUIRED = {
    "deployments": (*_OF_ALL, (("metadata", "name"), str), (("spec", "selector"), dict), (("spec", "template"), dict)),
    "replicasets": (*_OF_ALL, (("metadata", "creationTimestamp"), str), (("spec", "template"), dict)),
    "horizontalpodautoscalers": (*_OF_ALL, (("spec", "scaleTargetRef", "name"), str), (("spec", "maxReplicas"), int)),
}


class Objects:
    """Reads and patches objects by kind (its plural) and name. Every method raises PlatformRefused."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def get(self, plural: str, name: str) -> Json:
        self._ask_version(plural)
        return _check_shape(plural, _object(self._cluster.read(plural, name)))

    def find(self, plural: str, name: str) -> Json | None:
        """As `get`; None if the API server says that there is no such object."""
        answer = self._cluster.read(plural, name)
        is_missing = isinstance(answer, Response) and answer.status == 404 and isinstance(answer.json(), dict)
        return None if is_missing else _check_shape(plural, _object(answer))

    def list_all(self, plural: str, selector: str) -> list[Json]:
        items = _object(self._cluster.read(plural, params={"labelSelector": selector})).get("items") or []
        if not isinstance(items, list):
            raise PlatformRefused(f"the Kubernetes API answers with something that is no list of {plural}", passes=True)
        return [_check_shape(plural, item) for item in items if isinstance(item, dict)]

    def change(
        self,
        plural: str,
        name: str,
        change: Mapping[str, Any] | list[Any],
        kind: PatchKind = "strategic-merge",
        *,
        dry_run: bool = False,
    ) -> Json:
        """The changed object. `dry_run`: the API server checks rights, admission and validity, and stores nothing."""
        self._ask_version(plural)
        params = {"dryRun": "All"} if dry_run else None
        return _check_shape(plural, _object(self._cluster.patch(plural, name, change, kind, params)))

    def _ask_version(self, plural: str) -> None:
        """The version of an operator's kind depends on its release, so the cluster is asked for it. Every account may
        ask (API discovery, ClusterRole system:discovery).
        """
        if plural not in VERSIONS or plural in self._cluster.versions:
            return
        group, known = VERSIONS[plural]
        answer = self._cluster.discover(group)
        if isinstance(answer, Response) and answer.status == 404:
            raise PlatformRefused(f"the cluster serves no {group}; its operator is not installed", passes=False)
        served = [str(one.get("version")) for one in _object(answer).get("versions") or [] if isinstance(one, dict)]
        found = next((version for version in known if version in served), None)
        if found is None:
            why = f"the cluster serves {group} as {', '.join(served) or 'nothing'}, where {' or '.join(known)} is known"
            raise PlatformRefused(why, passes=False)
        self._cluster.versions[plural] = found


@contextmanager
def open_cluster(ctx: IncidentContext, config: Kubernetes | None = None, *, acts: bool = True) -> Iterator[Objects]:
    """Connects to the cluster of `config`, by default the service's. Raises PlatformRefused if that is impossible.

    `acts`: uses the token that may patch.
    """

    def token(name: str) -> str | None:
        return (ctx.credentials.of(ACTING) if acts and name == CREDENTIAL else None) or ctx.credentials.of(name)

    connection = connect(config or ctx.runbook.endpoints.service.platform.kubernetes, token)
    if isinstance(connection, str):
        raise PlatformRefused(connection, passes=False)
    with Cluster(connection) as cluster:
        yield Objects(cluster)


def _check_shape(plural: str, found: Json) -> Json:
    """The object. Raises PlatformRefused without the fields that its kind requires: a proxy may have answered."""
    for path, kind in _REQUIRED.get(plural, _OF_ALL):
        if not isinstance(inner(found, *path), kind):
            missing = ".".join(path)
            raise PlatformRefused(
                f"the Kubernetes API answers with something that has no {missing}: {plural}", passes=True
            )
    return found


def _object(answer: Response | NoAnswer) -> Json:
    why = trouble(answer)
    if why is None and isinstance(answer, Response):
        found: Json = answer.json()
        return found
    passes = isinstance(answer, NoAnswer) or answer.status in _PASSES or answer.status >= 500
    # The message may repeat our request, and a proxy can put anything into it: so it is redacted.
    raise PlatformRefused(" ".join(redact_short(str(why), 300).split()), passes=passes)
