"""The pods of our Deployment as the API server shows them: their state, their log, what they use."""

from flask import Response, request

from local.sandbox import kubernetes_objects as objects
from local.sandbox.kubernetes_objects import CONTAINER, PODS, REPLICA_SETS, SERVICE, USAGE, Kind
from local.sandbox.kubernetes_patch import selects
from local.sandbox.kubernetes_rollout import Pod, Rollout
from local.sandbox.kubernetes_status import asked, not_found, status
from local.sandbox.service import OurService
from local.sandbox.shapes import Json
from local.sandbox.vendor import Vendor, answer

AGE_SECONDS = 86_400.0  # of the version that runs at first; its pods are as old as our service's process


class Pods(Vendor):
    """The read-only half of the API server; Kubernetes adds the objects that can be changed."""

    def __init__(self, service: OurService) -> None:
        super().__init__(service.world)
        self._service = service
        self._rollouts: dict[str, Rollout] = {}

    def _rollout(self, name: str) -> Rollout:
        if name not in self._rollouts:
            rollout = Rollout(name, self._service.began or self.world.now())
            rollout.keep(self.state["deployments"][name]["spec"]["template"], rollout.began - AGE_SECONDS)
            self._rollouts[name] = rollout
        return self._rollouts[name]

    def _running(self) -> list[Pod]:
        deployment = self.state["deployments"].get(SERVICE)
        if deployment is None:
            return []
        seconds, replicas = self.state["rollout_seconds"], deployment["spec"]["replicas"]
        return self._rollout(SERVICE).pods(replicas, seconds, self.world.now())

    def _pods(self) -> list[Json]:
        return [self._pod_object(pod) for pod in self._running()]

    def _pod_object(self, pod: Pod) -> Json:
        deployment, started = self.state["deployments"][SERVICE], self._time(pod.started)
        return objects.pod_object(pod, deployment, started, self.state["restart_count"])

    def _time(self, at: float | None = None) -> str:
        """metav1.Time has whole seconds."""
        return f"{self.world.iso(at)[:19]}Z"

    def _page(self, kind: Kind, found: list[Json], namespace: str) -> Response:
        selector = request.args.get("labelSelector", "")
        items = [one for one in found if one["metadata"]["namespace"] == namespace]
        items = [one for one in items if selects(selector, one["metadata"].get("labels", {}))]
        return answer({"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": {}, "items": items})

    def _list_pods(self, namespace: str) -> Response:
        return self._page(PODS, self._pods(), namespace)

    def _list_replica_sets(self, namespace: str) -> Response:
        """Those of our Deployment, newest first; the newest has all replicas, as when no rollout is under way."""
        deployment = self.state["deployments"].get(SERVICE)
        history = sorted(self._rollout(SERVICE).history, key=lambda one: -one.revision) if deployment else []
        replicas = [deployment["spec"]["replicas"] if not place else 0 for place, _ in enumerate(history)]
        made = [
            objects.replica_set_object(one, self._time(one.created), count)
            for one, count in zip(history, replicas, strict=True)
        ]
        return self._page(REPLICA_SETS, made, namespace)

    def _read_pod(self, namespace: str, name: str) -> Response:
        found = [
            pod for pod in self._pods() if pod["metadata"] | {"name": name, "namespace": namespace} == pod["metadata"]
        ]
        return answer({"kind": "Pod", "apiVersion": "v1"} | found[0]) if found else not_found(asked(request))

    def _log(self, namespace: str, name: str) -> Response:
        """Plain text; `tailLines` first, then `limitBytes` (Kubernetes API, "read log of the specified Pod")."""
        pods = self._running() if namespace == objects.NAMESPACE else []
        place = next((place for place, pod in enumerate(pods) if pod.name == name), None)
        if place is None:
            return not_found(asked(request))
        if not pods[place].ready:
            return status(400, f'container "{CONTAINER}" in pod "{name}" is waiting to start: ContainerCreating')
        containers = [one["name"] for one in self._pod_object(pods[place])["spec"]["containers"]]
        container = request.args.get("container") or (containers[0] if len(containers) == 1 else None)
        if container not in containers:
            choice = f"a container name must be specified for pod {name}, choose one of: [{' '.join(containers)}]"
            return status(400, f"container {container} is not valid for pod {name}" if container else choice)
        if container != CONTAINER:
            return Response("", content_type="text/plain")
        written = self._service.log_lines(self.state["log_format"])[place :: len(pods)]
        tail, limit = request.args.get("tailLines", type=int), request.args.get("limitBytes", type=int)
        lines = written if tail is None else written[max(0, len(written) - tail) :]
        text = "".join(f"{line}\n" for line in lines).encode()
        return Response(text[:limit], content_type="text/plain")

    def _usage(self, namespace: str) -> Response:
        """Without metrics-server nobody serves the group: a bare 404, as the API server's path handler gives it."""
        if not self.state["metrics_server"]:
            return Response("404 page not found\n", 404, content_type="text/plain; charset=utf-8")
        pods, load = self._pods(), self.world["service"]["load"]
        used = [objects.usage_object(pod, load, len(pods), self._time()) for pod in pods]
        return self._page(USAGE, used, namespace)
