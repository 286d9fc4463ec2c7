"""GET /incidents/{id}/page?token=…: the incident page, for everybody who has its signed link. It only reads.

The token is in the query, so the event is never logged, and no answer repeats the request.
"""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from responder.aws.incident_table import incident_table
from responder.aws.secrets import SecretUnreadable
from responder.config.runbook import packaged
from responder.config.settings import settings
from responder.domain.clock import now
from responder.domain.incident import Incident
from responder.notifications.context import notification_context_for, recorded
from responder.report.page import footer, incident_page
from responder.report.render.document import Document, Section, said
from responder.report.render.html import html, policy
from responder.report.sections import presented
from responder.report.signed_link import Access, access_by
from responder.webhooks.api_gateway import ProxyResponse, html_answer

logger = Logger()


_REFUSED = {
    Access.EXPIRED: "This link has ended. Open a newer one from Slack or the ticket; the report is in the bucket.",
    Access.FORGED: "This is no valid link to an incident. Copy the whole link from Slack or the ticket.",
}


def handler(event: dict[str, Any], context: Any) -> ProxyResponse:
    """200: the page. 403: no valid link. 404: a valid link of an unknown incident. 503: try again."""
    incident_id = str((event.get("pathParameters") or {}).get("id") or "")
    token = str((event.get("queryStringParameters") or {}).get("token") or "")
    try:
        found = access_by(settings(), token, incident_id, now())
    except SecretUnreadable as error:
        logger.error("the secret for page links could not be read", extra={"error": str(error)})
        found = None
    if found is None:
        return _word(503, "The link cannot be checked just now. Try again in a minute.")
    if found is not Access.OK:
        logger.warning("refused a link to a page", extra={"reason": found.value})
        return _word(403, _REFUSED[found])
    stored = incident_table().find(incident_id)
    return _page(stored.incident, token) if stored else _word(404, "There is no such incident any more.")


def _page(incident: Incident, token: str) -> ProxyResponse:
    runbook = incident_table().pinned_runbook(incident.id) or packaged()
    history = recorded(incident_table(), notification_context_for(incident, runbook, settings()))
    expires_at = datetime.fromtimestamp(int(token.rsplit(".", 2)[1]), UTC)
    refresh = runbook.page.refresh_seconds if incident.status.is_open else None
    document = presented(incident_page(history), history)
    return html_answer(200, html(document, note=footer(history, expires_at), refresh_seconds=refresh), policy())


def _word(status: int, text: str) -> ProxyResponse:
    document = Document(title=text.partition(". ")[0], facts=(), sections=(Section("What now", (said(text),)),))
    return html_answer(status, html(document, note="TwinMind responder"), policy())
