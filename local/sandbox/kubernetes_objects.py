"""The cluster's objects when nobody has touched them, named as in docs/twinmind.md#names, and how they are shown."""

import base64
import copy
from dataclasses import dataclass, replace

from local.sandbox.kubernetes_rollout import Pod, ReplicaSet
from local.sandbox.shapes import Json

NAMESPACE, SERVICE, CONTAINER = "default", "twinmind-service", "twinmind"
SECRET, KEY_FIELD, AUTOSCALER = "twinmind-secrets", "api-key", "twinmind-hpa"
LABELS = {"app": SERVICE}


@dataclass(frozen=True)
class Kind:
    name: str
    plural: str
    group: str
    version: str

    @property
    def path(self) -> str:
        root = f"/apis/{self.group}" if self.group else "/api"
        return f"{root}/{self.version}/namespaces/<namespace>/{self.plural}"

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}".removeprefix("/")


DEPLOYMENT = Kind("Deployment", "deployments", "apps", "v1")
SECRETS = Kind("Secret", "secrets", "", "v1")
HPA = Kind("HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2")
PODS = Kind("Pod", "pods", "", "v1")
USAGE = Kind("PodMetrics", "pods", "metrics.k8s.io", "v1beta1")
EXTERNAL = Kind("ExternalSecret", "externalsecrets", "external-secrets.io", "v1")
REPLICA_SETS = Kind("ReplicaSet", "replicasets", "apps", "v1")
KINDS = (DEPLOYMENT, SECRETS, HPA, EXTERNAL)
REVISION = "deployment.kubernetes.io/revision"


def older_paths(kind: Kind) -> list[tuple[str, str]]:
    """Version and path, for what a cluster with an older operator serves."""
    return [(version, replace(kind, version=version).path) for version in ("v1beta1",)]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def default_objects() -> Json:
    """By plural, then by name; what the world stores is the object without `kind`, `apiVersion` and `status`."""
    webhook = encoded("webhook-secret-of-the-sandbox")
    secret = {"metadata": _metadata(SECRET), "type": "Opaque", "data": {"webhook-secret": webhook}}
    cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": SERVICE}
    bounds = {"minReplicas": 2, "maxReplicas": 10, "metrics": [{"type": "Resource", "resource": cpu}]}
    return {
        "deployments": {SERVICE: {"metadata": _metadata(SERVICE) | {"generation": 1}, "spec": _deployment_spec()}},
        "secrets": {SECRET: secret},
        "horizontalpodautoscalers": {
            AUTOSCALER: {"metadata": _metadata(AUTOSCALER), "spec": {"scaleTargetRef": target} | bounds}
        },
        "externalsecrets": {SECRET: {"metadata": _metadata(SECRET), "spec": _external_spec()}},
    }


def _metadata(name: str) -> Json:
    return {"name": name, "namespace": NAMESPACE, "resourceVersion": "1", "labels": dict(LABELS), "annotations": {}}


def _external_spec() -> Json:
    source = {"secretKey": KEY_FIELD, "remoteRef": {"key": "twinmind-api-key"}}
    store = {"name": "aws-secrets-manager", "kind": "SecretStore"}
    return {"refreshInterval": "1h", "secretStoreRef": store, "target": {"name": SECRET}, "data": [source]}


def _deployment_spec() -> Json:
    key = {"secretKeyRef": {"name": SECRET, "key": KEY_FIELD}}
    resources = {"requests": {"cpu": "250m", "memory": "256Mi"}, "limits": {"cpu": "1", "memory": "512Mi"}}
    container: Json = {"name": CONTAINER, "image": "twinmind-service:1.0.0", "resources": resources}
    container["env"] = [{"name": "TWINMIND_API_KEY", "valueFrom": key}]
    template: Json = {"metadata": {"labels": dict(LABELS), "annotations": {}}, "spec": {"containers": [container]}}
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"}}
    return {"replicas": 2, "selector": {"matchLabels": dict(LABELS)}, "strategy": strategy, "template": template}


def pod_object(pod: Pod, deployment: Json, started: str, restarts: int) -> Json:
    """PodStatus with `phase`, `startTime`, `conditions` and `containerStatuses` (Kubernetes API, Pod v1)."""
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"] | {"pod-template-hash": pod.template_hash}
    container = {"name": CONTAINER, "ready": pod.ready, "started": pod.ready, "restartCount": restarts}
    container["state"] = (
        {"running": {"startedAt": started}} if pod.ready else {"waiting": {"reason": "ContainerCreating"}}
    )
    return {
        "metadata": {"name": pod.name, "namespace": NAMESPACE, "labels": labels, "creationTimestamp": started},
        "spec": template["spec"],
        "status": {
            "phase": "Running" if pod.ready else "Pending",
            "startTime": started,
            "conditions": [{"type": "Ready", "status": str(pod.ready)}],
            "containerStatuses": [container],
        },
    }


def numbered(metadata: Json, revision: int) -> Json:
    """Adds the revision that the Deployment's controller writes to the annotations."""
    return metadata | {"annotations": metadata.get("annotations", {}) | {REVISION: str(revision)}}


def replica_set_object(one: ReplicaSet, created: str, replicas: int) -> Json:
    """ReplicaSet v1: the Deployment's template with its hash among the labels, and the revision in an annotation."""
    template = copy.deepcopy(one.template)
    labels = template["metadata"]["labels"] | {"pod-template-hash": one.template_hash}
    template["metadata"]["labels"] = labels
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": SERVICE, "controller": True}
    return {
        "metadata": {
            "name": f"{SERVICE}-{one.template_hash}",
            "namespace": NAMESPACE,
            "labels": labels,
            "annotations": {REVISION: str(one.revision)},
            "creationTimestamp": created,
            "ownerReferences": [owner],
        },
        "spec": {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template},
        "status": {"replicas": replicas},
    }


def usage_object(pod: Json, load: Json, pods: int, now: str) -> Json:
    """PodMetrics (metrics.k8s.io/v1beta1): CPU in nanocores, memory in Ki; the load is shared by the pods."""
    usage = {"cpu": f"{load['cpu'] / pods * 1e9:.0f}n", "memory": f"{load['memory'] * 512 * 1024:.0f}Ki"}
    containers = [{"name": CONTAINER, "usage": usage}]
    return {"metadata": pod["metadata"], "timestamp": now, "window": "15s", "containers": containers}
