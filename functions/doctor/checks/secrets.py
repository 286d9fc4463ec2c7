"""Checks the stack's own secrets: whether their entries are there, and in the form that we read."""

import json
from typing import Any

from checks.check import Check, Result, ok, wrong
from responder.aws.active_secrets import active_secrets
from responder.aws.secrets import read_secret
from responder.context import IncidentContext
from responder.integrations.opsgenie.settings import Settings as Opsgenie
from responder.integrations.sources import SOURCES

# The entries that the vendor credentials may have. Nothing reads an entry with another name.
CREDENTIALS = (
    "pagerduty", "opsgenie", "jsm", "slack", "slack_webhook", "statuspage", "tickets", "teams", "outgoing_webhook",
    "kubernetes", "kubernetes_act", "service_restart",
)  # fmt: skip


def credentials(ctx: IncidentContext) -> Result:
    text = read_secret(ctx.settings.vendor_credentials_secret)
    if text is None:
        return wrong("no value, so no vendor can be called", "responder configure")
    stored = _mapping(text)
    if stored is None:
        return wrong('not of the form {"pagerduty": "…"}', "responder configure")
    strange = sorted(set(stored) - set(CREDENTIALS))
    if strange:
        return wrong(f"no vendor reads {', '.join(strange)[:200]}", f"use some of {', '.join(CREDENTIALS)}")
    empty = sorted(name for name, value in stored.items() if not isinstance(value, str) or not value.strip())
    if empty:
        return wrong(f"no text in {', '.join(empty)}", "responder configure")
    return ok(f"for {', '.join(sorted(stored))}")


def webhook_secrets(ctx: IncidentContext) -> Result:
    """PagerDuty's secret is expected if its API key is there; those of Opsgenie and JSM if they are enabled."""
    text = read_secret(ctx.settings.webhook_secret) or ""
    expected = {name for name in SOURCES if _is_expected(ctx, name)}
    having = {name for name in SOURCES if active_secrets(text, name)}
    if missing := expected - having:
        return wrong(f"none for {', '.join(sorted(missing))}: its alerts are answered 503", "responder configure")
    short = sorted(name for name in having if any(len(one) < 16 for one in active_secrets(text, name)))
    if short:
        return wrong(f"shorter than 16 characters for {', '.join(short)}", "responder configure")
    if not having:
        return wrong("no sender has one, so no alert can come", "responder configure")
    return ok(f"for {', '.join(sorted(having))}")


def page_signing(ctx: IncidentContext) -> Result:
    if active_secrets(read_secret(ctx.settings.page_signing_secret) or ""):
        return ok("links to incident pages can be signed")
    return wrong("no value, so messages come without the page", "docs/tasks/incident-page.md")


def _is_expected(ctx: IncidentContext, name: str) -> bool:
    section = ctx.runbook.vendors.named(name)
    if isinstance(section, Opsgenie):
        return section.enabled
    return bool(ctx.credentials.of(name))


def _mapping(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


CHECKS: dict[str, Check] = {
    "vendor credentials": credentials,
    "webhook secrets": webhook_secrets,
    "page signing secret": page_signing,
}
