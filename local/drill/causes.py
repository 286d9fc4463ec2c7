"""Drills of the causes that concern the service's platform, or that only people can answer."""

from local.drill.events import change_world, deploy_new_version, press, resolve
from local.drill.scenario import Expected, Scenario

IN_KUBERNETES = {
    "endpoints": {"service": {"platform": {"kind": "kubernetes", "kubernetes": {"api_url": "{sandbox}/kubernetes"}}}}
}
STRAINED = {"service": {"load": {"cpu": 0.97, "queue": 400}, "client_delay_ms": 7000}}
AT_EASE = {"service": {"load": {"cpu": 0.3, "queue": None}, "client_delay_ms": 0}}
SICK = {"service": {"checks": {"database": "fail"}, "errors": {"ratio": 1.0, "type": "unknown"}}}
WELL = {"service": {"checks": {"database": "pass"}, "errors": {"ratio": 0.0}}}

CAUSES = (
    Scenario(
        name="service_overloaded",
        story="Our service is short of CPU while TwinMind is fast; a person approves a higher floor of the autoscaler.",
        title="TwinMindHighLatency: P95 above 5 s",
        world=STRAINED,
        override=IN_KUBERNETES,
        acts=(
            press("WaitForApproval", "approve"),
            change_world("VerifyAction", "the new pods take the load", AT_EASE),
        ),
        expected=Expected(
            "service_overloaded", "ours", ("P1", "P2", "P3"), actions=(("scale", "verified"), ("queue", "verified"))
        ),
    ),
    Scenario(
        name="bad_deployment",
        story="A deployment broke our service; a person approves going back to the version before.",
        title="TwinMindHighErrorRate: transcription requests fail",
        world=SICK,
        override=IN_KUBERNETES,
        before=deploy_new_version,
        acts=(
            press("WaitForApproval", "approve"),
            change_world("VerifyAction", "the version before works", WELL),
        ),
        expected=Expected("service_fault", "ours", ("P1",), public_notice=True, actions=(("rollback", "verified"),)),
    ),
    Scenario(
        name="network_failure",
        story="The service's network cannot resolve TwinMind's name; people are told, and take over.",
        title="TwinMindAPIDown: no answer from TwinMind",
        world={"service": {"egress": False}},
        override={
            "endpoints": {
                "twinmind": {"base_url": "https://twinmind.invalid"},
                "service": {"shares_network_with_probes": True},
            }
        },
        acts=(resolve("WaitForChange"),),
        expected=Expected("network_failure", "network", ("P1",), public_notice=True),
    ),
    Scenario(
        name="unknown",
        story="Neither TwinMind nor the service gives answers that show a cause. It ends by itself.",
        title="An alert without a rule",
        world={"twinmind": {"status_code": 418}, "service": {"up": False}},
        acts=(
            # Users are affected, so people are asked to approve the public notice.
            change_world("WaitForApproval", "it passes", {"twinmind": {"status_code": None}, "service": {"up": True}}),
        ),
        expected=Expected("unknown", "unknown", ("P1", "P2", "P3")),
    ),
)
