"""Slack: the bot's token and scopes, the channel, the buttons, and who may press them. Teams."""

from typing import Any

from checks.check import Check, Result, off, ok, unknown, wrong
from responder.aws.active_secrets import active_secrets
from responder.aws.secrets import read_secret
from responder.clients.http import NoAnswer, Response
from responder.clients.responses import mapping
from responder.context import IncidentContext
from responder.integrations.slack.settings import Settings
from responder.integrations.teams.channel import CREDENTIAL as TEAMS

SCOPES = ("chat:write",)
HISTORY = ("channels:history", "groups:history")


def _asked(ctx: IncidentContext, method: str, **given: str) -> Response | str:
    """Slack's answer with `ok: true`, or its own word for why not."""
    url = f"{ctx.runbook.vendors.of(Settings).api_url}/{method}"
    answer = ctx.call_as(
        "slack",
        lambda token: ctx.http.call("GET", url, headers={"Authorization": f"Bearer {token}"}, params=given),
        lambda found: mapping(found.json()).get("ok") is False,
    )
    if isinstance(answer, NoAnswer):
        return answer.sentence
    body = mapping(answer.json())
    return answer if body.get("ok") is True else str(body.get("error") or f"HTTP {answer.status}")[:80]


def _with_slack(look: Check) -> Check:
    def guarded(ctx: IncidentContext) -> Result:
        if not ctx.runbook.vendors.of(Settings).channel:
            return off("not configured (vendors.slack.channel)")
        if not ctx.credentials.of("slack"):
            return wrong("a channel is set, and no bot token (vendor credentials, slack)", "responder configure slack")
        return look(ctx)

    return guarded


def token(ctx: IncidentContext) -> Result:
    found = _asked(ctx, "auth.test")
    if isinstance(found, str):
        return wrong(f"auth.test: {found}", "responder configure slack")
    body = mapping(found.json())
    return ok(f"{body.get('user')} in {body.get('team')}")


def scopes(ctx: IncidentContext) -> Result:
    found = _asked(ctx, "auth.test")
    if isinstance(found, str):
        return unknown(f"auth.test: {found}", "see the check of the token")
    given = [one.strip() for one in found.headers.get("x-oauth-scopes", "").split(",") if one.strip()]
    if not given:
        return unknown("Slack does not say which the token has", "look at OAuth & Permissions of the app")
    missing = [one for one in SCOPES if one not in given] + ([] if set(HISTORY) & set(given) else [HISTORY[0]])
    if missing:
        return wrong(f"{', '.join(missing)} missing", "add it under OAuth & Permissions and install the app anew")
    return ok(", ".join(given))


def channel(ctx: IncidentContext) -> Result:
    name = str(ctx.runbook.vendors.of(Settings).channel)
    found = _asked(ctx, "conversations.info", channel=name)
    if found == "missing_scope":
        return unknown("the bot may not read about channels", "add the scope channels:read, or send a test incident")
    if isinstance(found, str):
        return wrong(f"{name}: {found}", "correct vendors.slack.channel, and invite the bot")
    about: dict[str, Any] = mapping(mapping(found.json()).get("channel"))
    if about.get("is_archived"):
        return wrong(f"{name} is archived", "choose another channel: responder configure slack")
    if not about.get("is_member"):
        return wrong(f"the bot is not in {name}", "invite it: /invite in that channel")
    return ok(f"the bot is in {about.get('name') or name}")


def buttons(ctx: IncidentContext) -> Result:
    """Slack's API shows a bot no request URL: only a press proves it."""
    if not ctx.runbook.approvals.approvers.slack:
        return off("nobody may approve in Slack (approvals.approvers.slack)")
    if not active_secrets(read_secret(ctx.settings.webhook_secret) or "", "slack"):
        return wrong("approvers are named, and no signing secret is there: every press is refused",
                     "responder configure slack")  # fmt: skip
    return unknown("the signing secret is there; its request URL cannot be read",
                   "press a button of a test incident, docs/tasks/slack-buttons.md")  # fmt: skip


def approvers(ctx: IncidentContext) -> Result:
    named = ctx.runbook.approvals.approvers.slack
    if not named:
        return off("nobody may approve in Slack (approvals.approvers.slack)")
    for user in named:
        found = _asked(ctx, "users.info", user=user)
        if found == "missing_scope":
            return unknown("the bot may not read about people", "add the scope users:read to have this looked at")
        if isinstance(found, str):
            return wrong(f"{user}: {found}", "correct approvals.approvers.slack")
        if mapping(mapping(found.json()).get("user")).get("deleted"):
            return wrong(f"{user} is deactivated", "name somebody else in approvals.approvers.slack")
    return ok(f"{len(named)} of {len(named)} are active")


def teams(ctx: IncidentContext) -> Result:
    """A call of the workflow would post a message, so only the address is looked at."""
    address = ctx.credentials.of(TEAMS)
    if not address:
        return off("not configured (vendor credentials, teams)")
    if not address.startswith(("https://", "http://127.0.0.1")):
        return wrong("its address is no https URL", "copy the workflow's URL again: responder configure")
    return unknown("an address is there; a call would post a message", "send a test incident")


CHECKS: dict[str, Check] = {
    "Slack token": _with_slack(token),
    "Slack scopes": _with_slack(scopes),
    "Slack channel": _with_slack(channel),
    "Slack buttons": _with_slack(buttons),
    "Slack approvers": _with_slack(approvers),
    "Teams": teams,
}
