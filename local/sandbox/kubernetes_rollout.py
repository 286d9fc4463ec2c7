"""How a Deployment's pods are replaced: one more at a time, none missing (the default maxSurge and maxUnavailable)."""

import hashlib
from dataclasses import dataclass

from local.sandbox.shapes import Json

OBSERVED_AFTER = 0.1  # of a rollout: until then the controller has not seen the change


@dataclass(frozen=True)
class Pod:
    name: str
    template_hash: str
    started: float
    ready: bool


@dataclass
class Rollout:
    """The last change of one Deployment; times in Unix seconds."""

    name: str
    began: float
    changed: float = 0.0
    before: float = 0.0
    revision: int = 1
    loaded: bool = True

    def begin(self, now: float) -> None:
        self.before, self.began, self.changed = self.began, now, now
        self.revision += 1
        self.loaded = False

    def _seen(self, since: float, seconds: float, now: float) -> bool:
        return now >= since + seconds * OBSERVED_AFTER

    def over(self, seconds: float, now: float) -> bool:
        return self.revision == 1 or now >= self.began + seconds

    def pods(self, replicas: int, seconds: float, now: float) -> list[Pod]:
        """The old ones that are left, then the new ones, of which only the last may not be ready."""
        step = seconds / max(1, replicas)
        if self.over(seconds, now):
            late = 0.0 if self.revision == 1 else step
            return [self._pod(self.revision, number, self.began + number * late, True) for number in range(replicas)]
        if not self._seen(self.began, seconds, now):
            return [self._pod(self.revision - 1, number, self.before, True) for number in range(replicas)]
        ready = int((now - self.began) / step)
        old = [self._pod(self.revision - 1, number, self.before, True) for number in range(ready, replicas)]
        made = range(min(replicas, ready + 1))
        return old + [self._pod(self.revision, number, self.began + number * step, number < ready) for number in made]

    def _pod(self, revision: int, number: int, started: float, ready: bool) -> Pod:
        template = _digest(f"{self.name} {revision}")[:10]
        return Pod(f"{self.name}-{template}-{_digest(f'{template} {number}')[:5]}", template, started, ready)

    def status(self, deployment: Json, seconds: float, now: float) -> Json:
        """DeploymentStatus; counts of zero are left out, as the API server does it."""
        replicas, generation = deployment["spec"]["replicas"], deployment["metadata"]["generation"]
        pods, over = self.pods(replicas, seconds, now), self.over(seconds, now)
        seen = over or self._seen(self.began, seconds, now)
        newest = _digest(f"{self.name} {self.revision if seen else self.revision - 1}")[:10]
        updated = [pod for pod in pods if pod.template_hash == newest]
        ready = sum(pod.ready for pod in pods)
        counts = {"replicas": len(pods), "updatedReplicas": len(updated), "readyReplicas": ready}
        counts |= {"availableReplicas": ready, "unavailableReplicas": len(pods) - ready}
        noticed = self._seen(self.changed, seconds, now)
        observed = {"observedGeneration": generation if noticed else generation - 1}
        done = over or not seen
        return observed | {name: count for name, count in counts.items() if count} | {"conditions": _conditions(done)}


def _conditions(done: bool) -> list[Json]:
    reason = "NewReplicaSetAvailable" if done else "ReplicaSetUpdated"
    return [
        {"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"},
        {"type": "Progressing", "status": "True", "reason": reason},
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
