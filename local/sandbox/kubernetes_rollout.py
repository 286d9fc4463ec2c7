"""How a Deployment's pods are replaced: one more at a time, none missing (the default maxSurge and maxUnavailable)."""

import copy
import hashlib
from dataclasses import dataclass, field

from local.sandbox.shapes import Json

OBSERVED_AFTER = 0.1  # the part of a rollout before the controller sees the change
DEADLINE = 2.0  # after so many times a rollout's length, a stuck one has used up its progressDeadlineSeconds


@dataclass(frozen=True)
class Pod:
    name: str
    template_hash: str
    started: float
    ready: bool


@dataclass
class ReplicaSet:
    """One pod template that the Deployment had. If it is used again, it keeps its name and gets the newest revision."""

    template: Json
    template_hash: str
    revision: int
    created: float


@dataclass
class Rollout:
    """The last change of one Deployment, and its history; times in Unix seconds. `stuck`: no new pod gets ready."""

    name: str
    began: float
    changed: float = 0.0
    before: float = 0.0
    revision: int = 1
    loaded: bool = True
    stuck: bool = False
    history: list[ReplicaSet] = field(default_factory=list)

    def begin(self, now: float, template: Json, stuck: bool = False) -> None:
        self.before, self.began, self.changed = self.began, now, now
        self.revision += 1
        self.loaded, self.stuck = False, stuck
        self.keep(template, now)

    def keep(self, template: Json, now: float) -> None:
        known = next((one for one in self.history if one.template == template), None)
        if known:
            known.revision = self.revision
        else:
            made = ReplicaSet(copy.deepcopy(template), _digest(f"{self.name} {self.revision}")[:10], self.revision, now)
            self.history.append(made)

    def _hash(self, revision: int) -> str:
        found = (one.template_hash for one in self.history if one.revision == revision)
        return next(found, _digest(f"{self.name} {revision}")[:10])

    def _seen(self, since: float, seconds: float, now: float) -> bool:
        return now >= since + seconds * OBSERVED_AFTER

    def over(self, seconds: float, now: float) -> bool:
        return self.revision == 1 or (now >= self.began + seconds and not self.stuck)

    def pods(self, replicas: int, seconds: float, now: float) -> list[Pod]:
        """The old pods that are left, then the new ones; only the last new one may not be ready."""
        step = seconds / max(1, replicas)
        if self.over(seconds, now):
            late = 0.0 if self.revision == 1 else step
            return [self._pod(self.revision, number, self.began + number * late, True) for number in range(replicas)]
        if not self._seen(self.began, seconds, now):
            return [self._pod(self.revision - 1, number, self.before, True) for number in range(replicas)]
        ready = 0 if self.stuck else int((now - self.began) / step)
        old = [self._pod(self.revision - 1, number, self.before, True) for number in range(ready, replicas)]
        made = range(min(replicas, ready + 1))
        return old + [self._pod(self.revision, number, self.began + number * step, number < ready) for number in made]

    def _pod(self, revision: int, number: int, started: float, ready: bool) -> Pod:
        template = self._hash(revision)
        return Pod(f"{self.name}-{template}-{_digest(f'{template} {number}')[:5]}", template, started, ready)

    def status(self, deployment: Json, seconds: float, now: float) -> Json:
        """DeploymentStatus; counts of zero are left out, as the API server does it."""
        replicas, wanted = deployment["spec"]["replicas"], deployment["metadata"]["generation"]
        pods, over = self.pods(replicas, seconds, now), self.over(seconds, now)
        seen = over or self._seen(self.began, seconds, now)
        newest = self._hash(self.revision if seen else self.revision - 1)
        updated = [pod for pod in pods if pod.template_hash == newest]
        ready = sum(pod.ready for pod in pods)
        counts = {"replicas": len(pods), "updatedReplicas": len(updated), "readyReplicas": ready}
        counts |= {"availableReplicas": ready, "unavailableReplicas": len(pods) - ready}
        noticed = self._seen(self.changed, seconds, now)
        observed = {"observedGeneration": wanted if noticed else wanted - 1}
        late = self.stuck and now >= self.began + seconds * DEADLINE
        conditions = _conditions("late" if late else "done" if over or not seen else "going")
        return observed | {name: count for name, count in counts.items() if count} | {"conditions": conditions}


def _conditions(state: str) -> list[Json]:
    """DeploymentCondition; "Failed Deployment" in the Deployment's concept page for a deadline that passed."""
    reasons = {"late": "ProgressDeadlineExceeded", "done": "NewReplicaSetAvailable", "going": "ReplicaSetUpdated"}
    progressing = {"type": "Progressing", "status": str(state != "late"), "reason": reasons[state]}
    if state == "late":
        progressing["message"] = "ReplicaSet has timed out progressing."
    return [{"type": "Available", "status": "True", "reason": "MinimumReplicasAvailable"}, progressing]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
