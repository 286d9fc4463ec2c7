"""Drills of the playbooks: the actions for each cause, with the decisions of people."""

from local.drill.events import change_world, deploy_worker, press, resolve, rotate_behind_the_service, wait_for_refusals
from local.drill.scenario import Ended, Expected, Scenario


def both_are_restarted(ended: Ended) -> list[str]:
    """Whether the responder restarted each consumer once."""
    patched = [one["path"] for one in ended.journal if one["vendor"] == "kubernetes" and one["method"] == "PATCH"]
    restarted = sorted(path.rsplit("/", 1)[1] for path in patched if "/deployments/" in path)
    wanted = ["twinmind-service", "twinmind-worker"]
    return [] if restarted == wanted else [f"restarted were {restarted}, expected {wanted}"]


BURST = {"service": {"load": {"requests_per_minute": 6000}}}
BUSY = {"service": {"load": {"requests_per_minute": 600}}}
CALM = {"service": {"load": {"requests_per_minute": 30, "cpu": 0.3, "queue": None}}}

PLAYBOOKS = (
    Scenario(
        name="rate_limited",
        story="A burst uses up TwinMind's limit, and the service sends twice as much; later the load falls.",
        title="TwinMindRateLimitExceeded: 429 from TwinMind",
        world=BURST,
        before=wait_for_refusals,
        acts=(
            change_world("AnnounceIncident", "the burst is over, the load stays at twice the limit", BUSY),
            change_world("WaitForChange", "the load falls", CALM),
        ),
        expected=Expected(
            "rate_limited",
            "quota",
            ("P1", "P2", "P3"),
            public_notice="held off",
            actions=(("quota", "verified"), ("queue", "verified")),
        ),
    ),
    Scenario(
        name="provider_slow",
        story="TwinMind takes 6 s to answer; a person approves the faster model; TwinMind gets better.",
        title="TwinMindHighLatency: P95 above 5 s",
        world={"twinmind": {"latency_ms": 6000}},
        acts=(
            press("WaitForApproval", "approve"),
            change_world("VerifyAction", "TwinMind is fast again", {"twinmind": {"latency_ms": 20}}),
        ),
        expected=Expected(
            "provider_slow",
            "theirs",
            ("P2", "P3"),
            actions=(("queue", "verified"), ("model", "verified")),
        ),
    ),
    Scenario(
        name="stale_consumer",
        story="People rotated the key by hand and forgot the service, which still uses the revoked one.",
        title="TwinMindHighErrorRate: transcription requests fail with 401",
        acts=(),
        before=rotate_behind_the_service,
        expected=Expected(
            "key_stale", "key", ("P1",), restarts=True, public_notice="held off", actions=(("restart", "restarted"),)
        ),
    ),
    Scenario(
        name="several_consumers",
        story="The key is revoked, and two Deployments hold it: both are restarted at once, and both must work.",
        title="TwinMindHighErrorRate: transcription requests fail with 401",
        world={"twinmind": {"keys": {"primary": {"status": "revoked"}}}},
        before=deploy_worker,
        override={
            "endpoints": {
                "service": {
                    "platform": {
                        "kind": "kubernetes",
                        "kubernetes": {"api_url": "{sandbox}/kubernetes", "external_secret": "twinmind-secrets"},
                    }
                },
                "consumers": [{"kind": "kubernetes", "deployment": "twinmind-worker"}],
            }
        },
        expected=Expected(
            "key_rejected",
            "key",
            ("P1",),
            key_changes=True,
            public_notice="held off",
            actions=(("rotate", "promoted"), ("restart", "restarted")),
            checks=(both_are_restarted,),
        ),
    ),
    Scenario(
        name="leaked_key",
        story="The key was found in a public place; a person approves, and later revokes it at TwinMind.",
        title="SecretScanning: a TwinMind key was found",
        override={"alerts": {"leaked": {"alert_rules": ["SecretScanning"]}}},
        acts=(
            press("WaitForApproval", "approve"),
            change_world(
                "RestartConsumers",
                "a person revokes the leaked key at TwinMind",
                {"twinmind": {"keys": {"primary": {"status": "revoked"}}}},
            ),
        ),
        expected=Expected(
            "key_leaked", "key", ("P1", "P2"), key_changes=True, restarts=True, actions=(("contain", "promoted"),)
        ),
    ),
    Scenario(
        name="leaked_key_restart_fails",
        story="A leaked key is replaced, and the service does not restart in time: people take it over.",
        title="SecretScanning: a TwinMind key was found",
        world={"service": {"restart_seconds": 600}},
        override={
            "alerts": {"leaked": {"alert_rules": ["SecretScanning"]}},
            "endpoints": {"service": {"platform": {"restart_deadline_seconds": 10}}},
        },
        acts=(
            press("WaitForApproval", "approve"),
            resolve("WaitForChange"),
        ),
        expected=Expected(
            "key_leaked",
            "key",
            ("P1", "P2"),
            key_changes=True,
            restarts=True,
            actions=(("contain", "promoted"), ("restart", "timed_out")),
        ),
    ),
)
