"""A Deployment's history, and which rollout in it may be the cause of an incident. Pure."""

import copy
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from responder.clients.kubernetes_rollout import RESTARTED_AT, annotations
from responder.clients.responses import Json

REVISION = "deployment.kubernetes.io/revision"


class Revision(NamedTuple):
    """`template`: the pod template that a rollback would bring back. `made_at`: when it was first rolled out."""

    number: int
    replica_set: str
    made_at: datetime
    template: Json

    @property
    def text(self) -> str:
        images = ", ".join(str(one.get("image")) for one in self.template["spec"]["containers"])
        return f"revision {self.number} ({images}, of {self.made_at:%Y-%m-%d %H:%M} UTC)"


class Suspect(NamedTuple):
    """`now` is the revision that runs. `before` is the one that ran until then."""

    now: Revision
    before: Revision


def revisions(replica_sets: list[Json], deployment: str) -> list[Revision]:
    """The revisions of one Deployment, newest first."""
    owner = {"kind": "Deployment", "name": deployment}.items()
    owned = [one for one in replica_sets if any(owner <= each.items() for each in _owners(one))]
    found = [_revision(one) for one in owned if annotations(one).get(REVISION, "").isdecimal()]
    return sorted(found, key=lambda one: -one.number)


def suspect(history: list[Revision], started_at: datetime, within: timedelta) -> Suspect | str:
    """The change that came at most `within` before `started_at`, or a clause on why there is none to suspect.

    A restart makes a revision too, but changes only a time. It is neither a cause nor something to roll back to.
    """
    if not history:
        return "no revision of the Deployment is kept"
    changed = [one for one in history if _content(one.template) != _content(history[0].template)]
    same_now = [one for one in history if not changed or one.number > changed[0].number]
    came = min(one.made_at for one in same_now)
    if changed and came < changed[0].made_at:
        return f"what runs is older than {changed[0].text}, so it was rolled back already"
    if came > started_at:
        return f"the last change was rolled out at {came:%H:%M} UTC, after the alert began"
    if started_at - came > within:
        minutes = within.total_seconds() / 60
        return f"no deployment in the {minutes:.0f} minutes before the alert (the last one: {history[0].text})"
    if not changed:
        return "no revision from before the last change is kept"
    return Suspect(now=history[0], before=changed[0])


def _content(template: Json) -> Json:
    """The template without what a restart changes."""
    plain = copy.deepcopy(template)
    stored = {name: value for name, value in annotations(plain).items() if name != RESTARTED_AT}
    metadata = {name: value for name, value in (plain.get("metadata") or {}).items() if name != "annotations"}
    return plain | {"metadata": metadata | ({"annotations": stored} if stored else {})}


def _revision(replica_set: Json) -> Revision:
    metadata = replica_set["metadata"]
    made_at = datetime.fromisoformat(metadata["creationTimestamp"])
    number = int(annotations(replica_set)[REVISION])
    return Revision(number, metadata["name"], made_at, without_hash(replica_set["spec"]["template"]))


def without_hash(template: Mapping[str, Any]) -> Json:
    """The template without the label that only a ReplicaSet has, as `kubectl rollout undo` takes it."""
    plain = copy.deepcopy(dict(template))
    labels = plain.get("metadata", {}).get("labels", {})
    labels.pop("pod-template-hash", None)
    return plain


def _owners(one: Json) -> list[Json]:
    return one["metadata"].get("ownerReferences") or []
