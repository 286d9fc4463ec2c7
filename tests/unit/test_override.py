"""What an override may not say: each mistake is refused with its line and the words that are allowed."""

import pytest

from responder.config.base import Mode
from responder.config.runbook import packaged, with_override

MISTAKES = {
    # YAML's own: a tab, a comment where a value was meant, a name twice, an alias.
    "vendors:\n\tslack: {channel: C0123456789}": (2, "cannot start any token"),
    # As in https://github.com/buildkite/docs/pull/610.
    "vendors:\n  slack:\n    channel: #incidents\n": (3, "channel has no value; write null"),
    "vendors:\nmodes: observe": (1, "vendors has no value"),
    "modes: {rotate: auto}\nmodes: {rotate: observe}": (2, "modes is there twice"),
    "leak: {known_readers: &x []}\nalerts: {leaked: {tags: *x}}": (1, "an anchor is repeated"),
    "modes: observe\n# pasted:\x0b\nscope: any": (2, "a control character"),
    # At the wrong level, or of no level.
    "slack:\n  channel: C0123456789": (1, "there is approvals.approvers.slack, vendors.slack"),
    "modes:\n  rotate: observe\n  rotation: observe": (3, "no such setting; there are rotate,"),
    "thresholds:\n  latency_p95: 3": (2, "latency_p95_seconds"),
    "vendors:\n  slakc: {channel: C0123456789}": (2, "vendors.slakc: no such setting; there are jira"),
    # What parses and cannot be meant.
    "modes:\n  rotate: observed": (2, "'observe', 'approve' or 'auto'"),
    "modes: off": (1, "one word for all must be observe or approve or auto"),
    "scope: none": (1, "Input should be 'any' or must be a mapping"),
    "approvals:\n  approvers:\n    slack: U0123456789": (3, "must be a list, such as"),
    "escalation:\n  2: {slack_mention: '@team-leads'}": (2, "must be a mention as Slack writes it"),
    "modes: watch": (1, "one word for all must be observe or approve or auto"),
    "vendors:\n  slack:\n    channel: '#incidents'": (3, "must be a channel's id"),
    "vendors:\n  pagerduty: {from_email: responder}": (2, "must be an e-mail address"),
    "vendors:\n  pagerduty: {bot_user_id: responder@example.com}": (2, "must be a user's id"),
    "vendors:\n  statuspage: {page_id: abc123}": (2, "page_id needs component_ids"),
    "approvals:\n  approvers:\n    slack: [anna]": (3, "must be a Slack user's id"),
    "escalation:\n  2: {topic_arn: team-leads}": (2, "must be a topic's ARN"),
    "scope:\n  services: [TwinMind API]": (2, "must be a service's id"),
}


@pytest.mark.parametrize("override", MISTAKES)
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(override: str) -> None:
    line, named = MISTAKES[override]
    with pytest.raises(ValueError, match=rf"line {line}\b") as refused:
        with_override(override)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("scope: {}", "scope names nothing"),
        # Once the packaged example: every alert of Opsgenie would have been dropped.
        ("{scope: {services: [PABC123]}, vendors: {opsgenie: {enabled: true}}}", "every alert of Opsgenie"),
        (
            "{scope: {integrations: [i1]}, vendors: {pagerduty: {from_email: a@example.com}}}",
            "every alert of PagerDuty",
        ),
    ],
)
def test_a_scope_that_no_alert_of_a_source_can_match_is_refused(override: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        with_override(override)


def test_a_scope_may_name_what_each_source_sends() -> None:
    sources = "{opsgenie: {enabled: true}, pagerduty: {from_email: a@example.com}}"
    assert with_override(f"{{scope: {{services: [PABC123], integrations: [i1]}}, vendors: {sources}}}").scope != "any"
    assert with_override(f"{{scope: {{teams: [platform]}}, vendors: {sources}}}").scope != "any"


@pytest.mark.parametrize(
    "override", ["escalation: {3: {upstream: escalate}}", '{"escalation": {"3": {"upstream": "escalate"}}}']
)
def test_a_level_of_the_escalation_is_changed_in_yaml_and_in_json(override: str) -> None:
    levels = with_override(override).escalation
    assert {number for number, level in levels.items() if level.upstream} == {3}
    assert levels[3].who == "Engineering manager"


def test_no_value_is_shown_since_it_may_be_confidential() -> None:
    with pytest.raises(ValueError, match="must be an e-mail address") as refused:
        with_override("vendors: {jira: {email: hunter2-secret}}")
    assert "hunter2" not in str(refused.value)


def test_one_word_for_the_modes_means_all_of_them() -> None:
    assert set(with_override("modes: observe").modes.model_dump().values()) == {Mode.OBSERVE}
    assert with_override("modes: observe") == packaged().observing()


@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_brackets_in_brackets_are_refused_before_they_cost_much(brackets: str) -> None:
    text = "scope: " + brackets[0] * 100 + brackets[1] * 100
    with pytest.raises(ValueError, match="nested deeper than any runbook"):
        with_override(text)
