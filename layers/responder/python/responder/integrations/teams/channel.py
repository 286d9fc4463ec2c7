"""Microsoft Teams, by a workflow that starts "when a Teams webhook request is received".

The URL is the secret. Messages cannot be edited or found: no progress, and at-least-once delivery.
"""

from responder.clients.responses import NOT_ITS_OWN, refused
from responder.context import IncidentContext
from responder.contracts.channel import Channel, Failed, NotSent, SendResult, Sent, failed
from responder.domain.update import Kind, Update
from responder.integrations.teams.card import body_of
from responder.notifications.concurrent_incidents import TOO_LATE, is_too_late

TIME_LIMIT = 3.0
CREDENTIAL = "teams"
# Hosts of Power Automate, and of Azure Logic Apps, whose addresses Microsoft replaces by Power Automate's.
HOSTS = (".environment.api.powerplatform.com", ".logic.azure.com")
# A workflow's default answer: it posts the message later.
TAKEN = 202
_JSON = {"Content-Type": "application/json; charset=utf-8"}


class TeamsChannel(Channel):
    name = "teams"
    title = "Microsoft Teams"
    kinds = frozenset(Kind) - {Kind.OPENED, Kind.PROGRESS}

    def missing(self, ctx: IncidentContext) -> str | None:
        has_address = ctx.credentials.of(CREDENTIAL)
        return None if has_address else "Teams has no workflow's address (vendor credentials, teams)"

    def send(self, ctx: IncidentContext, update: Update, *, repeated: bool) -> SendResult:  # noqa: ARG002
        if is_too_late(ctx, update):
            return NotSent(TOO_LATE)
        address = ctx.secret_address(CREDENTIAL, HOSTS)
        answer = ctx.http.call("POST", address, json=body_of(update), headers=_JSON, timeout=TIME_LIMIT)
        if not answer.ok:
            return failed(refused(answer))
        return Sent("given to the workflow") if answer.status == TAKEN else Failed(NOT_ITS_OWN)
