"""Checks Slack (the bot's token and scopes, the channel, the buttons, who may press them) and Teams."""

from checks.check import Check, Result, off, ok, unknown, wrong
from responder.aws.active_secrets import active_secrets
from responder.aws.secrets import SecretUnreadable, read_secret
from responder.clients.responses import mapping
from responder.context import IncidentContext
from responder.integrations.slack.client import Said, call
from responder.integrations.slack.settings import Settings
from responder.integrations.teams.channel import CREDENTIAL as TEAMS
from responder.integrations.teams.channel import HOSTS as TEAMS_HOSTS

SCOPES = ("chat:write",)
HISTORY = ("channels:history", "groups:history")


def _asked(ctx: IncidentContext, method: str, todo: str, *, scope: str = "", **given: str) -> Said | Result:
    """Slack's answer, or why there is none. `scope`: the scope that the method needs besides sending messages."""
    found = call(ctx, method, given, reads=True)
    if isinstance(found, Said):
        return found
    text = f"{method}{''.join(f' {value}' for value in given.values())}: {found.why}"
    if found.why == "missing_scope":
        return unknown(text, f"add the scope {scope} to have this looked at")
    return unknown(text, "run the doctor again") if found.again else wrong(text, todo)


def _with_slack(look: Check) -> Check:
    def guarded(ctx: IncidentContext) -> Result:
        if not ctx.runbook.vendors.of(Settings).channel:
            return off("not configured (vendors.slack.channel)")
        if not ctx.credentials.of("slack"):
            return wrong("a channel is set, and no bot token (vendor credentials, slack)", "responder configure slack")
        return look(ctx)

    return guarded


def token(ctx: IncidentContext) -> Result:
    found = _asked(ctx, "auth.test", "responder configure slack")
    return ok(f"{found.body.get('user')} in {found.body.get('team')}") if isinstance(found, Said) else found


def scopes(ctx: IncidentContext) -> Result:
    found = call(ctx, "auth.test", {}, reads=True)
    if not isinstance(found, Said):
        return unknown(f"auth.test: {found.why}", "see the check of the token")
    given = [one.strip() for one in found.headers.get("x-oauth-scopes", "").split(",") if one.strip()]
    if not given:
        return unknown("Slack does not say which the token has", "look at OAuth & Permissions of the app")
    missing = [one for one in SCOPES if one not in given] + ([] if set(HISTORY) & set(given) else [HISTORY[0]])
    if missing:
        return wrong(f"{', '.join(missing)} missing", "add it under OAuth & Permissions and install the app anew")
    return ok(", ".join(given))


def channel(ctx: IncidentContext) -> Result:
    name = str(ctx.runbook.vendors.of(Settings).channel)
    todo = "correct vendors.slack.channel, and invite the bot"
    found = _asked(ctx, "conversations.info", todo, scope="channels:read", channel=name)
    if isinstance(found, Result):
        return found
    about = mapping(found.body.get("channel"))
    if about.get("is_archived"):
        return wrong(f"{name} is archived", "choose another channel: responder configure slack")
    if not about.get("is_member"):
        return wrong(f"the bot is not in {name}", "invite it: /invite in that channel")
    return ok(f"the bot is in {about.get('name') or name}")


def buttons(ctx: IncidentContext) -> Result:
    """Slack's API does not show the request URL to a bot. So only a press proves that it is right."""
    if not ctx.runbook.approvals.may_answer_alert:
        return off("nobody may press a button (approvals)")
    if not active_secrets(read_secret(ctx.settings.webhook_secret) or "", "slack"):
        return wrong("people are named, and no signing secret is there: every press is refused",
                     "responder configure slack")  # fmt: skip
    return unknown("the signing secret is there; its request URL cannot be read",
                   "press a button of a test incident, docs/tasks/slack-buttons.md")  # fmt: skip


def approvers(ctx: IncidentContext) -> Result:
    named = ctx.runbook.approvals.may_answer_alert
    if not named:
        return off("nobody may press a button (approvals)")
    for user in named:
        found = _asked(
            ctx, "users.info", "correct approvals.approvers.slack and pager_users", scope="users:read", user=user
        )
        if isinstance(found, Result):
            return found
        if mapping(found.body.get("user")).get("deleted"):
            return wrong(f"{user} is deactivated", "name somebody else in approvals.approvers.slack and pager_users")
    return ok(f"{len(named)} of {len(named)} are active")


def teams(ctx: IncidentContext) -> Result:
    """Only the address is checked, because a call would post a message."""
    if not ctx.credentials.of(TEAMS):
        return off("not configured (vendor credentials, teams)")
    try:
        ctx.secret_address(TEAMS, TEAMS_HOSTS)
    except SecretUnreadable as error:
        return wrong(
            str(error), "copy the workflow's URL again (responder configure), or deploy its host (CredentialHosts)"
        )
    return unknown("an address is there; a call would post a message", "send a test incident")


CHECKS: dict[str, Check] = {
    "Slack token": _with_slack(token),
    "Slack scopes": _with_slack(scopes),
    "Slack channel": _with_slack(channel),
    "Slack buttons": _with_slack(buttons),
    "Slack approvers": _with_slack(approvers),
    "Teams": teams,
}
