"""What can go wrong in a drill, and how it must end."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """The outcome that makes the drill pass. `key_changes`: the production secret has another current version."""

    cause: str
    verdict: str
    severities: tuple[str, ...]
    key_changes: bool = False
    restarts: bool = False
    public_notice: bool = False
    status: str = "resolved"


@dataclass(frozen=True)
class Scenario:
    """`world` is how the outside is broken before the alert; `later` changes it once `after_state` was entered."""

    name: str
    story: str
    title: str
    expected: Expected
    world: Json = field(default_factory=dict)
    after_state: str | None = None
    later: Json = field(default_factory=dict)


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="revoked_key",
            story="Somebody revoked the production key at TwinMind; two standby keys are staged.",
            title="TwinMindHighErrorRate: transcription requests fail with 401",
            world={"twinmind": {"keys": {"primary": {"status": "revoked"}}}},
            expected=Expected("key_rejected", "key", ("P1",), key_changes=True, restarts=True, public_notice=True),
        ),
        Scenario(
            name="provider_outage",
            story="TwinMind answers 503 to everybody; it recovers while we watch.",
            title="TwinMindTranscriptionFailures: no transcription succeeds",
            world={
                "twinmind": {"status_code": 503},
                "twinmind_status": {"indicator": "major", "components": [{"name": "API", "status": "major_outage"}]},
            },
            after_state="WaitForChangeShort",
            later={
                "twinmind": {"status_code": None},
                "twinmind_status": {"indicator": "none", "components": [{"name": "API", "status": "operational"}]},
            },
            expected=Expected("provider_outage", "theirs", ("P1",), public_notice=True),
        ),
        Scenario(
            name="false_alarm",
            story="Nothing is wrong; the alert was.",
            title="TwinMindHighLatency: P95 above 5 s",
            expected=Expected("no_fault", "none", ("P1", "P2", "P3", "P4")),
        ),
    )
}
