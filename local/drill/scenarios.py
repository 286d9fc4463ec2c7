"""The drills by name."""

from collections.abc import Mapping

from local.drill.causes import CAUSES
from local.drill.deadlines import execution_stopped, nobody_answers
from local.drill.events import change_world
from local.drill.interrupted_playbooks import TURNS
from local.drill.playbooks import PLAYBOOKS
from local.drill.scenario import Expected, Scenario
from local.drill.service_flags import UNREAD_FLAGS

PROVIDER_DOWN = {
    "twinmind": {"status_code": 503},
    "twinmind_status": {"indicator": "major", "components": [{"name": "API", "status": "major_outage"}]},
}
PROVIDER_UP = {
    "twinmind": {"status_code": None},
    "twinmind_status": {"indicator": "none", "components": [{"name": "API", "status": "operational"}]},
}
KEY_REVOKED = {"twinmind": {"keys": {"primary": {"status": "revoked"}}}}

BASIC = (
    Scenario(
        name="revoked_key",
        story="Somebody revoked the production key at TwinMind; two standby keys are staged.",
        title="TwinMindHighErrorRate: transcription requests fail with 401",
        world=KEY_REVOKED,
        expected=Expected("key_rejected", "key", ("P1",), key_changes=True, restarts=True, public_notice="held off"),
    ),
    Scenario(
        name="provider_outage",
        story="TwinMind answers 503 to everybody; it recovers while we watch.",
        title="TwinMindTranscriptionFailures: no transcription succeeds",
        world=PROVIDER_DOWN,
        acts=(change_world("WaitForChange", "TwinMind recovers", PROVIDER_UP),),
        expected=Expected("provider_outage", "theirs", ("P1",), public_notice=True),
    ),
    Scenario(
        name="false_alarm",
        story="The alert is false: nothing is wrong.",
        title="TwinMindHighLatency: P95 above 5 s",
        expected=Expected("no_fault", "none", ("P1", "P2", "P3", "P4")),
    ),
)

CLOCK = (nobody_answers(PROVIDER_DOWN, PROVIDER_UP), execution_stopped(PROVIDER_DOWN))

ALL = (*BASIC, *PLAYBOOKS, *CAUSES, *TURNS, UNREAD_FLAGS, *CLOCK)
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in ALL}
