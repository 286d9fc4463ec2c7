"""Replies to a click through Slack's response URL: no token, limited in time."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from responder.clients.http import Http, NoAnswer
from responder.context import IncidentContext
from responder.domain.human_task import HumanTask
from responder.integrations.answer_alert import Answered
from responder.integrations.slack.approval_message import decided_message
from responder.integrations.slack.buttons import mrkdwn, with_mentions, without_alert_buttons
from responder.integrations.slack.interaction import AlertPress

SECONDS = 0.8


def post_ephemeral(response_url: str, text: str, people: Iterable[str] = ()) -> bool:
    """Posts a message that only the person who clicked sees; → whether Slack accepted it.

    `text` may quote a vendor, so only mentions of `people` stay mentions.
    """
    body = {"response_type": "ephemeral", "replace_original": False, "text": with_mentions(text, people)}
    return _post(response_url, body)


def show_decision(ctx: IncidentContext, response_url: str, task: HumanTask) -> bool:
    """Replaces the buttons by the decision; → whether Slack accepted it."""
    return _post(response_url, {"replace_original": True} | decided_message(ctx, task))


def show_answer(press: AlertPress, answered: Answered) -> bool:
    """Adds the answer to the message and removes the buttons that are done; → whether Slack accepted it."""
    text = with_mentions(answered.text, (press.user,))
    blocks = [*without_alert_buttons(press.shown, answered.done), {"type": "context", "elements": [mrkdwn(text)]}]
    return _post(press.about.response_url, {"replace_original": True, "text": text, "blocks": blocks})


def _post(response_url: str, body: dict[str, Any]) -> bool:
    if not response_url:
        return False
    answer = _http().call("POST", response_url, json=body, timeout=SECONDS)
    return not isinstance(answer, NoAnswer) and answer.ok


@cache
def _http() -> Http:
    return Http()
