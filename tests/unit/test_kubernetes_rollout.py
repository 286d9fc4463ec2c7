"""The rollout status as kubectl decides it: its own cases, by the field names of the API reference.

Cases: `TestDeploymentStatusViewerStatus` in kubernetes/kubectl, pkg/polymorphichelpers/rollout_status_test.go.
"""

from typing import Any

import pytest

from responder.clients.kubernetes_rollout import rollout

CASES = [
    (0, 1, (1, 1, 0, 1), "0 of 1 pods are new"),
    (1, 1, (1, 2, 1, 2), "1 old pods are still there"),
    (1, 2, (1, 2, 2, 1), "1 of 2 new pods are available"),
    (1, 2, (1, 2, 2, 2), None),
    (2, 2, (1, 2, 2, 2), "the cluster has not seen the change yet"),
]


@pytest.mark.parametrize(("number", "replicas", "counts", "waits_for"), CASES)
def test_a_rollout_is_done_when_kubectl_says_so(
    number: int, replicas: int, counts: tuple[int, ...], waits_for: str | None
) -> None:
    names = ("observedGeneration", "replicas", "updatedReplicas", "availableReplicas")
    deployment: dict[str, Any] = {
        "metadata": {"name": "foo", "generation": number},
        "spec": {"replicas": replicas},
        "status": dict(zip(names, counts, strict=True)),
    }
    seen = rollout(deployment)
    assert seen.state == ("going" if waits_for else "done")
    assert seen.text == (waits_for or f"{replicas} of {replicas} pods are new and available")
