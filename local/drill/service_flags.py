"""The drill of service flags that our service does not poll."""

from local.drill.events import change_world
from local.drill.scenario import Expected, Scenario

UNREAD_FLAGS = Scenario(
    name="unread_flags",
    story="The quota is used up, and no service polls the service flags that would protect it: people are told.",
    title="TwinMindRateLimitExceeded: requests are refused with 429",
    world={"twinmind": {"rate_limit": {"exhausted": True}}, "service": {"reads_service_flags": False}},
    acts=(
        change_world("HandOver", "TwinMind's next minute begins", {"twinmind": {"rate_limit": {"exhausted": False}}}),
    ),
    expected=Expected(
        "rate_limited",
        "quota",
        ("P1", "P2"),
        public_notice="held off",
        actions=(("quota", "not_verified"), ("queue", "not_verified"), ("quota", "undone"), ("queue", "undone")),
    ),
)
