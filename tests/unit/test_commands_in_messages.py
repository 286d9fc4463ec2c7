"""The commands for the AWS CLI that people are sent work with version 1 and with version 2.

Those of the steps that are left to people: test_guidance.py.
"""

from datetime import UTC, datetime

import pytest

from responder.domain.overrides import OverriddenSetting, Override, Overrides
from responder.notifications.messages.asking import asked
from responder.notifications.messages.stage_key import how_to_stage
from responder.notifications.messages.switched import back_by_hand
from tests.support import aws_cli
from tests.support.approval_request import APPROVERS, an_ask
from tests.support.notifications import a_situation, an_incident

HOLD = Override(incident_id="pd-1", action="quota", desired=True, at=datetime(2026, 6, 1, tzinfo=UTC))
SWITCHED = Overrides(
    settings_overridden=(
        OverriddenSetting(setting_key="flag:request_queue", rule="any", ours=(True,), overrides=(HOLD,)),
    )
)
SENT = {
    "approval": asked(a_situation(an_incident()), an_ask(), APPROVERS).commands,
    "standby key": (how_to_stage("responder", "standby-keys"),),
    "service_flags": back_by_hand(SWITCHED, "/responder/service-flags"),
}


@pytest.mark.parametrize("what", SENT)
def test_it_works_with_both_versions(what: str) -> None:
    found = list(aws_cli.commands("\n".join(SENT[what])))
    assert found
    assert [fault for command in found for fault in aws_cli.faults(command)] == []


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("aws lambda invoke --function-name f --cli-binary-format raw-in-base64-out out", "--cli-binary-format"),
        ("aws lambda invoke --function-name f --payload '{}' out", "--payload '{}'"),
        ("aws lambda invoke --function f out", "--function"),
        ("aws lambda call --function-name f", "aws lambda call"),
        ("aws ssm get-parameter --name a | aws ssm put-parameter --named a", "--named"),
    ],
)
def test_a_command_for_one_version_alone_is_seen(line: str, fault: str) -> None:
    assert [one for command in aws_cli.commands(line) for one in aws_cli.faults(command)] == [fault]
