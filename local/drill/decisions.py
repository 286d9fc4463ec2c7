"""Decisions of people in a drill: Approve or Decline under a plan in Slack."""

from typing import Any

import httpx

from local.initial_data import APPROVER

Json = dict[str, Any]


class NothingToPress(Exception):
    """No message has such a button (yet)."""


def click(sandbox_url: str, action: str, *, user: str = APPROVER, reason: str | None = None) -> Json:
    """Presses `approve` or `decline` under the newest plan, as Slack would send it; → the answer to Slack.

    `reason` is what is written into the dialog after Decline; None leaves it open. Raises NothingToPress.
    """
    given = {"user": user, "action": action} | ({"reason": reason} if reason is not None else {})
    answer = httpx.post(f"{sandbox_url}/_click", json=given, timeout=70)
    if answer.status_code == httpx.codes.CONFLICT:
        raise NothingToPress(action)
    found: Json = answer.raise_for_status().json()
    return found


def whispers(world: Json) -> list[str]:
    """Messages that Slack showed to a single person after a click, oldest first."""
    return [str(one["text"]) for one in world["slack"]["whispers"]]
