"""A person's click on a button, or submitted reason dialog, in Slack. Pure.

Call only after verifying the signature. Slack identifies the user; our button identifies the request.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from pydantic import Field, ValidationError

from responder.clients.responses import mapping
from responder.contracts.source import Ignored, Malformed
from responder.domain.json_text import parse_json
from responder.domain.model import Model
from responder.domain.update import AlertButton
from responder.integrations.slack.buttons import ALERT_BUTTONS, APPROVE, DECLINE, REASON
from responder.webhooks.text import NAME, clean

_USER = re.compile(r"[A-Za-z0-9]{1,40}")


class About(Model):
    """A button's value. `response_url` is Slack's, kept in the dialog to edit the message later."""

    incident_id: str = Field(min_length=1, max_length=500)
    task: str = Field(max_length=200)
    plan_hash: str = Field(max_length=100)
    response_url: str = ""


class Origin(Model):
    """The app and the workspace (or organisation) of a payload, as Slack names them; empty where it does not."""

    app: str
    team: str


@dataclass(frozen=True)
class Click:
    user: str
    origin: Origin
    approves: bool
    about: About
    trigger_id: str


class AboutAlert(Model):
    """The value of Acknowledge and Resolve."""

    incident_id: str = Field(min_length=1, max_length=500)
    response_url: str = ""


class AlertPress(Model):
    """Acknowledge or Resolve; `shown` are the blocks of the message with the button.

    `id` is the same if Slack sends one request again. Each press has its own time, so two presses differ.
    """

    user: str
    name: str
    origin: Origin
    about: AboutAlert
    what: AlertButton
    shown: tuple[Any, ...]
    id: str = ""


@dataclass(frozen=True)
class Reason:
    """The submitted Decline dialog."""

    user: str
    origin: Origin
    about: About
    text: str | None


Interaction = Click | Reason | AlertPress


def interaction(body: bytes) -> Interaction | Ignored | Malformed:
    """Never raises. Other apps' actions and dialogs are ignored."""
    try:
        fields = parse_qs(body.decode("utf-8"), strict_parsing=True, max_num_fields=20)
        payload = parse_json(fields["payload"][0])
        found = _read(payload) if isinstance(payload, dict) else Malformed("the payload is not a JSON object")
        if not isinstance(found, AlertPress):
            return found
        return found.model_copy(update={"id": sha256(body).hexdigest()})
    except (KeyError, ValueError):
        return Malformed("the body is not a form with a JSON payload")


def _read(payload: Mapping[str, Any]) -> Interaction | Ignored | Malformed:
    user = _text(mapping(payload, "user").get("id"))
    if not _USER.fullmatch(user):
        return Malformed("the payload names no user")
    try:
        if payload.get("type") == "block_actions":
            return _click(payload, user)
        view = mapping(payload, "view")
        if payload.get("type") == "view_submission" and view.get("callback_id") == DECLINE:
            return Reason(
                user, _origin(payload), About.model_validate_json(_text(view.get("private_metadata"))), _reason(view)
            )
    except ValidationError:
        return Malformed("the button does not carry what our buttons carry")
    return Ignored("neither a button nor a dialog of ours")


def _click(payload: Mapping[str, Any], user: str) -> Click | AlertPress | Ignored:
    actions = payload.get("actions")
    action = mapping(actions[0]) if isinstance(actions, list) and actions else {}
    name, value = _text(action.get("action_id")), _text(action.get("value"))
    later = {"response_url": _text(payload.get("response_url"))}
    if what := ALERT_BUTTONS.get(name):
        alert = AboutAlert.model_validate_json(value).model_copy(update=later)
        person, _ = clean(_text(mapping(payload, "user").get("username")) or user, NAME)
        blocks = mapping(payload, "message").get("blocks")
        shown = tuple(blocks) if isinstance(blocks, list) else ()
        return AlertPress(user=user, name=person, origin=_origin(payload), about=alert, what=what, shown=shown)
    if name not in (APPROVE, DECLINE):
        return Ignored("not a button of ours")
    about = About.model_validate_json(value).model_copy(update=later)
    return Click(user, _origin(payload), name == APPROVE, about, _text(payload.get("trigger_id")))


def _origin(payload: Mapping[str, Any]) -> Origin:
    """`team` is null where an app is installed for a whole organisation (docs.slack.dev, "block_actions payload")."""
    place = mapping(payload, "team") or mapping(payload, "enterprise")
    return Origin(app=_text(payload.get("api_app_id")), team=_text(place.get("id")))


def _reason(view: Mapping[str, Any]) -> str | None:
    return _text(mapping(view, "state", "values", REASON, REASON).get("value")).strip() or None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
