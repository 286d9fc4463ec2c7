"""A Kubernetes API server with our service in it (docs/twinmind.md#names)."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from flask import Response, request

from local.sandbox import kubernetes_objects as objects
from local.sandbox.kubernetes_objects import DEPLOYMENT, EXTERNAL, HPA, KINDS, PODS, SECRETS, SERVICE, USAGE, Kind
from local.sandbox.kubernetes_operator import Operator
from local.sandbox.kubernetes_patch import JSON_PATCH, MERGE, STRATEGIC, decoded, invalid, marked, operated, patched
from local.sandbox.kubernetes_pods import Pods
from local.sandbox.kubernetes_status import asked, conflict, forbidden, not_found, status
from local.sandbox.service import LoadKey, OurService
from local.sandbox.shapes import Json
from local.sandbox.vendor import Route, View, answer

HOOK = "policy.example.com"


class Kubernetes(Pods):
    """Objects are in the world; `load_key` is where a synced Secret gets its value from."""

    name = "kubernetes"
    prefix = "/kubernetes"
    scheme = "Bearer "

    def __init__(self, service: OurService, load_key: LoadKey) -> None:
        super().__init__(service)
        self._operator = Operator(self.world, load_key)

    def routes(self) -> Iterable[Route]:
        for kind in KINDS:
            yield "GET", kind.path, self._list(kind)
            yield "GET", f"{kind.path}/<name>", self._read(kind)
            yield "PATCH", f"{kind.path}/<name>", self._patch(kind)
        for name, path in objects.older_paths(EXTERNAL):
            yield "GET", f"{path}/<name>", self._read(EXTERNAL, name)
            yield "PATCH", f"{path}/<name>", self._patch(EXTERNAL, name)
        yield "GET", f"/apis/{EXTERNAL.group}", self._discover
        yield "GET", objects.REPLICA_SETS.path, self._list_replica_sets
        yield "GET", PODS.path, self._list_pods
        yield "GET", f"{PODS.path}/<name>", self._read_pod
        yield "GET", f"{PODS.path}/<name>/log", self._log
        yield "GET", USAGE.path, self._usage

    def refusal(self) -> Response | None:
        """401 without a bearer token that is taken, 403 for what the world forbids."""
        if not self.accepts(self.credential()):
            return status(401, "Unauthorized")
        if "/namespaces/" not in request.path:
            return None  # everybody who is authenticated may discover (ClusterRole system:discovery)
        wanted, rules = asked(request), self.state["rbac"].get(self.credential())
        is_outside_role = rules is not None and not wanted.allowed_by(rules)
        return forbidden(wanted) if is_outside_role or wanted.forbidden_by(self.state["forbidden"]) else None

    def error(self, code: int, message: str) -> Response:
        return status(code, "the server could not find the requested resource" if code == 404 else message)

    def kept(self, body: Any, mark: Callable[[str], str]) -> Any:
        """No value of a Secret reaches the journal, in whatever form it was sent."""
        if "/secrets" not in request.path or body is None:
            return body
        if not isinstance(body, dict):
            return mark(str(body))
        hidden = {field: marked(body[field], mark) for field in ("data", "stringData") if field in body}
        return {name: value for name, value in body.items() if name in ("kind", "apiVersion", "type")} | hidden

    def reset(self) -> None:
        self._rollouts.clear()
        self._operator.reset()
        self._fill()

    def advance(self) -> None:
        """When a rollout is over, our service has a new process, which read the Secret at its start."""
        with self.world.lock:
            self._fill()
            self._operator.advance()
            rollout = self._rollouts.get(SERVICE)
            due = rollout and not rollout.loaded and rollout.over(self.state["rollout_seconds"], self.world.now())
            if rollout and due:
                rollout.loaded = True
        if due:
            self._service.replace(self._key_of_secret)

    def _fill(self) -> None:
        """At first the Secret holds the key that our service started with."""
        data = self.state["secrets"].get(objects.SECRET, {}).get("data", {})
        if self._service.key:
            data.setdefault(objects.KEY_FIELD, objects.encoded(self._service.key))

    def _key_of_secret(self) -> str | None:
        with self.world.lock:
            self._operator.copy_at_sight()
            held = self.state["secrets"].get(objects.SECRET, {}).get("data", {}).get(objects.KEY_FIELD)
        return decoded(held) if held else None

    def _shown(self, kind: Kind, name: str) -> Json:
        stored = self.state[kind.plural][name]
        shown: Json = {"kind": kind.name, "apiVersion": kind.api_version} | stored
        if kind is DEPLOYMENT:
            rollout = self._rollout(name)
            shown["status"] = rollout.status(stored, self.state["rollout_seconds"], self.world.now())
            shown["metadata"] = objects.numbered(stored["metadata"], rollout.revision)
        if kind is HPA:
            replicas = self._deployment()["spec"]["replicas"]
            shown["status"] = {"currentReplicas": replicas, "desiredReplicas": replicas}
        if kind is EXTERNAL:
            shown["status"] = self._operator.status(name)
        return shown

    def _deployment(self) -> Json:
        found: Json = self.state["deployments"].get(SERVICE) or objects.default_objects()["deployments"][SERVICE]
        return found

    def _list(self, kind: Kind) -> View:
        def serve(namespace: str) -> Response:
            return self._page(kind, [self._shown(kind, name) for name in self.state[kind.plural]], namespace)

        return serve

    def _missing(self, kind: Kind, namespace: str, name: str) -> bool:
        if kind is SECRETS:
            self._operator.copy_at_sight()
        stored = self.state[kind.plural].get(name)
        return not stored or stored["metadata"]["namespace"] != namespace

    def _discover(self) -> Response:
        """APIGroup: the versions in which the operator's kinds are served."""
        served = [{"groupVersion": f"{EXTERNAL.group}/{one}", "version": one} for one in self._served]
        if not served:
            return not_found(asked(request))
        return answer({"kind": "APIGroup", "apiVersion": "v1", "name": EXTERNAL.group, "versions": served})

    @property
    def _served(self) -> list[str]:
        return list(self.state["external_versions"])

    def _read(self, kind: Kind, version: str = "") -> View:
        def serve(namespace: str, name: str) -> Response:
            missing = self._missing(kind, namespace, name) or not self._serves(kind, version)
            return not_found(asked(request)) if missing else answer(self._shown(kind, name))

        return serve

    def _serves(self, kind: Kind, version: str) -> bool:
        return kind is not EXTERNAL or (version or kind.version) in self._served

    def _patch(self, kind: Kind, version: str = "") -> View:
        """415 for another patch type, 409 for a `resourceVersion` that is not the stored one ("API Concepts")."""

        def serve(namespace: str, name: str) -> Response:
            change = request.get_json(silent=True, force=True)
            taken = (MERGE, JSON_PATCH, *([] if kind is EXTERNAL else [STRATEGIC]))  # not for custom resources
            if request.mimetype not in taken:
                return status(415, f"the body of the request was in an unknown format: accepts {', '.join(taken)}")
            if not isinstance(change, list if request.mimetype == JSON_PATCH else dict):
                return status(400, "the patch is not a JSON object, or for JSON Patch not a list")
            if self._missing(kind, namespace, name) or not self._serves(kind, version):
                return not_found(asked(request))
            new = self._new(kind, name, change)
            if isinstance(new, Response):
                return new
            refusal = self._not_admitted()
            broken = invalid(kind.plural, new)
            if refusal or broken:
                return refusal or status(422, f'{kind.name} "{name}" is invalid: {broken}')
            if request.args.get("dryRun"):
                return answer(self._shown(kind, name) | {part: new[part] for part in new})
            self._store(kind, name, new)
            return answer(self._shown(kind, name))

        return serve

    def _not_admitted(self) -> Response | None:
        """Admission also judges a dry run, without a webhook that may act (API Concepts, "Dry-run authorization")."""
        dry_run, hook = request.args.getlist("dryRun"), self.state["admission_webhook"]
        if dry_run not in ([], ["All"]):
            given = ", ".join(f'"{one}"' for one in dry_run)
            return status(422, f'PatchOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: [{given}]: '
                               'supported values: "All"')  # fmt: skip
        if dry_run and hook["side_effects"]:
            return status(400, f'admission webhook "{HOOK}" does not support dry run')
        return (
            status(403, f'admission webhook "{HOOK}" denied the request: {hook["denies"]}') if hook["denies"] else None
        )

    def _new(self, kind: Kind, name: str, change: Any) -> Any:
        """The patched object, or the answer that refuses the patch."""
        stored = self.state[kind.plural][name]
        if isinstance(change, list):
            new = operated(copy.deepcopy(self._shown(kind, name)), change)
            return new or status(422, "the server rejected our request due to an error in our request")
        version, named = stored["metadata"]["resourceVersion"], change.get("metadata")
        if isinstance(named, dict) and named.get("resourceVersion", version) != version:
            return conflict(asked(request))
        return patched(copy.deepcopy(stored), change, request.mimetype == STRATEGIC)

    def _store(self, kind: Kind, name: str, new: Json) -> None:
        """A changed spec is a new generation, a changed pod template a rollout; an autoscaler keeps its bounds."""
        before = self.state[kind.plural][name]
        text = new.get("stringData", {})
        new["metadata"].get("annotations", {}).pop(objects.REVISION, None)  # the controller adds it; it is not stored
        new = before | {part: new[part] for part in before if part in new}
        if kind is SECRETS:
            given = {field: objects.encoded(str(value)) for field, value in (text or {}).items()}
            new["data"] = new.get("data", {}) | given
        if kind is DEPLOYMENT and new["spec"] != before["spec"]:
            new["metadata"]["generation"] += 1
            rollout = self._rollout(name)
            rollout.changed = self.world.now()
            if new["spec"]["template"] != before["spec"]["template"]:
                rollout.begin(self.world.now(), new["spec"]["template"], self.state["rollout_stuck"])
        if new != before:
            new["metadata"]["resourceVersion"] = str(int(before["metadata"]["resourceVersion"]) + 1)
        self.state[kind.plural][name] = new
        if kind is EXTERNAL and new != before:
            self._operator.changed(name)
        if kind is HPA and SERVICE in self.state["deployments"]:
            deployment, bounds = copy.deepcopy(self._deployment()), new["spec"]
            wanted = min(max(deployment["spec"]["replicas"], bounds["minReplicas"]), bounds["maxReplicas"])
            deployment["spec"]["replicas"] = wanted
            self._store(DEPLOYMENT, SERVICE, deployment)
