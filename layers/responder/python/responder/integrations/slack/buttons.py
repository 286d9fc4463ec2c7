"""Buttons in Slack: Approve and Decline with the dialog for a reason, Acknowledge and Resolve. Pure.

Limits: button text 75 and value 2000, confirm title 100, text 300 and buttons 30 characters, a dialog's title and
buttons 24, its private_metadata 3000 (docs/vendor-apis.md#slack-limits; docs.slack.dev, "Modal views").
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from responder.domain.human_task import REASON_LIMIT
from responder.domain.update import AlertButton, Question, shortened

APPROVE, DECLINE, REASON = "approve_ask", "decline_ask", "decline_reason"
# By the button's action_id, which Slack's signed request returns.
ALERT_BUTTONS: Mapping[str, AlertButton] = {"acknowledge_alert": "acknowledge", "resolve_alert": "resolve"}
CONFIRM_TEXT_LIMIT = 300


def buttons_of(incident_id: str, question: Question) -> dict[str, Any]:
    """The value names only what is decided; Slack's signed request names the person."""
    value = json.dumps({"incident_id": incident_id, "task": question.task, "plan_hash": question.plan_hash})
    approve = _button("Approve", APPROVE, value, "primary") | {"confirm": _last_look(question)}
    return {"type": "actions", "elements": [approve, _button("Decline", DECLINE, value, "danger")]}


def alert_buttons(incident_id: str, wanted: tuple[AlertButton, ...]) -> dict[str, Any]:
    """Buttons for the alert at the pager; their value names only the incident."""
    value = json.dumps({"incident_id": incident_id})
    styles = {"acknowledge": "primary", "resolve": "danger"}
    found = [
        _button(what.capitalize(), action_id, value, styles[what])
        for action_id, what in ALERT_BUTTONS.items()
        if what in wanted
    ]
    return {"type": "actions", "elements": found}


def without_alert_buttons(blocks: Iterable[Any], done: tuple[AlertButton, ...]) -> list[Any]:
    """The blocks of a message, as Slack sent them back, without the buttons that are not needed any more."""
    left = []
    for block in blocks:
        if isinstance(block, dict) and block.get("type") == "actions":
            kept = [one for one in block["elements"] if ALERT_BUTTONS.get(one.get("action_id", "")) not in done]
            left += [block | {"elements": kept}] if kept else []
        else:
            left.append(block)
    return left


def reason_dialog(about: str, sentence: str) -> dict[str, Any]:
    """The view of `views.open`; submitting it returns `about` unchanged."""
    text = f"{cut(escaped(sentence), 1000)}\nNothing is changed."
    entry = {"type": "plain_text_input", "action_id": REASON, "multiline": True, "max_length": REASON_LIMIT}
    return {
        "type": "modal",
        "callback_id": DECLINE,
        "private_metadata": about,
        "title": _plain("Decline"),
        "submit": _plain("Decline"),
        "close": _plain("Back"),
        "blocks": [
            {"type": "section", "text": mrkdwn(text)},
            {"type": "input", "block_id": REASON, "optional": True, "label": _plain("Why?"), "element": entry},
        ],
    }


def escaped(text: str) -> str:
    """Slack's three characters: otherwise <!channel> in a title would notify everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def with_mentions(text: str, people: Iterable[str] = ()) -> str:
    """Escaped, except mentions of `people` (user ids): those we wrote ourselves."""
    said = escaped(text)
    for user in people:
        said = said.replace(f"&lt;@{user}&gt;", f"<@{user}>")
    return said


def mrkdwn(text: str) -> dict[str, Any]:
    """`verbatim`: Slack does not turn words of an alert into links or mentions."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def cut(text: str, limit: int) -> str:
    # A cut inside an escaped character would show a part of its code.
    return re.sub(r"&[a-z]{0,3}…$", "…", shortened(text, limit))


def _last_look(question: Question) -> dict[str, Any]:
    half = CONFIRM_TEXT_LIMIT // 2 - len("Effect: ")
    said = [(name, cut(escaped(text), half)) for name, text in (("Effect", question.effect), ("Undo", question.undo))]
    text = "\n".join(f"{name}: {text}" for name, text in said if text)
    return {
        "title": _plain("Do it now?"),
        "text": _plain(text or "Effect and undo are not described."),
        "confirm": _plain("Approve"),
        "deny": _plain("Back"),
    }


def _button(text: str, action_id: str, value: str, style: str) -> dict[str, Any]:
    return {"type": "button", "text": _plain(text), "action_id": action_id, "value": value, "style": style}


def _plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}
